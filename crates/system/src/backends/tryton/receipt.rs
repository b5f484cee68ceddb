//! Receipts and returns: Tryton's stock moves from and to suppliers, done for an order's line.
//!
//! Tryton keeps the day of a move and no time: noon UTC stands for it, which lies on that day in
//! nearly every time zone.

use super::client::wire::{Day, Number};
use super::client::{Record, Search, after, cursor};
use super::purchase_order::{Unit, line_number};
use super::{Coded, Tryton, identifier, referenced, tryton_id};
use crate::{Movements, Receipts};
use async_trait::async_trait;
use canonical::{
    Error, FacilityId, ItemId, Page, PageRequest, PurchaseOrderNumber, Quantity, Receipt,
    ReceiptNumber, Result, Return,
};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

const NOUN: &str = "receipts";
const NOON: Time = Time::constant(12, 0, 0, 0);
const SHIPMENT: &[&str] = &[
    "number",
    "reference",
    "warehouse.code",
    "incoming_moves.state",
    "incoming_moves.origin",
    "incoming_moves.purchase.number",
    "incoming_moves.quantity",
    "incoming_moves.unit.symbol",
    "incoming_moves.unit.digits",
    "incoming_moves.product.code",
    "incoming_moves.effective_date",
];
const ORDER: &[&str] = &[
    "number",
    "origin",
    "lines.type",
    "lines.product",
    "lines.quantity",
    "lines.moves.state",
    "lines.moves.quantity",
    "lines.moves.unit.symbol",
    "lines.moves.unit.digits",
    "lines.moves.product.code",
    "lines.moves.effective_date",
    "lines.moves.from_location.type",
    "lines.moves.to_location.type",
    "lines.moves.shipment.number",
    "lines.moves.shipment.reference",
    "lines.moves.shipment.warehouse.code",
];

/// A `stock.shipment.in`.
#[derive(Debug, Deserialize)]
pub(super) struct Shipment {
    id: u64,
    #[serde(flatten)]
    head: Head,
    #[serde(rename = "incoming_moves.")]
    moves: Vec<Move>,
}
