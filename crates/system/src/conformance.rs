//! One suite that every adapter must pass, against the real system it wraps. It finds fault and
//! does not panic, so that one run shows all that is wrong.

mod demo;
mod documents;
mod journals;
mod masters;
mod paging;
mod payables;
mod records;
mod terms;

pub use demo::demo;

use crate::backends::Backend;
use canonical::{
    CostCenterId, ExternalId, FacilityId, InvoiceId, ItemId, NewPayable, PayableId,
    PurchaseOrderNumber, ReceiptNumber, Result, SupplierId, SupplierInvoiceNumber,
};
use std::fmt::{Debug, Display};
use std::sync::Arc;

/// What data the back end under test holds. A noun whose example is `None` is not kept by it, and
/// must then be missing; every other noun must be there.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// A supplier.
    pub supplier: Option<SupplierId>,
    /// That supplier's name in another system, where the back end keeps such names.
    pub supplier_name: Option<ExternalId>,
    /// An item.
    pub item: Option<ItemId>,
    /// A facility.
    pub facility: Option<FacilityId>,
    /// A cost centre.
    pub cost_center: Option<CostCenterId>,
    /// An order.
    pub order: Option<PurchaseOrderNumber>,
    /// An order with a receipt, and that receipt's number.
    pub received: Option<(PurchaseOrderNumber, ReceiptNumber)>,
    /// An order with a return.
    pub returned: Option<PurchaseOrderNumber>,
    /// A payable that may be booked: its reference and its invoice id must be new to the back end.
    /// The suite books it, and another under the reference with `-8` added; where the back end
    /// takes payments, a part of it is paid. Where it takes orders and receipts, the suite puts
    /// `order` in force again under its number with `-SUITE` added, and receives and returns on it.
    pub payable: Option<NewPayable>,
}

/// Runs the suite and returns what is wrong, a sentence each; nothing where the adapter conforms.
pub async fn run(backend: &Arc<dyn Backend>, expected: &Expected) -> Vec<String> {
    let mut faults = Faults::default();
    masters::suppliers(backend, expected, &mut faults).await;
    masters::items(backend, expected, &mut faults).await;
    masters::facilities(backend, expected, &mut faults).await;
    masters::cost_centers(backend, expected, &mut faults).await;
    documents::orders(backend, expected, &mut faults).await;
    documents::receipts(backend, expected, &mut faults).await;
    payables::payables(backend, expected, &mut faults).await;
    journals::journals(backend, expected, &mut faults).await;
    records::records(backend, expected, &mut faults).await;
    terms::terms(backend, &mut faults).await;
    faults.0
}

/// What was found wrong so far.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, what: impl Display) {
        self.0.push(what.to_string());
    }

    fn check(&mut self, holds: bool, what: impl Display) {
        if !holds {
            self.add(what);
        }
    }

    /// The value, or a fault that says which question failed.
    fn take<T>(&mut self, question: impl Display, answer: Result<T>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(format!("{question} failed: {error:?}"));
                None
            }
        }
    }

    /// That what is not there is `not_found` and nothing else.
    fn absent<T: Debug>(&mut self, question: impl Display, answer: Result<T>) {
        match answer {
            Err(error) if error.kind() == canonical::Kind::NotFound => {}
            Err(error) => self.add(format!("{question} is {:?}, not not_found", error.kind())),
            Ok(found) => self.add(format!("{question} found {found:?}")),
        }
    }

    /// The capability and the example, where both are there; a fault where only one is.
    fn both<C, E>(
        &mut self,
        noun: &str,
        capability: Option<C>,
        example: Option<E>,
    ) -> Option<(C, E)> {
        match (capability, example) {
            (Some(capability), Some(example)) => Some((capability, example)),
            (None, None) => None,
            (Some(_), None) => {
                self.add(format!("{noun}: kept, but the description has no example"));
                None
            }
            (None, Some(_)) => {
                self.add(format!("{noun}: described, but not kept"));
                None
            }
        }
    }
}

/// An identifier that no back end has.
fn nobody<T: std::str::FromStr>() -> Option<T> {
    "NOBODY-HAS-THIS-1".parse().ok()
}

#[cfg(test)]
mod tests;
