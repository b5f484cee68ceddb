//! Contracts with their price lists over HTTP.

use super::query::{Asked, ContractQuery, asked};
use super::{for_staff, whole};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Contract, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// List contracts.
///
/// What suppliers agreed to, for whom and since when. In the order of number; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/contracts",
    tag = "contracts",
    params(ContractQuery),
    responses(
        (status = 200, description = "A page of contracts.", body = Page<Contract>),
        Refusals,
    ),
    security(("token" = ["system.contracts.read"])),
)]
pub(super) async fn list_contracts(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<ContractQuery>,
) -> Result<Json<Page<Contract>>, Problem> {
    let kept = for_staff(&principal, "contracts", system.contracts())?;
    let names = [("?supplier", query.supplier.len())];
    Ok(Json(match asked(&names, query.limit, query.cursor)? {
        Asked::Page(page) => kept.list(&page).await?,
        Asked::Keys => whole(kept.of_suppliers(&query.supplier).await?),
    }))
}
