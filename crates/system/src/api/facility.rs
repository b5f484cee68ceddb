//! Facilities over HTTP.

use crate::System;
use axum::extract::State;
use canonical::{Facility, FacilityId, Page};
use stack::Problem;
use stack::extract::{Json, PageQuery, Path, Query};
use stack::problem::ProblemBody;

/// List facilities.
///
/// Facilities, in the order of the codes.
#[utoipa::path(
    get,
    path = "/system/v1/facilities",
    tag = "facilities",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of facilities.", body = Page<Facility>),
        (
            status = "4XX",
            description = "The question is not valid or not allowed; see code and errors.",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (
            status = "5XX",
            description = "The back end cannot answer now; see code and Retry-After.",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
    ),
    security(("token" = ["system.facilities.read"])),
)]
pub(super) async fn list_facilities(
    State(system): State<System>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Facility>>, Problem> {
    Ok(Json(system.facilities().list(&query.page()?).await?))
}

/// Get a facility.
///
/// One facility with its kind, legal entity and time zone.
#[utoipa::path(
    get,
    path = "/system/v1/facilities/{id}",
    tag = "facilities",
    params(("id" = FacilityId, Path, description = "The facility's code.")),
    responses(
        (status = 200, description = "The facility.", body = Facility),
        (
            status = "4XX",
            description = "There is no such thing, or it may not be seen.",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (
            status = "5XX",
            description = "The back end cannot answer now; see code and Retry-After.",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
    ),
    security(("token" = ["system.facilities.read"])),
)]
pub(super) async fn get_facility(
    State(system): State<System>,
    Path(id): Path<FacilityId>,
) -> Result<Json<Facility>, Problem> {
    Ok(Json(system.facilities().get(&id).await?))
}
