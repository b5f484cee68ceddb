//! For whom a rule of a policy is: the entity, facility, supplier, contract, class and item that it
//! binds, and how the most specific rule is found (`domain.md` A8).

use super::Effective;
use crate::matching::few::HashMap;
use canonical::{Facility, FacilityId, Item, PurchaseOrder, PurchaseOrderLine, SupplierId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::fmt;
use utoipa::ToSchema;

/// What a rule binds; a rule that binds nothing is for everything. Of the rules that fit, the one
/// that binds most counts; of those that bind as many, the one that binds what comes first here.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyScope)]
pub struct Scope {
    /// The item of the order line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "GLV-M")]
    pub item: Option<String>,
    /// The contract that the order was made under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The supplier of the order; for the document, of the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// What the item's UNSPSC code begins with: 2, 4, 6 or 8 digits. A longer one is more specific.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The facility that the order ships to; for the document, that of the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// The legal entity that buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_entity: Option<String>,
}

/// The dimensions of a scope, the strongest first.
pub(super) const DIMENSIONS: [&str; 6] =
    ["item", "contract", "supplier", "category", "facility", "legal_entity"];
const CATEGORY: usize = 3;

type Values<'a> = [Option<&'a str>; 6];

impl Scope {
    /// Whether it binds nothing.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn values(&self) -> Values<'_> {
        [
            self.item.as_deref(),
            self.contract.as_deref(),
            self.supplier.as_deref(),
            self.category.as_deref(),
            self.facility.as_deref(),
            self.legal_entity.as_deref(),
        ]
    }

    fn bound(&self) -> impl Iterator<Item = (&'static str, &str)> {
        DIMENSIONS.into_iter().zip(self.values()).filter_map(|(name, it)| Some((name, it?)))
    }

    /// What it binds, without the values: `item+supplier`.
    pub(super) fn kind(&self) -> String {
        self.bound().map(|(name, _value)| name).collect::<Vec<&str>>().join("+")
    }

    fn shape(&self) -> Shape {
        let values = self.values();
        let mut bits = 0;
        for (place, _value) in values.iter().enumerate().filter(|(_place, it)| it.is_some()) {
            bits |= 1u8 << (DIMENSIONS.len() - 1 - place);
        }
        let category = values.get(CATEGORY).copied().flatten().unwrap_or_default();
        Shape { count: bits.count_ones(), bits, digits: category.len() }
    }
}

impl fmt::Display for Scope {
    /// `[item=GLV-M,supplier=SUP-1]`; nothing for everything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value)) in self.bound().enumerate() {
            write!(f, "{}{name}={value}", if number == 0 { "[" } else { "," })?;
        }
        f.write_str(if self.is_everything() { "" } else { "]" })
    }
}

/// What a line, or a document, is about: what scopes are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::matching) struct LineContext<'a> {
    pub(in crate::matching) item: Option<&'a str>,
    pub(in crate::matching) contract: Option<&'a str>,
    pub(in crate::matching) supplier: Option<&'a str>,
    /// The UNSPSC code.
    pub(in crate::matching) class: Option<&'a str>,
    pub(in crate::matching) facility: Option<&'a str>,
    pub(in crate::matching) legal_entity: Option<&'a str>,
}

impl<'a> LineContext<'a> {
    /// Of an order line.
    pub(in crate::matching) fn of_order(
        order: &'a PurchaseOrder,
        line: &'a PurchaseOrderLine,
        item: Option<&'a Item>,
        entities: &Entities<'a>,
    ) -> Self {
        let facility = order.facility_id.as_ref();
        let class = item.and_then(|it| it.class.as_deref()).or(line.class.as_deref());
        Self {
            item: line.item_id.as_ref().map(canonical::ItemId::as_str),
            contract: order.contract_number.as_deref(),
            supplier: Some(order.supplier_id.as_str()),
            class,
            facility: facility.map(FacilityId::as_str),
            legal_entity: order.legal_entity.as_deref().or_else(|| entities.of(facility?)),
        }
    }

    /// Of a document, or of a line that no order was found for.
    pub(in crate::matching) fn of_document(
        supplier: &'a SupplierId,
        facility: Option<&'a FacilityId>,
        entities: &Entities<'a>,
    ) -> Self {
        Self {
            supplier: Some(supplier.as_str()),
            facility: facility.map(FacilityId::as_str),
            legal_entity: facility.and_then(|it| entities.of(it)),
            ..Self::default()
        }
    }

    const fn values(&self) -> Values<'a> {
        [self.item, self.contract, self.supplier, self.class, self.facility, self.legal_entity]
    }
}

