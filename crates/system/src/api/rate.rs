//! Exchange rates over HTTP.

use super::query::{Asked, RateQuery, asked};
use super::{for_staff, whole};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{CurrencyRate, Error, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// List rates.
///
/// Exchange rates. In the order of pair, kind and day; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/rates",
    tag = "rates",
    params(RateQuery),
    responses(
        (status = 200, description = "A page of rates.", body = Page<CurrencyRate>),
        Refusals,
    ),
    security(("token" = ["system.rates.read"])),
)]
pub(super) async fn list_rates(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<RateQuery>,
) -> Result<Json<Page<CurrencyRate>>, Problem> {
    let kept = for_staff(&principal, "rates", system.rates())?;
    let RateQuery { currency, on, limit, cursor } = query;
    let asked = asked(&[("?currency", currency.len())], limit, cursor)?;
    Ok(Json(match (asked, on) {
        (Asked::Page(page), None) => kept.list(&page).await?,
        (Asked::Keys, Some(on)) => whole(kept.of_currencies(&currency, on).await?),
        _ => return Err(Error::invalid_field("?on", "goes with ?currency").into()),
    }))
}
