//! The log as cases: what happened to one order item, in its own order.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use tests::shared;

/// What an invoice of an order item is held against, by its item category and flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    /// Three-way, invoice after receipt: `WEBRE` is set.
    AfterReceipt,
    /// Three-way, the invoice may come before the receipt, and waits.
    BeforeReceipt,
    /// Two-way: no receipt is asked for.
    TwoWay,
    /// The supplier's stock on our shelf: nothing may be billed on the order that fills it.
    Consignment,
}

impl Flow {
    pub(super) const ALL: [Self; 4] =
        [Self::AfterReceipt, Self::BeforeReceipt, Self::TwoWay, Self::Consignment];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AfterReceipt => "3-way, invoice after receipt",
            Self::BeforeReceipt => "3-way, invoice before receipt",
            Self::TwoWay => "2-way",
            Self::Consignment => "consignment",
        }
    }

    pub(super) const fn asks_for_receipt(self) -> bool {
        matches!(self, Self::AfterReceipt | Self::BeforeReceipt)
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Ordered,
    PriceChanged,
    QuantityChanged,
    DeliveryCompleted,
    FinallyInvoiced,
    Deleted,
    Received,
    ReceiptCancelled,
    /// The clerk's entry behind a goods receipt of a service: both are one receipt.
    ServiceEntered,
    /// The date on the supplier's document; it is here when it is recorded.
    InvoiceDated,
    DebitMemoDated,
    Invoiced,
    InvoiceCancelled,
    BlockRemoved,
    Cleared,
}

impl What {
    /// Whether it tells nothing that a match goes by.
    pub(super) const fn is_silent(self) -> bool {
        matches!(self, Self::ServiceEntered | Self::InvoiceDated | Self::DebitMemoDated)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) what: What,
    pub(super) at: String,
    pub(super) user: String,
    /// The value of the item in cents at this event.
    pub(super) value: i128,
}

/// One order item.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) order: String,
    pub(super) line: u32,
    pub(super) supplier: String,
    pub(super) flow: Flow,
    pub(super) events: Vec<Event>,
}

/// The log, and how many of its rows tell of the requisition before the order.
pub(super) struct Log {
    pub(super) cases: Vec<Case>,
    pub(super) requisition_events: usize,
    pub(super) rows: usize,
}

/// What an activity is here; `None` for those of the requisition system.
fn what(activity: &str) -> Option<What> {
    Some(match activity {
        "Create Purchase Order Item" => What::Ordered,
        "Change Price" => What::PriceChanged,
        "Change Quantity" => What::QuantityChanged,
        "Change Delivery Indicator" => What::DeliveryCompleted,
        "Change Final Invoice Indicator" => What::FinallyInvoiced,
        "Delete Purchase Order Item" => What::Deleted,
        "Record Goods Receipt" => What::Received,
        "Cancel Goods Receipt" => What::ReceiptCancelled,
        "Record Service Entry Sheet" => What::ServiceEntered,
        "Vendor creates invoice" => What::InvoiceDated,
        "Vendor creates debit memo" => What::DebitMemoDated,
        "Record Invoice Receipt" => What::Invoiced,
        "Cancel Invoice Receipt" => What::InvoiceCancelled,
        "Remove Payment Block" => What::BlockRemoved,
        "Clear Invoice" => What::Cleared,
        it if it.starts_with("SRM: ") => return None,
        it => panic!("an activity of another kind: {it}"),
    })
}

/// Whole cents; the log has at most one digit after the point.
fn cents(text: &str) -> i128 {
    let (whole, tenths) = text.split_once('.').unwrap_or((text, "0"));
    let (whole, tenths): (i128, i128) = (whole.parse().unwrap(), tenths.parse().unwrap());
    assert!((0..10).contains(&tenths), "{text}");
    whole * 100 + tenths * 10
}

impl Log {
    pub(super) fn read(folder: &Path) -> Self {
        let suppliers: HashMap<String, String> = shared::table(folder, "ekko.csv")
            .iter()
            .map(|it| (it.text("EBELN").to_owned(), it.text("LIFNR").to_owned()))
            .collect();
        let flows: HashMap<String, Flow> = shared::table(folder, "ekpo.csv")
            .iter()
            .map(|it| {
                let flow = match (it.text("PSTYP"), it.text("WEBRE")) {
                    ("2" | "K", _) => Flow::Consignment,
                    (_, "X") => Flow::AfterReceipt,
                    _ => Flow::BeforeReceipt,
                };
                (format!("{}_{}", it.text("EBELN"), it.text("EBELP")), flow)
            })
            .collect();
        let mut cases: BTreeMap<String, Case> = BTreeMap::new();
        let (mut requisition_events, mut rows) = (0, 0);
        for row in shared::table(folder, "ground_truth_log.csv") {
            rows += 1;
            let Some(what) = what(row.text("activity")) else {
                requisition_events += 1;
                continue;
            };
            let id = row.text("case_id");
            let (order, line) = id.split_once('_').unwrap();
            let case = cases.entry(id.to_owned()).or_insert_with(|| Case {
                order: order.to_owned(),
                line: line.parse().unwrap(),
                supplier: suppliers[order].clone(),
                flow: flows[id],
                events: Vec::new(),
            });
            case.events.push(Event {
                what,
                at: row.text("timestamp").to_owned(),
                user: row.text("user").to_owned(),
                value: cents(row.text("cumulative_net_worth_eur")),
            });
        }
        Self { cases: cases.into_values().collect(), requisition_events, rows }
    }

    pub(super) fn events(&self) -> usize {
        self.cases.iter().map(|it| it.events.len()).sum()
    }
}

impl Case {
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.order, self.line)
    }

    pub(super) fn count(&self, what: What) -> usize {
        self.events.iter().filter(|it| it.what == what).count()
    }

    /// How many receipts of the item stand in the end, and at least one: so many parts it was
    /// ordered in.
    pub(super) fn parts(&self) -> usize {
        let received = self.count(What::Received) - self.count(What::ReceiptCancelled);
        received.max(1)
    }
}
