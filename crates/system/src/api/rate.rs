//! Exchange rates over HTTP.

use super::for_staff;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{CurrencyRate, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Query};

/// List rates.
///
/// Exchange rates. In the order of pair, kind and day; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/rates",
    tag = "rates",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of rates.", body = Page<CurrencyRate>),
        Refusals,
    ),
    security(("token" = ["system.rates.read"])),
)]
pub(super) async fn list_rates(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<CurrencyRate>>, Problem> {
    let kept = for_staff(&principal, "rates", system.rates())?;
    Ok(Json(kept.list(&query.page()?).await?))
}