/// On whose books the facilities are.
pub(in crate::matching) struct Entities<'a> {
    facilities: &'a [Facility],
    listed: OnceCell<HashMap<&'a FacilityId, &'a str>>,
}

impl<'a> Entities<'a> {
    pub(in crate::matching) const fn new(facilities: &'a [Facility]) -> Self {
        Self { facilities, listed: OnceCell::new() }
    }

    fn of(&self, facility: &FacilityId) -> Option<&'a str> {
        let all = || self.facilities.iter().map(|it| (&it.id, it.legal_entity.as_str())).collect();
        self.listed.get_or_init(all).get(facility).copied()
    }
}

/// How specific a scope is; scopes of one shape differ only in their values, so at most one of them
/// fits a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    count: u32,
    bits: u8,
    digits: usize,
}

impl Shape {
    /// What a scope of this shape that fits would bind; `None` where the line does not say it all.
    fn cut<'a>(&self, context: &LineContext<'a>) -> Option<Values<'a>> {
        let mut cut = Values::default();
        for (place, (value, known)) in cut.iter_mut().zip(context.values()).enumerate() {
            if self.bits & (1u8 << (DIMENSIONS.len() - 1 - place)) != 0 {
                let digits = (place == CATEGORY).then_some(self.digits);
                *value = Some(digits.map_or(known, |it| known?.get(..it))?);
            }
        }
        Some(cut)
    }
}

/// The rules of one scope, each with the days on which it holds, in the order of time.
pub(super) type Dated<T> = Vec<(Effective, T)>;

/// The rules whose scopes are of one shape.
type OfShape<T> = Vec<(Scope, Dated<T>)>;

/// Rules by scope, found the most specific first, at a cost that does not grow with their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table<T> {
    /// The rules for everything, by the day from which they hold.
    base: Dated<T>,
    /// The most specific shape first; within one, by what is bound.
    shapes: Vec<(Shape, OfShape<T>)>,
}

impl<T> Table<T> {
    pub(super) const EMPTY: Self = Self { base: Vec::new(), shapes: Vec::new() };

    /// Of rules whose scopes are each there once, with what holds when in the order of time.
    pub(super) fn new(rules: Vec<(Scope, Dated<T>)>) -> Self {
        let mut table = Self::EMPTY;
        for (scope, dated) in rules {
            if scope.is_everything() {
                table.base = dated;
                continue;
            }
            let shape = scope.shape();
            let place = match table.shapes.binary_search_by(|(it, _)| shape.cmp(it)) {
                Ok(place) => place,
                Err(place) => {
                    table.shapes.insert(place, (shape, Vec::new()));
                    place
                }
            };
            if let Some((_shape, of_shape)) = table.shapes.get_mut(place) {
                of_shape.push((scope, dated));
            }
        }
        for (_shape, of_shape) in &mut table.shapes {
            of_shape.sort_by(|(a, _), (b, _)| a.values().cmp(&b.values()));
        }
        table
    }

    /// Whether any rule is for less than everything.
    pub(super) const fn is_scoped(&self) -> bool {
        !self.shapes.is_empty()
    }

    /// The rule that has no other beside it, whenever it holds.
    #[inline]
    pub(super) fn only(&self) -> Option<&T> {
        match (self.shapes.as_slice(), self.base.as_slice()) {
            ([], [(_effective, only)]) => Some(only),
            _ => None,
        }
    }

    /// The first rule for everything.
    pub(super) fn first(&self) -> Option<&T> {
        self.base.first().map(|it| &it.1)
    }

    /// The most specific rule that fits on a day.
    pub(super) fn find(&self, context: &LineContext<'_>, date: Date) -> Option<&T> {
        // one rule for everything and for ever, as most policies have
        if let ([], [(Effective { from: None, to: None }, only)]) =
            (self.shapes.as_slice(), self.base.as_slice())
        {
            return Some(only);
        }
        for (shape, of_shape) in &self.shapes {
            let Some(wanted) = shape.cut(context) else { continue };
            let place = of_shape.binary_search_by(|(scope, _)| scope.values().cmp(&wanted));
            let dated = place.ok().and_then(|it| of_shape.get(it)).map(|it| it.1.as_slice());
            let found = dated.and_then(|it| on(it, date));
            if found.is_some() {
                return found;
            }
        }
        on(&self.base, date)
    }
}

fn on<T>(dated: &[(Effective, T)], date: Date) -> Option<&T> {
    let begun = dated.iter().rev().find(|(it, _)| it.from.is_none_or(|from| from <= date));
    begun.filter(|(it, _)| it.to.is_none_or(|to| date <= to)).map(|it| &it.1)
}

#[cfg(test)]
mod tests;
