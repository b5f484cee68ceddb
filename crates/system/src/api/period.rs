//! Fiscal periods over HTTP.

use super::query::{Asked, PeriodQuery, asked};
use super::{for_staff, whole};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{FiscalPeriod, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// List fiscal periods.
///
/// Which periods accounts payable may post in. In the order of legal entity and first day, those
/// for all entities first; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/fiscal-periods",
    tag = "fiscal-periods",
    params(PeriodQuery),
    responses(
        (status = 200, description = "A page of fiscal periods.", body = Page<FiscalPeriod>),
        Refusals,
    ),
    security(("token" = ["system.fiscal_periods.read"])),
)]
pub(super) async fn list_fiscal_periods(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PeriodQuery>,
) -> Result<Json<Page<FiscalPeriod>>, Problem> {
    let kept = for_staff(&principal, "fiscal periods", system.periods())?;
    let names = [("?around", usize::from(query.around.is_some()))];
    Ok(Json(match (asked(&names, query.limit, query.cursor)?, query.around) {
        (Asked::Page(page), _) => kept.list(&page).await?,
        (Asked::Keys, around) => whole(kept.around(around.unwrap_or_default()).await?),
    }))
}
