//! A back end in memory: it runs the demo and the tests, and passes the same suite as the others.
//!
//! It is loaded at the start. What is recorded after that, payables, orders, receipts, returns,
//! payments and journals, lives as long as the process.

use super::Backend;
use crate::{
    Balances, Contracts, CostCenters, Facilities, Feed, FiscalPeriods, Items, Journals, Ordering,
    Payables, Paying, PurchaseOrders, Purchasing, Rates, Recalls, Receipts, Receiving, Suppliers,
    Usages,
};
use canonical::{Clock, Error, FieldError, Result};
use serde::Deserialize;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

mod balance;
mod check;
mod contract;
mod cost_center;
mod data;
mod facility;
mod item;
mod journal;
mod ledger;
mod paging;
mod payable;
mod period;
mod purchase_order;
mod rate;
mod recall;
mod receipt;
mod record;
mod supplier;
mod usage;

use data::Data;
use journal::Book;
use ledger::Ledger;
use record::Log;

/// How a back end in memory is configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Where the data comes from: `demo` for what is in the binary, else the path of a folder with
    /// `suppliers.json` (or `.toml`), `items`, `facilities`, `cost_centers`, `purchase_orders`,
    /// `receipts`, `returns`, `payables`, `contracts`, `usages`, `rates`, `recalls`, `balances`,
    /// `periods` and `accounts`. A file that is not there means none of that noun.
    pub data: String,
    /// At most so many payables, since they are kept in memory.
    pub payables_max: usize,
    /// At most so many orders, receipts and returns that are recorded after the start, and at most
    /// so many journals.
    pub records_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { data: "demo".to_owned(), payables_max: 1_000_000, records_max: 1_000_000 }
    }
}

/// The back end in memory.
pub struct Memory {
    data: RwLock<Data>,
    ledger: RwLock<Ledger>,
    book: RwLock<Book>,
    log: RwLock<Log>,
    payables_max: usize,
    records_max: usize,
    clock: Clock,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data();
        f.debug_struct("Memory")
            .field("suppliers", &data.suppliers.len())
            .field("items", &data.items.len())
            .field("purchase_orders", &data.purchase_orders.len())
            .finish_non_exhaustive()
    }
}

impl Memory {
    /// Loads and checks the data.
    ///
    /// # Errors
    /// `invalid`, listing every fault of every file.
    pub fn open(options: &Options, clock: &Clock) -> Result<Self> {
        let files = match options.data.as_str() {
            "demo" => data::demo(),
            path => data::folder(path.as_ref())?,
        };
        Self::of(&files, options, clock)
    }

    fn of(files: &[data::File], options: &Options, clock: &Clock) -> Result<Self> {
        let mut faults = Vec::new();
        let data = Data::read(files, &mut faults);
        check::all(&data, &mut faults);
        if !faults.is_empty() {
            return Err(Error::invalid_fields(faults));
        }
        let ledger = RwLock::new(Ledger::of(data.payables.iter().cloned()));
        Ok(Self {
            data: RwLock::new(data),
            ledger,
            book: RwLock::default(),
            log: RwLock::new(Log::begun(clock())),
            payables_max: options.payables_max,
            records_max: options.records_max,
            clock: Arc::clone(clock),
        })
    }

    fn data(&self) -> RwLockReadGuard<'_, Data> {
        // a panic elsewhere leaves the data whole: it is changed in one step
        self.data.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One fault of the data: which file and entry, and what is wrong.
fn fault(faults: &mut Vec<FieldError>, place: impl fmt::Display, detail: impl Into<String>) {
    faults.push(FieldError { pointer: format!("/data/{place}"), detail: detail.into() });
}

impl Backend for Memory {
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
        Some(self)
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

    fn contracts(self: Arc<Self>) -> Option<Arc<dyn Contracts>> {
        Some(self)
    }

    fn usages(self: Arc<Self>) -> Option<Arc<dyn Usages>> {
        Some(self)
    }

    fn rates(self: Arc<Self>) -> Option<Arc<dyn Rates>> {
        Some(self)
    }

    fn recalls(self: Arc<Self>) -> Option<Arc<dyn Recalls>> {
        Some(self)
    }

    fn balances(self: Arc<Self>) -> Option<Arc<dyn Balances>> {
        Some(self)
    }

    fn periods(self: Arc<Self>) -> Option<Arc<dyn FiscalPeriods>> {
        Some(self)
    }

    fn ordering(self: Arc<Self>) -> Option<Arc<dyn Ordering>> {
        Some(self)
    }

    fn purchasing(self: Arc<Self>) -> Option<Arc<dyn Purchasing>> {
        Some(self)
    }

    fn receiving(self: Arc<Self>) -> Option<Arc<dyn Receiving>> {
        Some(self)
    }

    fn paying(self: Arc<Self>) -> Option<Arc<dyn Paying>> {
        Some(self)
    }

    fn journals(self: Arc<Self>) -> Option<Arc<dyn Journals>> {
        Some(self)
    }

    fn feed(self: Arc<Self>) -> Option<Arc<dyn Feed>> {
        Some(self)
    }
}

#[cfg(test)]
mod tests;
