//! Recall notices over HTTP.

use super::query::{Asked, OfItemQuery, asked};
use super::{for_staff, whole};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Page, Principal, Recall};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// List recalls.
///
/// Recalled lots and serial numbers. In the order of number; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/recalls",
    tag = "recalls",
    params(OfItemQuery),
    responses(
        (status = 200, description = "A page of recalls.", body = Page<Recall>),
        Refusals,
    ),
    security(("token" = ["system.recalls.read"])),
)]
pub(super) async fn list_recalls(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<OfItemQuery>,
) -> Result<Json<Page<Recall>>, Problem> {
    let kept = for_staff(&principal, "recalls", system.recalls())?;
    let names = [("?item", query.item.len())];
    Ok(Json(match asked(&names, query.limit, query.cursor)? {
        Asked::Page(page) => kept.list(&page).await?,
        Asked::Keys => whole(kept.of_items(&query.item).await?),
    }))
}
