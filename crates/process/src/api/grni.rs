//! The clearing account over HTTP.

use super::query::GrniQuery;
use crate::Process;
use crate::grni::Grni;
use axum::Extension;
use axum::extract::State;
use canonical::Principal;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};

/// Read the clearing account of an order.
///
/// What was received and not billed and what was billed and not received, per line, with what each
/// document posts by account role in the order's currency. A balance that is left where nothing
/// more is expected is `GRN-01`.
#[utoipa::path(
    get,
    path = "/process/v1/grni",
    tag = "accounting",
    params(GrniQuery),
    responses(
        (status = 200, description = "The clearing account, line by line.", body = Grni),
        Refusals,
    ),
    security(("token" = ["process.accounting.read"])),
)]
pub(super) async fn get_grni(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<GrniQuery>,
) -> Result<Json<Grni>, Problem> {
    Ok(Json(process.grni(&principal, &query.purchase_order).await?))
}
