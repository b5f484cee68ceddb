//! The clearing account of goods received and invoices received, from the documents (`domain.md`
//! A15.1): what the ledger's postings come to by account role, and what is left where nothing more
//! is expected. The ledger books receipts and invoices itself; nothing is posted from here.

mod postings;

use crate::Process;
use crate::accrual::{AccrualDocumentKind, AccrualFlag, in_unit_of, is_stock, quantity_shown};
use canonical::{
    AccountRole, Exact, Item, ItemId, Money, OrderStatus, Payable, PayableState, Principal,
    PurchaseOrder, PurchaseOrderLine, PurchaseOrderNumber, Quantity, Result, Side,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postings::{Clearing, Fact, Posting, Worth};
use serde::Serialize;
use std::collections::BTreeMap;
use system::Movements;
use utoipa::ToSchema;

/// The clearing account of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Grni {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// Its lines, in the order of their numbers.
    pub items: Vec<GrniLine>,
}

/// The clearing account of an order line, in the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrniLine {
    /// The line.
    pub purchase_order_line: u32,
    /// The item.
    #[schema(required = true)]
    pub item_id: Option<ItemId>,
    /// Received less returned, in the unit of the order line.
    pub received: Quantity,
    /// Billed less credited.
    pub billed: Quantity,
    /// What was received and not billed, less what was billed and not received, at the order's
    /// price.
    pub balance: Money,
    /// What was billed above the order's price; below zero where it was below.
    pub price_variance: Money,
    /// What each document posts, oldest first.
    pub postings: Vec<GrniPosting>,
    /// `GRN-01` where nothing more is expected and the balance is not nothing; `UOM-01` where a
    /// document does not convert and is left out.
    pub flags: Vec<AccrualFlag>,
}

/// What a document posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrniPosting {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: AccrualDocumentKind,
    /// Its number.
    pub number: String,
    /// The day that counts (UTC).
    pub date: Date,
    /// The sides, which add up.
    pub lines: Vec<GrniSide>,
}

/// One side of a posting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrniSide {
    /// What the account is for.
    pub role: AccountRole,
    /// Which side it is on.
    pub side: Side,
    /// How much.
    pub amount: Money,
}

/// A document of a line.
#[derive(Debug)]
struct Document<'a> {
    date: Date,
    kind: AccrualDocumentKind,
    number: &'a str,
    quantity: Quantity,
    net: i128,
}

impl Process {
    /// The clearing account of an order.
    ///
    /// # Errors
    /// `forbidden` for suppliers; `not_found`; what the back ends say.
    pub async fn grni(&self, principal: &Principal, number: &PurchaseOrderNumber) -> Result<Grni> {
        principal.for_staff("the books")?;
        let system = self.system();
        let order = system.purchase_orders().get(number).await?;
        let orders = [order.number.clone()];
        let moved = system.receipts().of_orders(&orders).await?;
        let payables = system.payables().of_orders(&orders).await?;
        let ids: Vec<ItemId> = order.lines.iter().filter_map(|it| it.item_id.clone()).collect();
        let items = if ids.is_empty() { Vec::new() } else { system.items().get_many(&ids).await? };
        let items: BTreeMap<&ItemId, &Item> = items.iter().map(|it| (&it.id, it)).collect();
        let mut lines: Vec<GrniLine> = order
            .lines
            .iter()
            .map(|line| {
                let item = line.item_id.as_ref().and_then(|it| items.get(it).copied());
                clear((&order, line, item), &moved, &payables)
            })
            .collect();
        lines.sort_by_key(|it| it.purchase_order_line);
        Ok(Grni { purchase_order_number: order.number, items: lines })
    }
}

