//! Tryton 8.0: an adapter over its JSON-RPC interface.
//!
//! What Tryton's words become: a supplier is a party, by its code; an item a product variant, by
//! its code; a facility a warehouse and a cost centre an analytic account, by their codes; an
//! order's number is the purchase's, and the number of its line is the line's record id, which
//! stays when lines are added or moved; a receipt's number is the supplier shipment's; a payable is
//! a supplier invoice, by its record id. Lists are in the order of Tryton's record ids, which is
//! the order in which its sequences number.
//!
//! Needed in the database: the modules `account_invoice`, `stock` and `purchase`, and, unless
//! `analytic` is off, `analytic_purchase`.

mod client;
mod cost_center;
mod facility;
mod item;
mod options;
mod payable;
mod purchase_order;
mod receipt;
mod supplier;
#[cfg(test)]
mod tests;

pub use options::Options;

use super::Backend;
use crate::{CostCenters, Facilities, Items, Payables, PurchaseOrders, Receipts, Suppliers};
use canonical::{Clock, Error, ExternalId, Result, Uom};
use client::Client;
use payable::Turns;
use serde::Deserialize;
use std::str::FromStr;
use std::sync::Arc;

/// One Tryton database.
#[derive(Debug)]
pub struct Tryton {
    client: Client,
    options: Options,
    turns: Turns,
}

impl Tryton {
    /// Makes ready to call a Tryton database; logs in at the first call.
    ///
    /// # Errors
    /// `invalid`, with a pointer per option that is wrong.
    pub fn open(name: &str, options: &Options, clock: &Clock) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            client: Client::open(name, options, clock)?,
            options: options.clone(),
            turns: Turns::default(),
        }))
    }

    /// Our code for one of Tryton's units.
    fn uom(&self, symbol: &str) -> Result<Uom> {
        match self.options.uoms.get(symbol) {
            Some(uom) => Ok(uom.clone()),
            None => symbol.parse().map_err(|why| {
                Error::upstream(format!("Tryton's unit {symbol} cannot be used: {why}"))
            }),
        }
    }
}

impl Backend for Tryton {
    fn suppliers(self: Arc<Self>) -> Option<Arc<dyn Suppliers>> {
        Some(self)
    }

    fn items(self: Arc<Self>) -> Option<Arc<dyn Items>> {
        Some(self)
    }

    fn facilities(self: Arc<Self>) -> Option<Arc<dyn Facilities>> {
        Some(self)
    }

    fn cost_centers(self: Arc<Self>) -> Option<Arc<dyn CostCenters>> {
        if self.options.analytic { Some(self) } else { None }
    }

    fn purchase_orders(self: Arc<Self>) -> Option<Arc<dyn PurchaseOrders>> {
        Some(self)
    }

    fn receipts(self: Arc<Self>) -> Option<Arc<dyn Receipts>> {
        Some(self)
    }

    fn payables(self: Arc<Self>) -> Option<Arc<dyn Payables>> {
        Some(self)
    }
}

/// A record that is only pointed at.
#[derive(Debug, Deserialize)]
struct Coded {
    id: u64,
    code: Option<String>,
}

/// The identifier that a record of Tryton's carries.
fn identifier<T: FromStr<Err = &'static str>>(
    noun: &str,
    id: u64,
    text: Option<&str>,
) -> Result<T> {
    let text = text.unwrap_or_default();
    text.parse().map_err(|why| {
        Error::upstream(format!("Tryton's {noun} {id} has an unusable code {text:?}: {why}"))
    })
}

/// The record id of a reference such as `purchase.line,12`, where it is one of `model`.
fn referenced(reference: Option<&str>, model: &str) -> Option<u64> {
    let (name, id) = reference?.split_once(',')?;
    (name == model).then(|| id.parse().ok()).flatten()
}

/// Tryton's own name for a thing: its record id.
fn tryton_id(entity: &str, id: u64) -> ExternalId {
    ExternalId { system: "tryton".to_owned(), entity: entity.to_owned(), key: id.to_string() }
}
