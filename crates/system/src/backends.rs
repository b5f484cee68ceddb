//! The back ends: the only place that knows all adapters.

use crate::cached;
use crate::{
    Balances, Contracts, CostCenters, Facilities, Feed, FiscalPeriods, Items, Journals, Ordering,
    Payables, Paying, PurchaseOrders, Purchasing, Rates, Recalls, Receipts, Receiving, Suppliers,
    Usages,
};
use canonical::{Clock, Result};
use serde::Deserialize;
use std::fmt::Debug;
use std::sync::Arc;

pub mod memory;
pub mod threeway;
pub mod tryton;

use memory::Memory;
use threeway::Threeway;
use tryton::Tryton;

/// How one back end is configured: `[backends.NAME]`, its `kind` first.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Options {
    /// A back end in memory, loaded from files: demos and tests.
    Memory(memory::Options),
    /// Another Threeway, over its system API.
    Threeway(Box<threeway::Options>),
    /// A Tryton 8.0 database, over its JSON-RPC.
    Tryton(Box<tryton::Options>),
}

impl Options {
    /// The word for the kind in configuration.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Threeway(_) => "threeway",
            Self::Tryton(_) => "tryton",
        }
    }
}

/// Which back end keeps which noun: `[system]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// The back end that keeps suppliers.
    pub suppliers: String,
    /// The back end that keeps items.
    pub items: String,
    /// The back end that keeps facilities.
    pub facilities: String,
    /// The back end that keeps cost centres.
    pub cost_centers: String,
    /// The back end that keeps purchase orders.
    pub purchase_orders: String,
    /// The back end that keeps goods receipts and returns.
    pub receipts: String,
    /// The back end that keeps payables.
    pub payables: String,
    /// The back end that keeps contracts with their price lists; empty where none does.
    #[serde(default)]
    pub contracts: String,
    /// The back end that keeps usage of consigned and bill-only goods; empty where none does.
    #[serde(default)]
    pub usages: String,
    /// The back end that keeps exchange rates; empty where none does.
    #[serde(default)]
    pub rates: String,
    /// The back end that keeps recall notices; empty where none does.
    #[serde(default)]
    pub recalls: String,
    /// The back end that keeps stock on hand and its value; empty where none does.
    #[serde(default)]
    pub balances: String,
    /// The back end that keeps fiscal periods; empty where none does, and then all are open.
    #[serde(default)]
    pub periods: String,
    /// The back end that takes purchase orders from us; empty where none may.
    #[serde(default)]
    pub ordering: String,
    /// The back end that makes orders of requisitions; empty where none may.
    #[serde(default)]
    pub purchasing: String,
    /// The back end that takes goods receipts and returns from us; empty where none may.
    #[serde(default)]
    pub receiving: String,
    /// The back end that takes payments from us; empty where none may.
    #[serde(default)]
    pub paying: String,
    /// The back end that takes journals from us; empty where none may.
    #[serde(default)]
    pub journals: String,
    /// How master data is cached: `[system.cache]`.
    #[serde(default)]
    pub cache: cached::Options,
}

impl Routing {
    /// Every noun that a gateway needs from one back end, nothing cached.
    #[must_use]
    pub fn all(name: &str) -> Self {
        Self {
            suppliers: name.to_owned(),
            items: name.to_owned(),
            facilities: name.to_owned(),
            cost_centers: name.to_owned(),
            purchase_orders: name.to_owned(),
            receipts: name.to_owned(),
            payables: name.to_owned(),
            contracts: String::new(),
            usages: String::new(),
            rates: String::new(),
            recalls: String::new(),
            balances: String::new(),
            periods: String::new(),
            ordering: String::new(),
            purchasing: String::new(),
            receiving: String::new(),
            paying: String::new(),
            journals: String::new(),
            cache: cached::Options { ttl_ms: 0, ..cached::Options::default() },
        }
    }
}

