//! The truth timeline (`domain.md` H3): what was ordered, received, accepted, returned, invoiced,
//! credited and paid, per order line, with every open variance and every event. A pure projection
//! of one flow: the same facts in any order give the same timeline.

mod refs;

pub use refs::Refs;

use crate::Consumption;
use canonical::{
    Code, Event, Exact, InvoiceId, InvoiceState, Item, ItemId, Money, Payable, Principal,
    PurchaseOrder, PurchaseOrderLine, PurchaseOrderNumber, Quantity, Result, Variance, allocate,
    exact_text,
};
use jiff::Timestamp;
use process::{Flow, FlowKey, InvoiceRecord, Part, PartStatus};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Everything that is known of one business flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// The root of the flow.
    pub correlation_id: String,
    /// The documents of the flow, by kind.
    pub refs: Refs,
    /// One entry per order line.
    pub lines: Vec<TimelineLine>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Which parts of this answer are here, and which are not and why.
    pub parts: Vec<PartView>,
}

/// Where one order line stands. Quantities are in the item's base unit, or in the order's where the
/// item is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineLine {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// The order's line.
    pub purchase_order_line: u32,
    /// The item.
    #[schema(required = true)]
    pub item_id: Option<ItemId>,
    /// Ordered, less what was cancelled.
    pub ordered: Figure,
    /// Received, reversals taken off, returns not.
    #[schema(required = true)]
    pub received: Option<Figure>,
    /// Passed inspection; `null` where nothing was inspected.
    #[schema(required = true)]
    pub accepted: Option<Figure>,
    /// Shipped back.
    #[schema(required = true)]
    pub returned: Option<Figure>,
    /// Billed by invoices that are owed.
    #[schema(required = true)]
    pub invoiced: Option<Figure>,
    /// Credited.
    #[schema(required = true)]
    pub credited: Option<Figure>,
    /// Paid, of what the finance system has booked.
    #[schema(required = true)]
    pub paid: Option<Figure>,
    /// Used; `null`, because no back end keeps usage.
    #[schema(required = true)]
    pub consumed: Option<Figure>,
    /// What differs and is not settled.
    pub variances: Vec<OpenVariance>,
}

/// A quantity and what it is worth. `null` where it is not known; never a guess.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// How much, exactly: a decimal, or a fraction where there is none.
    #[schema(required = true, example = "40")]
    pub value: Option<String>,
    /// Of which unit.
    pub uom: String,
    /// What it is worth: at the order's price, or as billed or paid.
    #[schema(required = true)]
    pub amount: Option<Money>,
}

/// A difference that is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenVariance {
    /// The invoice it was found on.
    pub invoice_id: InvoiceId,
    /// The stable code.
    pub code: Code,
    /// By how much.
    #[schema(required = true)]
    pub variance: Option<Variance>,
    /// The same for people.
    pub detail: String,
}

/// How a part of the answer came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartView {
    /// The name of the part.
    pub name: String,
    /// How it came out.
    pub status: PartStatus,
    /// When it was so (UTC); `null` where it is not here.
    #[schema(required = true)]
    pub as_of: Option<Timestamp>,
    /// Why it is not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Consumption {
    /// The timeline of a flow.
    ///
    /// # Errors
    /// As [`process::Process::flow`].
    pub async fn timeline(&self, principal: &Principal, key: &FlowKey) -> Result<Timeline> {
        Ok(project(self.process.flow(principal, key).await?))
    }
}

/// The timeline of a flow. Pure.
#[must_use]
pub fn project(flow: Flow) -> Timeline {
    let items: BTreeMap<&ItemId, &Item> = flow.items.value.iter().map(|it| (&it.id, it)).collect();
    let mut lines: Vec<TimelineLine> = flow
        .orders
        .value
        .iter()
        .flat_map(|order| order.lines.iter().map(move |line| (order, line)))
        .map(|(order, line)| {
            let item = line.item_id.as_ref().and_then(|it| items.get(it).copied());
            LineFacts { order, line, item, flow: &flow }.view()
        })
        .collect();
    lines.sort_by(|a, b| {
        (&a.purchase_order_number, a.purchase_order_line)
            .cmp(&(&b.purchase_order_number, b.purchase_order_line))
    });
    let mut timeline = Timeline {
        refs: Refs::of(&flow),
        parts: parts(&flow),
        lines,
        correlation_id: flow.correlation_id,
        events: flow.events.value,
    };
    oldest_first(&mut timeline.events);
    timeline
}

