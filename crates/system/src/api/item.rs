//! Items over HTTP.

use super::query::{Asked, ItemQuery, asked};
use super::whole;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Item, ItemId, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Path, Query};

/// List items.
///
/// The item master, in the order of the numbers.
#[utoipa::path(
    get,
    path = "/system/v1/items",
    tag = "items",
    params(ItemQuery),
    responses(
        (status = 200, description = "A page of items.", body = Page<Item>),
        Refusals,
    ),
    security(("token" = ["system.items.read"])),
)]
pub(super) async fn list_items(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<ItemQuery>,
) -> Result<Json<Page<Item>>, Problem> {
    let names = [("?id", query.id.len())];
    let page = match asked(&names, query.limit, query.cursor)? {
        Asked::Page(page) => system.items().list(&page).await?,
        Asked::Keys => whole(system.items().get_many(&query.id).await?),
    };
    Ok(Json(page.map(|item| for_eyes(&principal, item))))
}

/// Get an item.
///
/// One item with its packaging levels, their factors and GTINs.
#[utoipa::path(
    get,
    path = "/system/v1/items/{id}",
    tag = "items",
    params(("id" = ItemId, Path, description = "The item's number.")),
    responses(
        (status = 200, description = "The item.", body = Item),
        Refusals,
    ),
    security(("token" = ["system.items.read"])),
)]
pub(super) async fn get_item(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<ItemId>,
) -> Result<Json<Item>, Problem> {
    Ok(Json(for_eyes(&principal, system.items().get(&id).await?)))
}

/// How other suppliers pack an item and what they call it is not a supplier's to know.
fn for_eyes(principal: &Principal, mut item: Item) -> Item {
    if let Some(own) = &principal.supplier_id {
        item.packaging.retain(|it| it.supplier_id.as_ref().is_none_or(|it| it == own));
        item.external_ids.retain(|it| it.entity == own.as_str());
    }
    item
}
