//! What a supplier answered beside what was ordered. Pure: the same answer agrees with one version
//! of an order and differs from another.

use crate::matching::factor_to_base;
use canonical::{
    Acknowledgement, AcknowledgementLine, AcknowledgementStatus, Exact, Item, LineStatus,
    PurchaseOrder, PurchaseOrderLine, Quantity,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing in which an answer differs from the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AcknowledgementDifference {
    /// The order's line; `null` for the whole order.
    #[schema(required = true)]
    pub line_number: Option<u32>,
    /// In what: `order`, `line`, `quantity`, `price`, `date` or `item`.
    #[schema(example = "price")]
    pub field: String,
    /// What was ordered.
    #[schema(example = "12.50")]
    pub ordered: String,
    /// What was answered.
    #[schema(example = "12.80")]
    pub answered: String,
}

/// Everything in which an answer differs from the order in force.
pub(super) fn differences(
    order: &PurchaseOrder,
    answer: &Acknowledgement,
    items: &[Item],
) -> Vec<AcknowledgementDifference> {
    let mut found = Vec::new();
    match answer.status {
        // nothing is promised yet
        AcknowledgementStatus::Received => return found,
        AcknowledgementStatus::Rejected => {
            found.push(different(None, "order", "accepted", "rejected"));
            return found;
        }
        AcknowledgementStatus::Accepted | AcknowledgementStatus::AcceptedWithChanges => {}
    }
    if answer.currency != order.currency && answer.lines.iter().any(|it| it.unit_price.is_some()) {
        found.push(different(None, "price", order.currency.code(), answer.currency.code()));
    }
    for line in &answer.lines {
        match order.lines.iter().find(|it| it.line_number == line.line_number) {
            Some(ordered) => {
                let item = items.iter().find(|it| ordered.item_id.as_ref() == Some(&it.id));
                of_line(&Beside { order, ordered, item }, line, &mut found);
            }
            None => {
                let number = line.line_number;
                found.push(different(Some(number), "line", "not ordered", "answered"));
            }
        }
    }
    if let (Some(promised), true) = (answer.promised_date, answer.lines.is_empty()) {
        let late =
            order.lines.iter().filter(|it| it.requested_date.is_some_and(|at| at < promised));
        for line in late {
            date(line, promised, &mut found);
        }
    }
    found
}

struct Beside<'a> {
    order: &'a PurchaseOrder,
    ordered: &'a PurchaseOrderLine,
    item: Option<&'a Item>,
}

fn of_line(
    beside: &Beside<'_>,
    line: &AcknowledgementLine,
    found: &mut Vec<AcknowledgementDifference>,
) {
    let ordered = beside.ordered;
    let number = Some(ordered.line_number);
    if let Some(price) = beside.price(line)
        && Some(&price.1) != price.0.as_ref()
    {
        let stated = line.unit_price.map(|it| it.to_string()).unwrap_or_default();
        found.push(different(number, "price", &ordered.unit_price.to_string(), &stated));
    }
    if let Some(coming) = beside.coming(line)
        && coming != beside.base(&ordered.quantity)
    {
        let said =
            line.answers.iter().filter(|it| comes(it.status)).find_map(|it| it.quantity.as_ref());
        let said = said.map_or_else(|| "not all of it".to_owned(), shown);
        found.push(different(number, "quantity", &shown(&ordered.quantity), &said));
    }
    for answer in &line.answers {
        match answer.status {
            LineStatus::Substituted => {
                let other = answer.substitute.as_deref().unwrap_or("another item");
                let own = ordered.item_id.as_ref().map_or("the item", |it| it.as_str());
                found.push(different(number, "item", own, other));
            }
            LineStatus::Changed => {
                found.push(different(number, "line", "as ordered", "with changes"));
            }
            _ => {}
        }
        let asked = ordered.requested_date;
        if let Some(promised) = answer.date.filter(|it| asked.is_some_and(|asked| *it > asked)) {
            date(ordered, promised, found);
        }
    }
}

impl Beside<'_> {
    fn base(&self, quantity: &Quantity) -> Option<Exact> {
        let value = quantity.value.exact();
        match self.item {
            Some(item) => {
                let factor = factor_to_base(item, &self.order.supplier_id, &quantity.uom)?;
                Some(value * factor)
            }
            None => (quantity.uom == self.ordered.quantity.uom).then_some(value),
        }
    }

    /// The prices per base unit: as ordered, and as answered where it is said.
    fn price(&self, line: &AcknowledgementLine) -> Option<(Option<Exact>, Exact)> {
        let per = |price: Exact, base: &canonical::Decimal, of: &Quantity| {
            let one = Quantity { value: canonical::Decimal::ONE, uom: of.uom.clone() };
            let divisor = base.exact() * self.base(&one)?;
            (divisor != Exact::default()).then(|| price / divisor)
        };
        let ordered = self.ordered;
        let was = per(ordered.unit_price.exact(), &ordered.price_base, &ordered.quantity);
        Some((was, per(line.unit_price?.exact(), &line.price_base, &line.quantity)?))
    }

    /// How much comes; `None` where all of it does, `Some(None)` where that cannot be told.
    fn coming(&self, line: &AcknowledgementLine) -> Option<Option<Exact>> {
        let stays = line.answers.iter().any(|it| !comes(it.status) || it.quantity.is_some());
        if !stays {
            return None;
        }
        let coming = line.answers.iter().filter(|it| comes(it.status));
        let whole = || self.base(&line.quantity);
        Some(coming.map(|it| it.quantity.as_ref().map_or_else(whole, |it| self.base(it))).sum())
    }
}

