//! What the document and each of its lines are about: what the scopes of a policy are compared
//! with. Collected only where the policy has scopes.

use super::bill::{Billed, Ground};
use super::policy::{Entities, LineContext};
use super::request::Facts;
use canonical::ItemId;

/// The contexts of one invoice; empty ones where the policy has no scopes.
#[derive(Default)]
pub(super) struct Contexts<'a> {
    document: LineContext<'a>,
    /// By line number, ascending.
    lines: Vec<(u32, LineContext<'a>)>,
}

impl<'a> Contexts<'a> {
    pub(super) fn new(ground: &Ground<'a>, billed: &[Billed<'a>], facts: &'a Facts) -> Self {
        let entities = Entities::new(&facts.facilities);
        let invoice = ground.invoice;
        let stated =
            LineContext::of_document(&invoice.supplier_id, invoice.facility_id.as_ref(), &entities);
        let one = |it: &Billed<'a>| {
            let Some(order_line) = it.first else {
                let item = it.line.item_id.as_ref();
                let class = item.and_then(|it| ground.index.item(it)?.class.as_deref());
                return LineContext { item: item.map(ItemId::as_str), class, ..stated };
            };
            let (order, line) = (order_line.order, order_line.line);
            let item = order_line.item.map(|(_place, item)| item);
            let of_order = LineContext::of_order(order, line, item, &entities);
            LineContext {
                item: of_order.item.or_else(|| it.line.item_id.as_ref().map(ItemId::as_str)),
                facility: of_order.facility.or(stated.facility),
                legal_entity: of_order.legal_entity.or(stated.legal_entity),
                ..of_order
            }
        };
        let lines: Vec<(u32, LineContext<'a>)> =
            billed.iter().map(|it| (it.line.line_number, one(it))).collect();
        let document = LineContext {
            facility: stated.facility.or_else(|| agreed(&lines, |it| it.facility)),
            legal_entity: stated.legal_entity.or_else(|| agreed(&lines, |it| it.legal_entity)),
            ..stated
        };
        Self { document, lines }
    }

    /// That of a line, or of the document.
    pub(super) fn of(&self, invoice_line: Option<u32>) -> &LineContext<'a> {
        let Some(number) = invoice_line else { return &self.document };
        let place = self.lines.binary_search_by_key(&number, |it| it.0);
        place.ok().and_then(|it| self.lines.get(it)).map_or(&self.document, |it| &it.1)
    }
}

/// What all lines say alike.
fn agreed<'a>(
    lines: &[(u32, LineContext<'a>)],
    of: impl Fn(&LineContext<'a>) -> Option<&'a str>,
) -> Option<&'a str> {
    let mut said = lines.iter().map(|it| of(&it.1));
    let first = said.next()?;
    first.filter(|_| said.all(|it| it == first))
}
