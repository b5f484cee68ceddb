//! Another Threeway: an adapter over its system API (`openapi/system-v1.json`), as where a hospital
//! that joined runs a gateway of its own.
//!
//! Both sides have the same words, so there is nothing to translate: documents pass as they are,
//! and what the other side adds to them later is left aside. Its cursors are ours. It keeps every
//! noun that its own configuration gives to a back end; one that it does not keep is an error when
//! it is asked for.

mod balance;
mod change;
mod client;
mod contract;
mod cost_center;
mod facility;
mod item;
mod journal;
mod options;
mod payable;
mod period;
mod purchase_order;
mod rate;
mod recall;
mod receipt;
mod supplier;
#[cfg(test)]
mod tests;
mod usage;

pub use options::Options;

use super::Backend;
use crate::{
    Balances, Contracts, CostCenters, Facilities, Feed, FiscalPeriods, Items, Journals, Ordering,
    Payables, Paying, PurchaseOrders, Purchasing, Rates, Recalls, Receipts, Receiving, Suppliers,
    Usages,
};
use canonical::{Error, Result};
use client::Client;
use std::fmt::Display;
use std::sync::Arc;

/// Another gateway.
#[derive(Debug)]
pub struct Threeway {
    client: Client,
    options: Options,
}

impl Threeway {
    /// Makes ready to call another gateway; connects to nothing yet.
    ///
    /// # Errors
    /// `invalid`, with a pointer per option that is wrong.
    pub fn open(name: &str, options: &Options) -> Result<Arc<Self>> {
        let client = Client::open(name, options)?;
        Ok(Arc::new(Self { client, options: options.clone() }))
    }

    /// The document that was asked for, and no other.
    ///
    /// # Errors
    /// `not_found`; `upstream` for another document.
    fn same<T, K: PartialEq + Display>(
        &self,
        found: Option<T>,
        noun: &str,
        key: &K,
        key_of: impl FnOnce(&T) -> &K,
    ) -> Result<T> {
        let found = found.ok_or_else(|| Error::not_found(noun, key))?;
        if key_of(&found) == key {
            return Ok(found);
        }
        Err(self.client.upstream_error(&format!("answers another {noun} than was asked for")))
    }
}

/// It keeps whatever its own back ends keep.
macro_rules! kept {
    ($($noun:ident $capability:ident,)*) => {$(
        fn $noun(self: Arc<Self>) -> Option<Arc<dyn $capability>> {
            Some(self)
        }
    )*};
}

impl Backend for Threeway {
    kept! {
        suppliers Suppliers,
        items Items,
        facilities Facilities,
        cost_centers CostCenters,
        purchase_orders PurchaseOrders,
        receipts Receipts,
        payables Payables,
        contracts Contracts,
        usages Usages,
        rates Rates,
        recalls Recalls,
        balances Balances,
        periods FiscalPeriods,
        ordering Ordering,
        purchasing Purchasing,
        receiving Receiving,
        paying Paying,
        journals Journals,
    }

    fn feed(self: Arc<Self>) -> Option<Arc<dyn Feed>> {
        if self.options.follow { Some(self) } else { None }
    }
}