/// Causes come before what they caused, also among events that were recorded in one instant.
fn oldest_first(events: &mut [Event]) {
    const LINKS_MAX: usize = 16;
    let causes: BTreeMap<String, String> =
        events.iter().filter_map(|it| Some((it.id.clone(), it.causationid.clone()?))).collect();
    let links = |event: &Event| {
        let first = causes.get(&event.id);
        std::iter::successors(first, |it| causes.get(*it)).take(LINKS_MAX).count()
    };
    events.sort_by_cached_key(|it| {
        let place = (it.source.clone(), it.sequence.clone(), it.id.clone());
        (it.recordedtime, links(it), place)
    });
}

/// One order line with the flow it stands in.
struct LineFacts<'a> {
    order: &'a PurchaseOrder,
    line: &'a PurchaseOrderLine,
    item: Option<&'a Item>,
    flow: &'a Flow,
}

impl LineFacts<'_> {
    fn view(&self) -> TimelineLine {
        TimelineLine {
            purchase_order_number: self.order.number.clone(),
            purchase_order_line: self.line.line_number,
            item_id: self.line.item_id.clone(),
            ordered: self.figure([Some(&self.line.quantity)]),
            received: self.moved(self.receipts().map(|it| &it.quantity)),
            accepted: self.moved(self.receipts().filter_map(|it| it.accepted.as_ref())),
            returned: self.moved(
                self.flow
                    .movements
                    .value
                    .1
                    .iter()
                    .filter(|it| self.is_mine(&it.purchase_order_number, it.purchase_order_line))
                    .map(|it| &it.quantity),
            ),
            invoiced: self.billed(false),
            credited: self.billed(true),
            paid: self.paid(),
            consumed: None,
            variances: self.variances(),
        }
    }

    fn is_mine(&self, order: &PurchaseOrderNumber, line: u32) -> bool {
        *order == self.order.number && line == self.line.line_number
    }

    fn receipts(&self) -> impl Iterator<Item = &canonical::Receipt> {
        let receipts = self.flow.movements.value.0.iter();
        receipts.filter(|it| self.is_mine(&it.purchase_order_number, it.purchase_order_line))
    }

    fn uom(&self) -> String {
        self.item.map_or(&self.line.quantity.uom, |it| &it.base_uom).to_string()
    }

    /// In base units where the item is known, else only what is in the order's own unit.
    fn base(&self, quantity: &Quantity) -> Option<Exact> {
        let value = quantity.value.exact();
        let Some(item) = self.item else {
            return (quantity.uom == self.line.quantity.uom).then_some(value);
        };
        process::matching::factor_to_base(item, &self.order.supplier_id, &quantity.uom)
            .map(|factor| value * factor)
    }

    /// What a base quantity is worth at the order's price (R1).
    fn worth(&self, base: &Exact) -> Option<Money> {
        let ordered = self.base(&self.line.quantity)?;
        let per_unit = ordered / self.line.quantity.value.exact_nonzero()?;
        let price = self.line.unit_price.exact() / self.line.price_base.exact_nonzero()?;
        let own_units = base / per_unit;
        Some(Money::round(&(own_units * price), self.order.currency))
    }

    fn figure<'q>(&self, quantities: impl IntoIterator<Item = Option<&'q Quantity>>) -> Figure {
        let sum: Option<Exact> =
            quantities.into_iter().map(|it| it.and_then(|it| self.base(it))).sum();
        Figure {
            amount: sum.as_ref().and_then(|it| self.worth(it)),
            value: sum.as_ref().map(exact_text),
            uom: self.uom(),
        }
    }

    /// `None` where nothing moved; a figure without a value where what moved cannot be converted.
    fn moved<'q>(&self, quantities: impl Iterator<Item = &'q Quantity>) -> Option<Figure> {
        let mut quantities = quantities.peekable();
        quantities.peek()?;
        Some(self.figure(quantities.map(Some)))
    }

    fn billed(&self, credits: bool) -> Option<Figure> {
        let mut sum: Option<(Exact, Exact)> = None;
        let booked = self.flow.invoices.value.iter().filter(|it| it.state.is_booked());
        for record in booked.filter(|it| is_credit(it) == credits) {
            let claims = record.lines.iter().flat_map(|it| &it.allocations);
            let mine =
                claims.filter(|it| self.is_mine(&it.purchase_order_number, it.purchase_order_line));
            for claim in mine {
                let (quantity, amount) = sum.get_or_insert_with(Default::default);
                *quantity += claim.quantity.exact()?;
                *amount += claim.amount.exact()?;
            }
        }
        // what is credited is claimed below zero
        let sum = sum.map(|it| if credits { (-it.0, -it.1) } else { it });
        sum.map(|(quantity, amount)| Figure {
            value: Some(exact_text(&quantity)),
            uom: self.uom(),
            amount: Some(Money::round(&amount, self.order.currency)),
        })
    }

    /// What was paid of this line: each payable's payment spread over its lines by their net (R3).
    fn paid(&self) -> Option<Figure> {
        let shares: Vec<i128> = self
            .flow
            .payables
            .value
            .iter()
            .filter(|it| it.payment.paid.minor() != 0)
            .filter_map(|it| self.share(it))
            .collect();
        (!shares.is_empty()).then(|| Figure {
            value: None,
            uom: self.uom(),
            amount: Some(Money::from_minor(shares.iter().sum(), self.order.currency)),
        })
    }

    fn share(&self, payable: &Payable) -> Option<i128> {
        let weights: Vec<Exact> = payable.lines.iter().map(|it| it.net.exact()).collect();
        let shares = allocate(payable.payment.paid.minor(), &weights);
        let mine = payable.lines.iter().zip(shares).filter(|(line, _share)| {
            let order = line.purchase_order_number.as_ref();
            order.is_some_and(|it| self.is_mine(it, line.purchase_order_line.unwrap_or_default()))
        });
        let mine: Vec<i128> = mine.map(|(_line, share)| share).collect();
        (!mine.is_empty()).then(|| mine.iter().sum())
    }

    fn variances(&self) -> Vec<OpenVariance> {
        let waiting = self
            .flow
            .invoices
            .value
            .iter()
            .filter(|it| matches!(it.state, InvoiceState::Blocked | InvoiceState::Exception));
        waiting.flat_map(|record| self.variances_of(record)).collect()
    }

    fn variances_of<'r>(
        &self,
        record: &'r InvoiceRecord,
    ) -> impl Iterator<Item = OpenVariance> + use<'r> {
        let mine: BTreeSet<u32> = record
            .lines
            .iter()
            .filter(|it| {
                let order = it.purchase_order_number.as_ref();
                let line = it.purchase_order_line.unwrap_or_default();
                order.is_some_and(|order| self.is_mine(order, line))
            })
            .map(|it| it.invoice_line)
            .collect();
        let reasons = record.reasons.iter();
        reasons.filter(move |it| it.invoice_line.is_some_and(|line| mine.contains(&line))).map(
            |it| OpenVariance {
                invoice_id: record.id.clone(),
                code: it.code,
                variance: it.variance.clone(),
                detail: it.detail.to_string(),
            },
        )
    }
}

trait Nonzero {
    fn exact_nonzero(&self) -> Option<Exact>;
}

impl Nonzero for canonical::Decimal {
    fn exact_nonzero(&self) -> Option<Exact> {
        (!self.is_zero()).then(|| self.exact())
    }
}

fn is_credit(record: &InvoiceRecord) -> bool {
    record.invoice.kind.is_credit()
}

fn parts(flow: &Flow) -> Vec<PartView> {
    vec![
        part(&flow.orders),
        part(&flow.movements),
        part(&flow.invoices),
        part(&flow.payables),
        part(&flow.items),
        part(&flow.events),
    ]
}

fn part<T>(part: &Part<T>) -> PartView {
    PartView {
        name: part.name.to_owned(),
        status: part.status,
        as_of: part.as_of,
        detail: part.detail.clone(),
    }
}
