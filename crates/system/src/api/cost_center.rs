//! Cost centres over HTTP.

use crate::System;
use axum::extract::State;
use canonical::{CostCenter, CostCenterId, Page};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Path, Query};

/// List cost centres.
///
/// Cost centres, in the order of the codes.
#[utoipa::path(
    get,
    path = "/system/v1/cost-centers",
    tag = "cost-centers",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of cost centres.", body = Page<CostCenter>),
        Refusals,
    ),
    security(("token" = ["system.cost_centers.read"])),
)]
pub(super) async fn list_cost_centers(
    State(system): State<System>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<CostCenter>>, Problem> {
    Ok(Json(system.cost_centers().list(&query.page()?).await?))
}

/// Get a cost centre.
///
/// One cost centre with its validity and the one above it.
#[utoipa::path(
    get,
    path = "/system/v1/cost-centers/{id}",
    tag = "cost-centers",
    params(("id" = CostCenterId, Path, description = "The cost centre's code.")),
    responses(
        (status = 200, description = "The cost centre.", body = CostCenter),
        Refusals,
    ),
    security(("token" = ["system.cost_centers.read"])),
)]
pub(super) async fn get_cost_center(
    State(system): State<System>,
    Path(id): Path<CostCenterId>,
) -> Result<Json<CostCenter>, Problem> {
    Ok(Json(system.cost_centers().get(&id).await?))
}
