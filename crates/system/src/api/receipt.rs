//! Goods receipts over HTTP.

use super::query::ReceiptQuery;
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Error, Page, Principal, Receipt, ReceiptNumber, Result};
use serde::Serialize;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Path, Query, page};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// One receipt document: everything that was booked under one number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReceiptDocument {
    /// The receipt's number.
    number: ReceiptNumber,
    /// Its lines; each fills one order line.
    lines: Vec<Receipt>,
}

/// List receipt lines.
///
/// Receipt lines, reversals included, in the order of number, order and line.
#[utoipa::path(
    get,
    path = "/system/v1/receipts",
    tag = "receipts",
    params(ReceiptQuery),
    responses(
        (status = 200, description = "A page of receipt lines.", body = Page<Receipt>),
        Refusals,
    ),
    security(("token" = ["system.receipts.read"])),
)]
pub(super) async fn list_receipts(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<ReceiptQuery>,
) -> Result<Json<Page<Receipt>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let mut found = system.receipts().list(query.purchase_order.as_ref(), &page).await?;
    retain_own(&system, &principal, &mut found.items).await?;
    Ok(Json(found))
}

/// Get a receipt.
///
/// One receipt document with all its lines.
#[utoipa::path(
    get,
    path = "/system/v1/receipts/{number}",
    tag = "receipts",
    params(("number" = ReceiptNumber, Path, description = "The receipt's number.")),
    responses(
        (status = 200, description = "The receipt document.", body = ReceiptDocument),
        Refusals,
    ),
    security(("token" = ["system.receipts.read"])),
)]
pub(super) async fn get_receipt(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(number): Path<ReceiptNumber>,
) -> Result<Json<ReceiptDocument>, Problem> {
    Ok(Json(document(&system, &principal, number).await?))
}

async fn document(
    system: &System,
    principal: &Principal,
    number: ReceiptNumber,
) -> Result<ReceiptDocument> {
    let mut lines = system.receipts().get(&number).await?;
    retain_own(system, principal, &mut lines).await?;
    if lines.is_empty() {
        return Err(Error::not_found("receipt", number));
    }
    Ok(ReceiptDocument { number, lines })
}

/// Leaves a supplier's user the receipts of its own orders. A page may then hold less than its
/// limit, and still says where to go on.
async fn retain_own(
    system: &System,
    principal: &Principal,
    receipts: &mut Vec<Receipt>,
) -> Result<()> {
    if principal.supplier_id.is_none() {
        return Ok(());
    }
    let numbers: BTreeSet<_> = receipts.iter().map(|it| it.purchase_order_number.clone()).collect();
    let numbers: Vec<_> = numbers.into_iter().collect();
    let orders = system.purchase_orders().get_many(&numbers).await?;
    let own: BTreeSet<_> = orders
        .iter()
        .filter(|order| principal.may_see(&order.supplier_id))
        .map(|order| &order.number)
        .collect();
    receipts.retain(|it| own.contains(&it.purchase_order_number));
    Ok(())
}
