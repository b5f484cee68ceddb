//! Goods receipts over HTTP.

use super::from_staff;
use super::query::{Asked, MovementQuery, ReceiptQuery, asked};
use crate::{Movements, System};
use axum::Extension;
use axum::extract::State;
use canonical::{
    Error, Page, Principal, PurchaseOrderNumber, Receipt, ReceiptNumber, Result, Return,
};
use http::StatusCode;
use serde::Serialize;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
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

/// Read movements.
///
/// All receipts and returns of some orders at once, reversals included; those of orders that are
/// not there are none.
#[utoipa::path(
    get,
    path = "/system/v1/movements",
    tag = "receipts",
    params(MovementQuery),
    responses(
        (status = 200, description = "What moved on the orders.", body = Movements),
        Refusals,
    ),
    security(("token" = ["system.receipts.read"])),
)]
pub(super) async fn read_movements(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<MovementQuery>,
) -> Result<Json<Movements>, Problem> {
    let orders = query.purchase_order;
    let Asked::Keys = asked(&[("?purchase_order", orders.len())], None, None)? else {
        return Err(Error::invalid_field("?purchase_order", "is missing and required").into());
    };
    let mut moved = system.receipts().of_orders(&orders).await?;
    if principal.supplier_id.is_some() {
        let own = own(&system, &principal, &orders).await?;
        moved.receipts.retain(|it| own.contains(&it.purchase_order_number));
        moved.returns.retain(|it| own.contains(&it.purchase_order_number));
    }
    Ok(Json(moved))
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

/// Record a receipt line.
///
/// Records goods that arrived, once: the same line again is answered with the first, whatever its
/// key. A receipt below zero takes another back. Invoices that wait for the goods are matched
/// again.
#[utoipa::path(
    post,
    path = "/system/v1/receipts",
    tag = "receipts",
    params(KeyHeader),
    request_body(content = Receipt, description = "What arrived on one order line."),
    responses(
        (status = 201, description = "Recorded, now or before.", body = Receipt),
        Refusals,
    ),
    security(("token" = ["system.receipts.create"])),
)]
pub(super) async fn record_receipt(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Json(receipt): Json<Receipt>,
) -> Result<(StatusCode, Json<Receipt>), Problem> {
    let receiving = from_staff(&principal, "receipts", system.receiving())?;
    Ok((StatusCode::CREATED, Json(receiving.record_receipt(&receipt).await?)))
}

/// Record a return.
///
/// Records goods that were shipped back to the supplier, once. Invoices that billed them are
/// matched again.
#[utoipa::path(
    post,
    path = "/system/v1/returns",
    tag = "receipts",
    params(KeyHeader),
    request_body(content = Return, description = "What was shipped back of one order line."),
    responses(
        (status = 201, description = "Recorded, now or before.", body = Return),
        Refusals,
    ),
    security(("token" = ["system.receipts.create"])),
)]
pub(super) async fn record_return(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Json(returned): Json<Return>,
) -> Result<(StatusCode, Json<Return>), Problem> {
    let receiving = from_staff(&principal, "returns", system.receiving())?;
    Ok((StatusCode::CREATED, Json(receiving.record_return(&returned).await?)))
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
    let own = own(system, principal, &numbers).await?;
    receipts.retain(|it| own.contains(&it.purchase_order_number));
    Ok(())
}

/// Which of some orders are the asker's to see.
async fn own(
    system: &System,
    principal: &Principal,
    numbers: &[PurchaseOrderNumber],
) -> Result<BTreeSet<PurchaseOrderNumber>> {
    let orders = system.purchase_orders().get_many(numbers).await?;
    let own = orders.into_iter().filter(|it| principal.may_see(&it.supplier_id));
    Ok(own.map(|it| it.number).collect())
}
