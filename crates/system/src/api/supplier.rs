//! Suppliers over HTTP.

use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Error, Page, PageRequest, Principal, Result, Supplier, SupplierId};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Path, Query};

/// List suppliers.
///
/// The supplier master, in the order of the numbers.
#[utoipa::path(
    get,
    path = "/system/v1/suppliers",
    tag = "suppliers",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of suppliers.", body = Page<Supplier>),
        Refusals,
    ),
    security(("token" = ["system.suppliers.read"])),
)]
pub(super) async fn list_suppliers(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Supplier>>, Problem> {
    Ok(Json(visible(&system, &principal, &query.page()?).await?))
}

/// Get a supplier.
///
/// One supplier with its status, group and external ids.
#[utoipa::path(
    get,
    path = "/system/v1/suppliers/{id}",
    tag = "suppliers",
    params(("id" = SupplierId, Path, description = "The supplier's number.")),
    responses(
        (status = 200, description = "The supplier.", body = Supplier),
        Refusals,
    ),
    security(("token" = ["system.suppliers.read"])),
)]
pub(super) async fn get_supplier(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<SupplierId>,
) -> Result<Json<Supplier>, Problem> {
    if !principal.may_see(&id) {
        return Err(Error::not_found("supplier", id).into());
    }
    Ok(Json(system.suppliers().get(&id).await?))
}

/// A supplier's user has a list of one: nobody else's name is theirs to know.
async fn visible(
    system: &System,
    principal: &Principal,
    page: &PageRequest,
) -> Result<Page<Supplier>> {
    match &principal.supplier_id {
        None => system.suppliers().list(page).await,
        Some(own) => {
            Ok(Page { items: vec![system.suppliers().get(own).await?], next_cursor: None })
        }
    }
}

/// Which supplier's documents a list is about: the one asked for, and a supplier's user has only
/// its own. `None` where it asked for another's, of which it sees nothing.
pub(super) fn asked(
    principal: &Principal,
    supplier: Option<SupplierId>,
) -> Option<Option<SupplierId>> {
    match (&principal.supplier_id, supplier) {
        (None, asked) => Some(asked),
        (Some(own), None) => Some(Some(own.clone())),
        (Some(own), Some(asked)) => (asked == *own).then_some(Some(asked)),
    }
}
