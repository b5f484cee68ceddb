//! Fiscal periods over HTTP.

use super::for_staff;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{FiscalPeriod, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Query};

/// List fiscal periods.
///
/// Which periods accounts payable may post in. In the order of legal entity and first day, those
/// for all entities first; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/fiscal-periods",
    tag = "fiscal-periods",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of fiscal periods.", body = Page<FiscalPeriod>),
        Refusals,
    ),
    security(("token" = ["system.fiscal_periods.read"])),
)]
pub(super) async fn list_fiscal_periods(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<FiscalPeriod>>, Problem> {
    let kept = for_staff(&principal, "fiscal periods", system.periods())?;
    Ok(Json(kept.list(&query.page()?).await?))
}
