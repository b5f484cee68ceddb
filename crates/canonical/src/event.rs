//! An event: CloudEvents 1.0 with the extensions of `domain.md` D1.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A business change that happened. Attribute names are those of CloudEvents 1.0 and its documented
/// extensions; `biz…` are the business keys it can be found by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// The version of CloudEvents: `1.0`.
    pub specversion: String,
    /// One of a kind per source; the same change always has the same id.
    pub id: String,
    /// Who says so: `//threeway/<bounded context>`.
    pub source: String,
    /// What happened: `threeway.payables.invoice.received.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// To which entity.
    pub subject: String,
    /// When it happened in the world (UTC).
    pub time: Timestamp,
    /// When this gateway recorded it (UTC).
    pub recordedtime: Timestamp,
    /// Events of one key are in order.
    pub partitionkey: String,
    /// Its place in the order of its key: zero-padded, without gaps per source and key.
    pub sequence: String,
    /// The root of the business flow it belongs to.
    pub correlationid: String,
    /// The event that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<String>,
    /// The technical trace it was made in (W3C).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The purchase order it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bizpo: Option<String>,
    /// The invoice it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bizinvoice: Option<String>,
    /// The supplier it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bizsupplier: Option<String>,
    /// The facility it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bizfacility: Option<String>,
    /// Critical or bulk.
    pub lane: Lane,
    /// Who may read it: `internal` or `restricted`.
    pub dataclassification: String,
    /// The type of `data`: `application/json`.
    pub datacontenttype: String,
    /// Names the schema of `data`, with its minor version; missing for what was recorded before
    /// schemas were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "urn:threeway:event:payables.invoice.received:1.0")]
    pub dataschema: Option<String>,
    /// What it says.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

/// The isolation class of traffic (`domain.md` D8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Orders, receipts, invoices, payments, budget.
    Critical,
    /// History, exports, refreshes.
    Bulk,
}
