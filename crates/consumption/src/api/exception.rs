//! Exceptions over HTTP.

use crate::{Consumption, Waiting};
use axum::Extension;
use axum::extract::State;
use canonical::{Code, FacilityId, Page, Principal, SupplierId};
use serde::Deserialize;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query, page};

/// What waits, narrowed down.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExceptionQuery {
    /// Those of one supplier.
    supplier: Option<SupplierId>,
    /// Those of one facility.
    facility: Option<FacilityId>,
    /// Those with this reason.
    reason: Option<Code>,
    /// At most so many, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[param(max_length = 1024)]
    cursor: Option<String>,
}

/// List exceptions.
///
/// The invoices that wait, the longest waiting first: why, since when, for whom, and how much money
/// is held up.
#[utoipa::path(
    get,
    path = "/consumption/v1/exceptions",
    tag = "exceptions",
    params(ExceptionQuery),
    responses(
        (status = 200, description = "A page of what waits.", body = Page<Waiting>),
        Refusals,
    ),
    security(("token" = ["consumption.exceptions.read"])),
)]
pub(super) async fn list_exceptions(
    State(consumption): State<Consumption>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<ExceptionQuery>,
) -> Result<Json<Page<Waiting>>, Problem> {
    let request = page(query.limit, query.cursor)?;
    let filter = process::InvoiceFilter {
        state: None,
        supplier: query.supplier,
        facility: query.facility,
        reason: query.reason,
    };
    Ok(Json(consumption.waiting(&principal, &filter, &request).await?))
}