impl Routing {
    /// The same back end for what it keeps of the nouns that a gateway can do without.
    #[must_use]
    pub(crate) fn with_what_is_kept(self, backend: &Arc<dyn Backend>) -> Self {
        let backend = || Arc::clone(backend);
        let name = self.suppliers.clone();
        let named = |kept: bool| if kept { name.clone() } else { String::new() };
        Self {
            contracts: named(backend().contracts().is_some()),
            usages: named(backend().usages().is_some()),
            rates: named(backend().rates().is_some()),
            recalls: named(backend().recalls().is_some()),
            balances: named(backend().balances().is_some()),
            periods: named(backend().periods().is_some()),
            ordering: named(backend().ordering().is_some()),
            purchasing: named(backend().purchasing().is_some()),
            receiving: named(backend().receiving().is_some()),
            paying: named(backend().paying().is_some()),
            journals: named(backend().journals().is_some()),
            ..self
        }
    }
}

/// What an adapter says it can do. A capability that is missing stops the start, never a request.
pub trait Backend: Debug + Send + Sync {
    /// Its suppliers, where it keeps them.
    fn suppliers(self: Arc<Self>) -> Option<Arc<dyn Suppliers>> {
        None
    }

    /// Its items, where it keeps them.
    fn items(self: Arc<Self>) -> Option<Arc<dyn Items>> {
        None
    }

    /// Its facilities, where it keeps them.
    fn facilities(self: Arc<Self>) -> Option<Arc<dyn Facilities>> {
        None
    }

    /// Its cost centres, where it keeps them.
    fn cost_centers(self: Arc<Self>) -> Option<Arc<dyn CostCenters>> {
        None
    }

    /// Its purchase orders, where it keeps them.
    fn purchase_orders(self: Arc<Self>) -> Option<Arc<dyn PurchaseOrders>> {
        None
    }

    /// Its goods receipts and returns, where it keeps them.
    fn receipts(self: Arc<Self>) -> Option<Arc<dyn Receipts>> {
        None
    }

    /// Its payables, where it keeps them.
    fn payables(self: Arc<Self>) -> Option<Arc<dyn Payables>> {
        None
    }

    /// Its contracts with their price lists, where it keeps them.
    fn contracts(self: Arc<Self>) -> Option<Arc<dyn Contracts>> {
        None
    }

    /// Its usage of consigned and bill-only goods, where it keeps them.
    fn usages(self: Arc<Self>) -> Option<Arc<dyn Usages>> {
        None
    }

    /// Its exchange rates, where it keeps them.
    fn rates(self: Arc<Self>) -> Option<Arc<dyn Rates>> {
        None
    }

    /// Its recall notices, where it keeps them.
    fn recalls(self: Arc<Self>) -> Option<Arc<dyn Recalls>> {
        None
    }

    /// Its stock on hand and its value, where it keeps them.
    fn balances(self: Arc<Self>) -> Option<Arc<dyn Balances>> {
        None
    }

    /// Its fiscal periods, where it keeps them.
    fn periods(self: Arc<Self>) -> Option<Arc<dyn FiscalPeriods>> {
        None
    }

    /// Where it takes orders from us.
    fn ordering(self: Arc<Self>) -> Option<Arc<dyn Ordering>> {
        None
    }

    /// Where it makes orders of requisitions.
    fn purchasing(self: Arc<Self>) -> Option<Arc<dyn Purchasing>> {
        None
    }

    /// Where it takes receipts and returns from us.
    fn receiving(self: Arc<Self>) -> Option<Arc<dyn Receiving>> {
        None
    }

    /// Where it takes payments from us.
    fn paying(self: Arc<Self>) -> Option<Arc<dyn Paying>> {
        None
    }

    /// Where it takes journals from us.
    fn journals(self: Arc<Self>) -> Option<Arc<dyn Journals>> {
        None
    }

    /// What it tells of changes, where it can.
    fn feed(self: Arc<Self>) -> Option<Arc<dyn Feed>> {
        None
    }
}

/// Opens a back end. `name` is how configuration, metrics and errors call it.
///
/// # Errors
/// `invalid`, listing what is wrong with its options or its data.
pub fn open(name: &str, options: &Options, clock: &Clock) -> Result<Arc<dyn Backend>> {
    tracing::debug!(backend.name = name, backend.kind = options.kind(), "opening a back end");
    Ok(match options {
        Options::Memory(options) => Arc::new(Memory::open(options, clock)?),
        Options::Threeway(options) => Threeway::open(name, options)?,
        Options::Tryton(options) => Tryton::open(name, options, clock)?,
    })
}
