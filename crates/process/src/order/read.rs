//! Reading an order with all that is known of it.

use super::acknowledgement::{AcknowledgementDifference, differences};
use super::life::{
    Amounts, Coverage, Lifecycle, LineLife, OrderFacts, Progress, lifecycle, needs_receipts,
};
use crate::Process;
use crate::matching::factor_to_base;
use canonical::{
    Acknowledgement, Error, Exact, Item, ItemId, OrderStatus, Principal, PurchaseOrder,
    PurchaseOrderLine, PurchaseOrderNumber, Quantity, Result, SupplierId, exact_text, read_exact,
};
use futures_util::future::{try_join, try_join3};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use store::{EvidenceKind, HoldState, OrderEvidence, OrderLine};
use system::Movements;
use utoipa::ToSchema;

/// Where an order stands, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderStanding {
    /// The order's number.
    pub number: PurchaseOrderNumber,
    /// The version in force.
    pub version: u32,
    /// Whom it went to.
    pub supplier_id: SupplierId,
    /// What the back end says of it.
    pub status: OrderStatus,
    /// Where it stands, with what was sent, answered, received and billed.
    pub lifecycle: Lifecycle,
    /// How much was received: of the worst line.
    pub receipt_progress: Progress,
    /// How much is billed: of the worst line.
    pub invoice_progress: Progress,
    /// How receipts and invoices stand to each other: of the worst line.
    pub coverage: Coverage,
    /// The lines.
    pub lines: Vec<LineStanding>,
    /// In what the supplier's last answer differs from the version in force.
    pub differences: Vec<AcknowledgementDifference>,
    /// What was sent and answered about it, oldest first.
    pub evidence: Vec<Evidence>,
    /// The root of its flow.
    pub correlation_id: String,
}

/// Where one line of an order stands. Quantities are exact, in the item's base unit, or in the
/// line's own where the item is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineStanding {
    /// The order's line.
    pub line_number: u32,
    /// The item.
    #[schema(required = true)]
    pub item_id: Option<ItemId>,
    /// The unit that the quantities count.
    #[schema(example = "EA")]
    pub uom: String,
    /// Ordered, less what was cancelled.
    #[schema(example = "100")]
    pub ordered: String,
    /// Received, less what went back.
    #[schema(example = "40")]
    pub received: String,
    /// Billed by invoices that are owed.
    #[schema(example = "40")]
    pub invoiced: String,
    /// How much was received.
    pub receipt_progress: Progress,
    /// How much is billed.
    pub invoice_progress: Progress,
    /// How the two stand to each other.
    pub coverage: Coverage,
    /// Whether goods must come before the line is done.
    pub receipt_required: bool,
    /// Whether nothing more is expected: short-closed, or completed.
    pub delivery_completed: bool,
}

/// Something that was sent or answered about an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Its id.
    pub id: String,
    /// `dispatch`, `acknowledgement` or `ship_notice`.
    #[schema(example = "acknowledgement")]
    pub kind: String,
    /// When it was recorded (UTC).
    pub recorded_at: Timestamp,
    /// What it says.
    #[schema(value_type = Object)]
    pub content: Value,
}

/// An order with every fact that says where it stands.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) order: PurchaseOrder,
    movements: Movements,
    items: Vec<Item>,
    claims: Vec<store::Claim>,
    evidence: Vec<OrderEvidence>,
    is_held: bool,
    correlation_id: String,
}

impl Process {
    /// Where an order stands.
    ///
    /// # Errors
    /// `not_found`, also where the order is another supplier's; what back ends and store say.
    pub async fn order_standing(
        &self,
        principal: &Principal,
        number: &PurchaseOrderNumber,
    ) -> Result<OrderStanding> {
        let look = self.look(number).await?;
        if !principal.may_see(&look.order.supplier_id) {
            return Err(Error::not_found("purchase order", number));
        }
        look.standing()
    }

    pub(super) async fn look(&self, number: &PurchaseOrderNumber) -> Result<Look> {
        let (system, numbers) = (self.system(), std::slice::from_ref(number));
        let (order, movements) =
            try_join(system.purchase_orders().get(number), system.receipts().of_orders(numbers))
                .await?;
        let items: BTreeSet<&ItemId> = order.lines.iter().flat_map(|it| &it.item_id).collect();
        let items: Vec<ItemId> = items.into_iter().cloned().collect();
        let items = async {
            if items.is_empty() { Ok(Vec::new()) } else { system.items().get_many(&items).await }
        };
        let line =
            |it: &PurchaseOrderLine| OrderLine { number: number.clone(), line: it.line_number };
        let store = self.store();
        let invoices = self.invoices_about(number).await?;
        let lines: Vec<OrderLine> = order.lines.iter().map(line).collect();
        let (items, claims, holds) =
            try_join3(items, store.claims(lines), store.holds(&invoices)).await?;
        let (evidence, followed) =
            try_join(store.evidence_of(number), store.followed_orders(numbers)).await?;
        let own = || order.requisition_id.as_ref().map(ToString::to_string);
        let correlation_id = followed.into_values().next().map(|it| it.correlation_id);
        Ok(Look {
            correlation_id: correlation_id.or_else(own).unwrap_or_else(|| number.to_string()),
            is_held: holds.iter().any(|it| it.state == HoldState::Open),
            order,
            movements,
            items,
            claims,
            evidence,
        })
    }
}

