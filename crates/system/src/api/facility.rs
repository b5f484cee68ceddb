//! Facilities over HTTP.

use crate::System;
use axum::extract::State;
use canonical::{Facility, FacilityId, Page};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Path, Query};

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
        Refusals,
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
        Refusals,
    ),
    security(("token" = ["system.facilities.read"])),
)]
pub(super) async fn get_facility(
    State(system): State<System>,
    Path(id): Path<FacilityId>,
) -> Result<Json<Facility>, Problem> {
    Ok(Json(system.facilities().get(&id).await?))
}
