//! Usage of consigned and bill-only goods over HTTP.

use super::for_staff;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Page, Principal, UsageEvent};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Query};

/// List usages.
///
/// Consigned and bill-only goods that were used. In the order of number; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/usages",
    tag = "usages",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of usages.", body = Page<UsageEvent>),
        Refusals,
    ),
    security(("token" = ["system.usages.read"])),
)]
pub(super) async fn list_usages(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<UsageEvent>>, Problem> {
    let kept = for_staff(&principal, "usages", system.usages())?;
    Ok(Json(kept.list(&query.page()?).await?))
}
