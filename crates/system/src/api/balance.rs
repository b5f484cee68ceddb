//! Stock on hand and its value over HTTP.

use super::for_staff;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{InventoryBalance, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Query};

/// List inventory balances.
///
/// Stock on hand and what it is worth. In the order of item and facility; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/inventory-balances",
    tag = "inventory-balances",
    params(PageQuery),
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
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<InventoryBalance>>, Problem> {
    let kept = for_staff(&principal, "balances", system.balances())?;
    Ok(Json(kept.list(&query.page()?).await?))
}
