//! Suppliers over HTTP.

use super::query::{Asked, SupplierQuery, asked as asked_of};
use super::whole;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Error, ExternalId, Page, Principal, Result, Supplier, SupplierId};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Path, Query};

/// List suppliers.
///
/// The supplier master, in the order of the numbers.
#[utoipa::path(
    get,
    path = "/system/v1/suppliers",
    tag = "suppliers",
    params(SupplierQuery),
    responses(
        (status = 200, description = "A page of suppliers.", body = Page<Supplier>),
        Refusals,
    ),
    security(("token" = ["system.suppliers.read"])),
)]
pub(super) async fn list_suppliers(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<SupplierQuery>,
) -> Result<Json<Page<Supplier>>, Problem> {
    Ok(Json(visible(&system, &principal, query).await?))
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
    query: SupplierQuery,
) -> Result<Page<Supplier>> {
    let names = [("?external_id", usize::from(query.external_id.is_some()))];
    let asked = asked_of(&names, query.limit, query.cursor)?;
    let name = named(query.external_id, query.external_entity)?;
    match (&principal.supplier_id, asked, name) {
        (None, Asked::Page(page), _) => system.suppliers().list(&page).await,
        (None, Asked::Keys, name) => {
            let mut found = Vec::new();
            if let Some(name) = name {
                found.extend(system.suppliers().find(&name).await?);
            }
            Ok(whole(found))
        }
        (Some(own), _, name) => {
            let mut items = vec![system.suppliers().get(own).await?];
            items.retain(|it| name.as_ref().is_none_or(|name| it.external_ids.contains(name)));
            Ok(whole(items))
        }
    }
}

/// `SYSTEM:KEY` as a name; names of systems have colons, too, and are written without here.
fn named(id: Option<String>, entity: Option<String>) -> Result<Option<ExternalId>> {
    let Some(id) = id else {
        return match entity {
            Some(_) => Err(Error::invalid_field("?external_entity", "goes with ?external_id")),
            None => Ok(None),
        };
    };
    match id.split_once(':') {
        Some((system, key)) if !system.is_empty() && !key.is_empty() => Ok(Some(ExternalId {
            system: system.replace("%3A", ":").replace("%25", "%"),
            entity: entity.unwrap_or_else(|| "supplier".to_owned()),
            key: key.to_owned(),
        })),
        _ => Err(Error::invalid_field("?external_id", "written as SYSTEM:KEY")),
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
