//! Layer 1: the systems of record. One capability trait per noun, one adapter folder per back end,
//! and the system API over them.

mod api;
mod balance;
mod cached;
mod change;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod contract;
mod cost_center;
mod facility;
mod item;
mod journal;
mod payable;
mod period;
mod purchase_order;
mod rate;
mod recall;
mod receipt;
mod supplier;
mod usage;

pub mod backends;

pub use api::api;
pub use balance::Balances;
pub use cached::Options as CacheOptions;
pub use change::Feed;
pub use contract::Contracts;
pub use cost_center::CostCenters;
pub use facility::Facilities;
pub use item::Items;
pub use journal::Journals;
pub use payable::{Payables, Paying};
pub use period::FiscalPeriods;
pub use purchase_order::{OrderFilter, Ordering, PurchaseOrders, Purchasing};
pub use rate::Rates;
pub use recall::Recalls;
pub use receipt::{Movements, Receipts, Receiving};
pub use supplier::Suppliers;
pub use usage::Usages;

use backends::{Backend, Routing};
use canonical::{Clock, Error, FieldError, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A cheap handle on every capability: which back end answers is decided once, at start-up.
#[derive(Clone, Debug)]
pub struct System(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    suppliers: Arc<dyn Suppliers>,
    items: Arc<dyn Items>,
    facilities: Arc<dyn Facilities>,
    cost_centers: Arc<dyn CostCenters>,
    purchase_orders: Arc<dyn PurchaseOrders>,
    receipts: Arc<dyn Receipts>,
    payables: Arc<dyn Payables>,
    contracts: Option<Arc<dyn Contracts>>,
    usages: Option<Arc<dyn Usages>>,
    rates: Option<Arc<dyn Rates>>,
    recalls: Option<Arc<dyn Recalls>>,
    balances: Option<Arc<dyn Balances>>,
    periods: Option<Arc<dyn FiscalPeriods>>,
    ordering: Option<Arc<dyn Ordering>>,
    purchasing: Option<Arc<dyn Purchasing>>,
    receiving: Option<Arc<dyn Receiving>>,
    paying: Option<Arc<dyn Paying>>,
    journals: Option<Arc<dyn Journals>>,
    feeds: BTreeMap<String, Arc<dyn Feed>>,
    names: BTreeSet<String>,
}

impl System {
    /// Opens every back end and gives each noun to the one that keeps it. Master data is then read
    /// through a cache; orders, receipts and payables never are.
    ///
    /// # Errors
    /// `invalid`, listing every back end that cannot be opened, every name that is not configured
    /// and every noun that its back end does not keep.
    pub fn open(
        routing: &Routing,
        options: &BTreeMap<String, backends::Options>,
        clock: &Clock,
    ) -> Result<Self> {
        let mut backends = Opened::default();
        for (name, options) in options {
            backends.open(name, options, clock);
        }
        let system = backends.route(routing);
        match system {
            Some(inner) if backends.faults.is_empty() => {
                Ok(Self(Arc::new(inner.cached(&routing.cache))))
            }
            _ => Err(Error::invalid_fields(backends.faults)),
        }
    }

    /// Every noun from one back end, without a cache.
    ///
    /// # Errors
    /// `invalid`, listing every noun that the back end does not keep.
    pub fn with(backend: Arc<dyn Backend>) -> Result<Self> {
        let mut backends = Opened::default();
        let routing = Routing::all("only").with_what_is_kept(&backend);
        backends.known.insert("only".to_owned(), Some(("given", backend)));
        let inner = backends.route(&routing);
        inner.map(|it| Self(Arc::new(it))).ok_or_else(|| Error::invalid_fields(backends.faults))
    }

    /// Whether configuration calls a back end so.
    #[must_use]
    pub fn is_back_end(&self, name: &str) -> bool {
        self.0.names.contains(name)
    }

    /// The supplier master.
    #[must_use]
    pub fn suppliers(&self) -> &dyn Suppliers {
        self.0.suppliers.as_ref()
    }

    /// The item master.
    #[must_use]
    pub fn items(&self) -> &dyn Items {
        self.0.items.as_ref()
    }

    /// The facilities.
    #[must_use]
    pub fn facilities(&self) -> &dyn Facilities {
        self.0.facilities.as_ref()
    }

    /// The cost centres.
    #[must_use]
    pub fn cost_centers(&self) -> &dyn CostCenters {
        self.0.cost_centers.as_ref()
    }

    /// The purchase orders.
    #[must_use]
    pub fn purchase_orders(&self) -> &dyn PurchaseOrders {
        self.0.purchase_orders.as_ref()
    }

    /// The goods receipts and returns.
    #[must_use]
    pub fn receipts(&self) -> &dyn Receipts {
        self.0.receipts.as_ref()
    }

    /// The payables.
    #[must_use]
    pub fn payables(&self) -> &dyn Payables {
        self.0.payables.as_ref()
    }

    /// Contracts with their price lists, where a back end keeps them.
    #[must_use]
    pub fn contracts(&self) -> Option<&dyn Contracts> {
        self.0.contracts.as_deref()
    }

    /// Usage of consigned and bill-only goods, where a back end keeps them.
    #[must_use]
    pub fn usages(&self) -> Option<&dyn Usages> {
        self.0.usages.as_deref()
    }

    /// Exchange rates, where a back end keeps them.
    #[must_use]
    pub fn rates(&self) -> Option<&dyn Rates> {
        self.0.rates.as_deref()
    }

    /// Recall notices, where a back end keeps them.
    #[must_use]
    pub fn recalls(&self) -> Option<&dyn Recalls> {
        self.0.recalls.as_deref()
    }

    /// Stock on hand and its value, where a back end keeps them.
    #[must_use]
    pub fn balances(&self) -> Option<&dyn Balances> {
        self.0.balances.as_deref()
    }

    /// Fiscal periods, where a back end keeps them.
    #[must_use]
    pub fn periods(&self) -> Option<&dyn FiscalPeriods> {
        self.0.periods.as_deref()
    }

    /// Where orders may be put in force, where a back end takes them.
    #[must_use]
    pub fn ordering(&self) -> Option<&dyn Ordering> {
        self.0.ordering.as_deref()
    }

    /// Where orders are made of requisitions, where a back end makes them.
    #[must_use]
    pub fn purchasing(&self) -> Option<&dyn Purchasing> {
        self.0.purchasing.as_deref()
    }

    /// Where receipts and returns may be recorded, where a back end takes them.
    #[must_use]
    pub fn receiving(&self) -> Option<&dyn Receiving> {
        self.0.receiving.as_deref()
    }

    /// Where payments may be recorded, where a back end takes them.
    #[must_use]
    pub fn paying(&self) -> Option<&dyn Paying> {
        self.0.paying.as_deref()
    }

    /// The general ledger, where a back end takes journals.
    #[must_use]
    pub fn journals(&self) -> Option<&dyn Journals> {
        self.0.journals.as_deref()
    }

    /// What the back ends tell of changes, by the names of the back ends.
    #[must_use]
    pub fn feeds(&self) -> &BTreeMap<String, Arc<dyn Feed>> {
        &self.0.feeds
    }
}

impl Inner {
    fn cached(self, options: &cached::Options) -> Self {
        Self {
            suppliers: cached::suppliers(self.suppliers, options),
            items: cached::items(self.items, options),
            facilities: cached::facilities(self.facilities, options),
            cost_centers: cached::cost_centers(self.cost_centers, options),
            ..self
        }
    }
}

/// A back end and the word for its kind.
type Kinded = (&'static str, Arc<dyn Backend>);

/// The back ends by name, and what was wrong with opening and routing them.
#[derive(Debug, Default)]
struct Opened {
    /// `None` for one that could not be opened: its fault is known, its nouns are not faults too.
    known: BTreeMap<String, Option<Kinded>>,
    faults: Vec<FieldError>,
}

impl Opened {
    fn open(&mut self, name: &str, options: &backends::Options, clock: &Clock) {
        let opened = backends::open(name, options, clock)
            .map_err(|error| self.fault(format!("/backends/{name}"), &error));
        self.known.insert(name.to_owned(), opened.ok().map(|it| (options.kind(), it)));
    }

    fn fault(&mut self, pointer: String, error: &Error) {
        if error.fields().is_empty() {
            self.faults.push(FieldError { pointer, detail: error.message().to_owned() });
            return;
        }
        self.faults.extend(error.fields().iter().map(|it| FieldError {
            pointer: format!("{pointer}{}", it.pointer),
            detail: it.detail.clone(),
        }));
    }

    fn route(&mut self, routing: &Routing) -> Option<Inner> {
        let suppliers = self.find("suppliers", &routing.suppliers, <dyn Backend>::suppliers);
        let items = self.find("items", &routing.items, <dyn Backend>::items);
        let facilities = self.find("facilities", &routing.facilities, <dyn Backend>::facilities);
        let cost_centers =
            self.find("cost_centers", &routing.cost_centers, <dyn Backend>::cost_centers);
        let purchase_orders =
            self.find("purchase_orders", &routing.purchase_orders, <dyn Backend>::purchase_orders);
        let receipts = self.find("receipts", &routing.receipts, <dyn Backend>::receipts);
        let payables = self.find("payables", &routing.payables, <dyn Backend>::payables);
        let contracts = self.maybe("contracts", &routing.contracts, <dyn Backend>::contracts);
        let usages = self.maybe("usages", &routing.usages, <dyn Backend>::usages);
        let rates = self.maybe("rates", &routing.rates, <dyn Backend>::rates);
        let recalls = self.maybe("recalls", &routing.recalls, <dyn Backend>::recalls);
        let balances = self.maybe("balances", &routing.balances, <dyn Backend>::balances);
        let periods = self.maybe("periods", &routing.periods, <dyn Backend>::periods);
        let ordering = self.maybe("ordering", &routing.ordering, <dyn Backend>::ordering);
        let purchasing = self.maybe("purchasing", &routing.purchasing, <dyn Backend>::purchasing);
        let receiving = self.maybe("receiving", &routing.receiving, <dyn Backend>::receiving);
        let paying = self.maybe("paying", &routing.paying, <dyn Backend>::paying);
        let journals = self.maybe("journals", &routing.journals, <dyn Backend>::journals);
        let feeds = self.feeds(routing);
        Some(Inner {
            ordering,
            purchasing,
            receiving,
            paying,
            journals,
            feeds,
            names: self.known.keys().cloned().collect(),
            contracts,
            usages,
            rates,
            recalls,
            balances,
            periods,
            suppliers: suppliers?,
            items: items?,
            facilities: facilities?,
            cost_centers: cost_centers?,
            purchase_orders: purchase_orders?,
            receipts: receipts?,
            payables: payables?,
        })
    }

    /// The feeds of the back ends that keep what matches rest on, each once.
    fn feeds(&self, routing: &Routing) -> BTreeMap<String, Arc<dyn Feed>> {
        let names = [&routing.purchase_orders, &routing.receipts, &routing.payables];
        let names = names.into_iter().chain([&routing.usages]);
        let feed = |name: &String| {
            let (_kind, backend) = self.known.get(name)?.as_ref()?;
            Some((name.clone(), Arc::clone(backend).feed()?))
        };
        names.filter_map(feed).collect()
    }

    /// A noun that a gateway can do without: nobody keeps it where no name is given.
    fn maybe<T: ?Sized>(
        &mut self,
        noun: &str,
        name: &str,
        capability: impl FnOnce(Arc<dyn Backend>) -> Option<Arc<T>>,
    ) -> Option<Arc<T>> {
        if name.is_empty() { None } else { self.find(noun, name, capability) }
    }

    fn find<T: ?Sized>(
        &mut self,
        noun: &str,
        name: &str,
        capability: impl FnOnce(Arc<dyn Backend>) -> Option<Arc<T>>,
    ) -> Option<Arc<T>> {
        let detail = match self.known.get(name) {
            Some(None) => return None,
            Some(Some((kind, backend))) => match capability(Arc::clone(backend)) {
                Some(found) => return Some(found),
                None => format!("the back end {name:?} ({kind}) keeps no {noun}; name another"),
            },
            None => {
                let known: Vec<_> = self.known.keys().map(String::as_str).collect();
                format!(
                    "there is no back end {name:?} to keep {noun}; configured are: {}",
                    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
                )
            }
        };
        self.faults.push(FieldError { pointer: format!("/system/{noun}"), detail });
        None
    }
}

#[cfg(test)]
mod tests;
