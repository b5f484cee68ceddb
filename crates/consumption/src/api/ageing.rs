//! Ageing over HTTP.

use crate::Consumption;
use axum::Extension;
use axum::extract::State;
use canonical::Principal;
use process::{Ageing, AgeingBy};
use serde::Deserialize;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// How ageing is summed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AgeingQuery {
    /// By what; by the reason where it is left out.
    by: Option<AgeingBy>,
}

/// Get the ageing of what waits.
///
/// How many invoices wait, since how many calendar days, and for how much money: by reason, by the
/// queue that has them, by facility or by supplier. What was resolved is not counted.
#[utoipa::path(
    get,
    path = "/consumption/v1/ageing",
    tag = "exceptions",
    params(AgeingQuery),
    responses(
        (status = 200, description = "The sums.", body = Ageing),
        Refusals,
    ),
    security(("token" = ["consumption.exceptions.read"])),
)]
pub(super) async fn get_ageing(
    State(consumption): State<Consumption>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<AgeingQuery>,
) -> Result<Json<Ageing>, Problem> {
    Ok(Json(consumption.ageing(&principal, query.by.unwrap_or_default()).await?))
}