/// What the documents of a line come to: pure.
fn clear(
    (order, line, item): (&PurchaseOrder, &PurchaseOrderLine, Option<&Item>),
    moved: &Movements,
    payables: &[Payable],
) -> GrniLine {
    let currency = order.currency;
    let nothing = Exact::from_integer(0.into());
    let base = line.price_base.exact();
    let price = if base == nothing { nothing.clone() } else { line.unit_price.exact() / base };
    let charged = if is_stock(line) { AccountRole::Inventory } else { AccountRole::Expense };
    let mut clearing = Clearing::new(Worth { price, currency, functional: currency, charged });
    let (mut received, mut billed, mut variance) = (nothing.clone(), nothing.clone(), 0);
    let (mut postings, mut flags) = (Vec::new(), Vec::new());
    for it in documents(order, line, moved, payables) {
        let Some(quantity) = in_unit_of((order, line, item), &it.quantity) else {
            let unit = &line.quantity.uom;
            let detail = format!("{}: {} does not convert to {unit}", it.number, it.quantity.uom);
            flags.push(AccrualFlag { code: "UOM-01".to_owned(), detail });
            continue;
        };
        let rate = Exact::from_integer(1.into());
        let fact = match it.kind {
            AccrualDocumentKind::Receipt | AccrualDocumentKind::Return => {
                received += &quantity;
                Fact::Moved { quantity, rate }
            }
            AccrualDocumentKind::Invoice | AccrualDocumentKind::Credit => {
                billed += &quantity;
                Fact::Billed { quantity, net: it.net, rate }
            }
        };
        let posted = clearing.post(&fact);
        let of_price = posted.iter().filter(|it| it.0 == AccountRole::PriceVariance);
        variance += of_price.map(|it| it.1).sum::<i128>();
        let lines = posted.iter().map(|it| shown(it, currency)).collect();
        let (kind, number, date) = (it.kind, it.number.to_owned(), it.date);
        postings.push(GrniPosting { kind, number, date, lines });
    }
    let balance = clearing.balance().0;
    if balance.minor() != 0 && is_over(order, line) {
        let detail = format!("nothing more is expected, and {balance} is left");
        flags.push(AccrualFlag { code: "GRN-01".to_owned(), detail });
    }
    GrniLine {
        purchase_order_line: line.line_number,
        item_id: line.item_id.clone(),
        received: quantity_shown(&received, line),
        billed: quantity_shown(&billed, line),
        balance,
        price_variance: Money::from_minor(variance, currency),
        postings,
        flags,
    }
}

fn is_over(order: &PurchaseOrder, line: &PurchaseOrderLine) -> bool {
    line.closed || matches!(order.status, OrderStatus::Completed | OrderStatus::FinallyClosed)
}

fn shown(posting: &Posting, currency: canonical::Currency) -> GrniSide {
    let size = i128::try_from(posting.1.unsigned_abs()).unwrap_or(i128::MAX);
    let amount = Money::from_minor(size, currency);
    GrniSide { role: posting.0, side: postings::side(posting), amount }
}

/// The documents of a line, oldest first; goods before invoices of the same day.
fn documents<'a>(
    order: &PurchaseOrder,
    line: &PurchaseOrderLine,
    moved: &'a Movements,
    payables: &'a [Payable],
) -> Vec<Document<'a>> {
    use AccrualDocumentKind::{Credit, Invoice, Receipt, Return};
    let own =
        |number: &PurchaseOrderNumber, of: u32| *number == order.number && of == line.line_number;
    let day = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
    let mut found = Vec::new();
    for it in
        moved.receipts.iter().filter(|it| own(&it.purchase_order_number, it.purchase_order_line))
    {
        let (date, number) = (day(it.effective_at), it.number.as_str());
        let quantity = it.quantity.clone();
        found.push(Document { date, kind: Receipt, number, quantity, net: 0 });
    }
    for it in
        moved.returns.iter().filter(|it| own(&it.purchase_order_number, it.purchase_order_line))
    {
        let (date, number) = (day(it.effective_at), it.number.as_str());
        let value = negated(it.quantity.value);
        let quantity = Quantity { value, uom: it.quantity.uom.clone() };
        found.push(Document { date, kind: Return, number, quantity, net: 0 });
    }
    for it in payables.iter().filter(|it| is_booked(it.state)) {
        let Some(date) = it.posting_date.or(it.invoice_date) else { continue };
        let of_line = it.lines.iter().filter(|it| {
            let of = it.purchase_order_number.as_ref().zip(it.purchase_order_line);
            of.is_some_and(|of| own(of.0, of.1)) && it.net.currency() == order.currency
        });
        found.extend(of_line.filter(|it| !it.quantity.value.is_zero()).map(|billed| Document {
            date,
            kind: if billed.quantity.value.is_negative() { Credit } else { Invoice },
            number: it.reference.as_str(),
            quantity: billed.quantity.clone(),
            net: billed.net.minor(),
        }));
    }
    found.sort_by(|a, b| (a.date, a.kind, a.number).cmp(&(b.date, b.kind, b.number)));
    found
}

const fn is_booked(state: PayableState) -> bool {
    matches!(state, PayableState::Posted | PayableState::Paid)
}

fn negated(value: canonical::Decimal) -> canonical::Decimal {
    let (mantissa, scale) = value.parts();
    canonical::Decimal::new(-mantissa, scale).unwrap_or(value)
}
