//! Contracts with their price lists over HTTP.

use super::for_staff;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Contract, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Query};

/// List contracts.
///
/// What suppliers agreed to, for whom and since when. In the order of number; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/contracts",
    tag = "contracts",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of contracts.", body = Page<Contract>),
        Refusals,
    ),
    security(("token" = ["system.contracts.read"])),
)]
pub(super) async fn list_contracts(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Contract>>, Problem> {
    let kept = for_staff(&principal, "contracts", system.contracts())?;
    Ok(Json(kept.list(&query.page()?).await?))
}
