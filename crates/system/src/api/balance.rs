//! Stock on hand and its value over HTTP.

use super::query::{Asked, OfItemQuery, asked};
use super::{for_staff, whole};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{InventoryBalance, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// List inventory balances.
///
/// Stock on hand and what it is worth. In the order of item and facility; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/inventory-balances",
    tag = "inventory-balances",
    params(OfItemQuery),
    responses(
        (
            status = 200,
            description = "A page of inventory balances.",
            body = Page<InventoryBalance>,
        ),
        Refusals,
    ),
    security(("token" = ["system.inventory_balances.read"])),
)]
pub(super) async fn list_inventory_balances(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<OfItemQuery>,
) -> Result<Json<Page<InventoryBalance>>, Problem> {
    let kept = for_staff(&principal, "balances", system.balances())?;
    let names = [("?item", query.item.len())];
    Ok(Json(match asked(&names, query.limit, query.cursor)? {
        Asked::Page(page) => kept.list(&page).await?,
        Asked::Keys => whole(kept.of_items(&query.item).await?),
    }))
}