impl Look {
    pub(super) fn standing(&self) -> Result<OrderStanding> {
        let order = &self.order;
        let differences = match self.acknowledgement()? {
            Some(it) => differences(order, &it, &self.items),
            None => Vec::new(),
        };
        let amounts = order.lines.iter().map(|it| self.amounts(it)).collect::<Result<Vec<_>>>()?;
        let lives: Vec<LineLife> =
            order.lines.iter().zip(&amounts).map(|(line, it)| LineLife::of(line, it)).collect();
        let facts = OrderFacts {
            status: order.status,
            is_with_supplier: !self.evidence.is_empty() || !self.movements.receipts.is_empty(),
            is_answered_otherwise: !differences.is_empty(),
            is_held: self.is_held,
        };
        let lines = order.lines.iter().zip(&amounts).zip(&lives);
        Ok(OrderStanding {
            number: order.number.clone(),
            version: order.version,
            supplier_id: order.supplier_id.clone(),
            status: order.status,
            lifecycle: lifecycle(facts, &lives),
            receipt_progress: lives.iter().map(|it| it.receipt).max().unwrap_or(Progress::None),
            invoice_progress: lives.iter().map(|it| it.invoice).max().unwrap_or(Progress::None),
            coverage: lives.iter().map(|it| it.coverage).max().unwrap_or(Coverage::InStep),
            lines: lines.map(|((line, amounts), life)| self.line(line, amounts, life)).collect(),
            differences,
            evidence: self.evidence.iter().map(shown).collect::<Result<_>>()?,
            correlation_id: self.correlation_id.clone(),
        })
    }

    fn line(&self, line: &PurchaseOrderLine, amounts: &Amounts, life: &LineLife) -> LineStanding {
        let item = self.item(line);
        LineStanding {
            line_number: line.line_number,
            item_id: line.item_id.clone(),
            uom: item.map_or(&line.quantity.uom, |it| &it.base_uom).to_string(),
            ordered: exact_text(&amounts.ordered),
            received: exact_text(&amounts.received),
            invoiced: exact_text(&amounts.invoiced),
            receipt_progress: life.receipt,
            invoice_progress: life.invoice,
            coverage: life.coverage,
            receipt_required: needs_receipts(line),
            delivery_completed: line.closed,
        }
    }

    /// The supplier's last answer.
    fn acknowledgement(&self) -> Result<Option<Acknowledgement>> {
        let last = self.evidence.iter().rfind(|it| it.kind == EvidenceKind::Acknowledgement);
        let last = last.map(|it| serde_json::from_str(&it.body_json));
        last.transpose().map_err(|error| unreadable().because(error))
    }

    fn item(&self, line: &PurchaseOrderLine) -> Option<&Item> {
        self.items.iter().find(|it| line.item_id.as_ref() == Some(&it.id))
    }

    fn amounts(&self, line: &PurchaseOrderLine) -> Result<Amounts> {
        let number = line.line_number;
        let receipts = self.movements.receipts.iter();
        let receipts = receipts.filter(|it| it.purchase_order_line == number);
        let returns = self.movements.returns.iter();
        let returns = returns.filter(|it| it.purchase_order_line == number);
        let came: Exact = receipts.map(|it| self.counted(line, &it.quantity)).sum();
        let went: Exact = returns.map(|it| self.counted(line, &it.quantity)).sum();
        let mut invoiced = Exact::default();
        let claims = self.claims.iter().filter(|it| it.claim.order_line.line == number);
        for claim in claims.filter(|it| it.invoice_state.is_booked()) {
            invoiced += read_exact(&claim.claim.quantity).ok_or_else(unreadable)?;
        }
        Ok(Amounts { ordered: self.counted(line, &line.quantity), received: came - went, invoiced })
    }

    /// In base units where the item is known, else what is in the line's own unit; what cannot be
    /// converted does not count.
    fn counted(&self, line: &PurchaseOrderLine, quantity: &Quantity) -> Exact {
        let value = quantity.value.exact();
        let factor = match self.item(line) {
            Some(item) => factor_to_base(item, &self.order.supplier_id, &quantity.uom),
            None => (quantity.uom == line.quantity.uom).then(|| canonical::Decimal::ONE.exact()),
        };
        factor.map(|it| value * it).unwrap_or_default()
    }
}

fn shown(it: &OrderEvidence) -> Result<Evidence> {
    Ok(Evidence {
        id: it.id.clone(),
        kind: it.kind.name().to_owned(),
        recorded_at: it.recorded_at,
        content: serde_json::from_str(&it.body_json)
            .map_err(|error| unreadable().because(error))?,
    })
}

fn unreadable() -> Error {
    Error::internal("what is kept of an order cannot be read")
}
