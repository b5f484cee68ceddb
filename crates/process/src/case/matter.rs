//! What a hold is about, as routing rules ask.

use super::Followed;
use crate::routing::Matter;
use canonical::{InvoiceLine, Item, ItemId, LineResult, PurchaseOrderLine, PurchaseOrderNumber};
use std::collections::HashMap;
use store::Hold;

/// The lines of an invoice and what they bill, found by what names them: a long invoice may be held
/// on each of its lines.
pub(super) struct Matters<'a> {
    followed: &'a Followed<'a>,
    lines: HashMap<u32, &'a InvoiceLine>,
    matched: HashMap<u32, &'a LineResult>,
    order_lines: HashMap<(&'a PurchaseOrderNumber, u32), &'a PurchaseOrderLine>,
    items: HashMap<&'a ItemId, &'a Item>,
    /// Whether some line bills a critical item.
    is_critical: bool,
}

impl<'a> Matters<'a> {
    pub(super) fn new(followed: &'a Followed<'a>) -> Self {
        let lines = followed.invoice.lines.iter().map(|it| (it.line_number, it)).collect();
        let (mut matched, mut order_lines, mut items) =
            (HashMap::new(), HashMap::new(), HashMap::new());
        if let Some((facts, result)) = followed.matched {
            matched.extend(result.lines.iter().map(|it| (it.invoice_line, it)));
            for order in &facts.purchase_orders {
                let lines = order.lines.iter();
                order_lines.extend(lines.map(|it| ((&order.number, it.line_number), it)));
            }
            items.extend(facts.items.iter().map(|it| (&it.id, it)));
        }
        let mut matters = Self { followed, lines, matched, order_lines, items, is_critical: false };
        let mut each = matters.lines.values();
        matters.is_critical = each.any(|it| matters.item(it).is_some_and(|it| it.critical));
        matters
    }

    /// Of a hold: of its line, or of the document.
    pub(super) fn of(&self, hold: &Hold) -> Matter {
        let head = self.followed.head;
        let line = hold.invoice_line.and_then(|it| self.lines.get(&it)).copied();
        let ordered = line.and_then(|it| self.ordered(it));
        let item = line.and_then(|it| self.item(it));
        let class = item.and_then(|it| it.class.clone());
        let cost_center = line.and_then(|it| it.cost_center_id.clone());
        Matter {
            code: hold.code,
            facility: head.facility_id.clone(),
            supplier: Some(head.supplier_id.clone()),
            class: class.or_else(|| ordered.and_then(|it| it.class.clone())),
            // what holds the document holds each of its lines
            critical: match line {
                Some(_) => item.is_some_and(|it| it.critical),
                None => self.is_critical,
            },
            cost_center: cost_center.or_else(|| ordered.and_then(|it| it.cost_center_id.clone())),
            channel: head.channel.split(':').next().map(str::to_owned),
            gross: Some(head.gross_amount),
            currency: Some(head.currency),
        }
    }

    /// The order's line that the match found for it.
    fn ordered(&self, line: &InvoiceLine) -> Option<&'a PurchaseOrderLine> {
        let matched = self.matched.get(&line.line_number)?;
        let number = matched.purchase_order_number.as_ref()?;
        self.order_lines.get(&(number, matched.purchase_order_line?)).copied()
    }

    fn item(&self, line: &InvoiceLine) -> Option<&'a Item> {
        let ordered = self.ordered(line).and_then(|it| it.item_id.as_ref());
        self.items.get(ordered.or(line.item_id.as_ref())?).copied()
    }
}
