//! Usage of consigned and bill-only goods over HTTP.

use super::query::{Asked, UsageQuery, asked};
use super::{for_staff, whole};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Page, Principal, UsageEvent};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// List usages.
///
/// Consigned and bill-only goods that were used. In the order of number; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/usages",
    tag = "usages",
    params(UsageQuery),
    responses(
        (status = 200, description = "A page of usages.", body = Page<UsageEvent>),
        Refusals,
    ),
    security(("token" = ["system.usages.read"])),
)]
pub(super) async fn list_usages(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Page<UsageEvent>>, Problem> {
    let kept = for_staff(&principal, "usages", system.usages())?;
    let UsageQuery { purchase_order, item, limit, cursor } = query;
    let names = [("?purchase_order", purchase_order.len()), ("?item", item.len())];
    Ok(Json(match asked(&names, limit, cursor)? {
        Asked::Page(page) => kept.list(&page).await?,
        Asked::Keys => whole(kept.of_orders(&purchase_order, &item).await?),
    }))
}