/// Whether what is answered so is on its way.
const fn comes(status: LineStatus) -> bool {
    !matches!(status, LineStatus::Backordered | LineStatus::Held | LineStatus::Rejected)
}

fn date(line: &PurchaseOrderLine, promised: Date, found: &mut Vec<AcknowledgementDifference>) {
    let asked = line.requested_date.map(|it| it.to_string()).unwrap_or_default();
    found.push(different(Some(line.line_number), "date", &asked, &promised.to_string()));
}

fn shown(quantity: &Quantity) -> String {
    format!("{} {}", quantity.value, quantity.uom)
}

fn different(
    line_number: Option<u32>,
    field: &str,
    ordered: &str,
    answered: &str,
) -> AcknowledgementDifference {
    AcknowledgementDifference {
        line_number,
        field: field.to_owned(),
        ordered: ordered.to_owned(),
        answered: answered.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(line: &Value, status: &str) -> Vec<(String, String)> {
        let order = json!({
            "number": "PO-1", "supplier_id": "S", "currency": "USD", "status": "dispatched",
            "order_date": "2026-05-01",
            "lines": [{
                "line_number": 1, "item_id": "GLV", "quantity": { "value": "2", "uom": "BX" },
                "unit_price": "50.00", "requested_date": "2026-05-10",
            }],
        });
        let answer = json!({
            "purchase_order_number": "PO-1", "supplier_id": "S", "status": status,
            "acknowledged_on": "2026-05-02", "currency": "USD", "lines": [line],
        });
        let item = json!({
            "id": "GLV", "base_uom": "EA",
            "packaging": [{ "uom": "BX", "numerator": "100", "denominator": "1" }],
        });
        let of = |it: Value| serde_json::from_value(it).unwrap();
        let found = differences(
            &serde_json::from_value(order).unwrap(),
            &serde_json::from_value(answer).unwrap(),
            &[of(item)],
        );
        found.into_iter().map(|it| (it.field, it.answered)).collect()
    }

    fn answered(answers: &Value) -> Value {
        json!({ "line_number": 1, "quantity": { "value": "2", "uom": "BX" }, "answers": answers })
    }

    #[test]
    fn an_answer_in_another_unit_may_be_the_same() {
        let line = json!({
            "line_number": 1, "quantity": { "value": "200", "uom": "EA" }, "unit_price": "0.50",
            "answers": [{ "status": "accepted", "quantity": { "value": "200", "uom": "EA" },
                "date": "2026-05-09" }],
        });
        assert_eq!(found(&line, "accepted_with_changes"), []);
    }

    #[test]
    fn what_differs_is_named() {
        let quantity = json!({ "value": "1", "uom": "BX" });
        for (answers, field) in [
            (json!([{ "status": "accepted", "quantity": quantity }]), "quantity"),
            (
                json!([
                    { "status": "accepted", "quantity": quantity },
                    { "status": "backordered", "quantity": quantity },
                ]),
                "quantity",
            ),
            (json!([{ "status": "rejected" }]), "quantity"),
            (json!([{ "status": "accepted", "date": "2026-05-11" }]), "date"),
            (json!([{ "status": "substituted", "substitute": "GLV-2" }]), "item"),
            (json!([{ "status": "changed" }]), "line"),
        ] {
            let fields: Vec<String> = found(&answered(&answers), "accepted_with_changes")
                .into_iter()
                .map(|it| it.0)
                .collect();
            assert_eq!(fields, [field], "{answers}");
        }
        let mut dearer = answered(&json!([]));
        dearer["unit_price"] = json!("51.00");
        assert_eq!(found(&dearer, "accepted"), [("price".to_owned(), "51.00".to_owned())]);
        let mut other = answered(&json!([]));
        other["line_number"] = json!(7);
        assert_eq!(found(&other, "accepted"), [("line".to_owned(), "answered".to_owned())]);
    }

    #[test]
    fn a_refusal_is_one_and_a_receipt_promises_nothing() {
        let line = || answered(&json!([{ "status": "rejected" }]));
        assert_eq!(found(&line(), "rejected"), [("order".to_owned(), "rejected".to_owned())]);
        assert_eq!(found(&line(), "received"), []);
    }
}
