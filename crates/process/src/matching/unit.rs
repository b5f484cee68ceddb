//! Units of measure: exact factors to the base unit of an item (`domain.md` A12). A packaging code
//! such as `BX` has no factor of its own; only lengths, masses and volumes convert without an item.

use super::number::Number;
use canonical::{Code, Exact, Item, Packaging, Quantity, SupplierId, Uom};
use std::cell::RefCell;
use std::collections::HashMap;

/// Which rows go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum View {
    /// Orders, receipts and returns: the item's rows, then the supplier's.
    Ours,
    /// Invoices, claims and credits: the supplier's rows, then the item's.
    Suppliers,
}

/// How many base units one unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) value: Number,
    /// What our own row says, where the supplier's was taken and differs.
    pub(super) ours: Option<Number>,
}

/// Why a quantity cannot be converted: a code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) detail: String,
}

/// The item a quantity is of; without an item, the unit that the order line counts in.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) item: Option<(u32, &'a Item)>,
    pub(super) base: &'a Uom,
}

type Memory<'a> = RefCell<HashMap<(u32, &'a Uom, View), Result<Factor, Fault>>>;

/// Converts, and remembers what it found.
pub(super) struct Units<'a> {
    supplier: &'a SupplierId,
    memory: Memory<'a>,
}

impl<'a> Units<'a> {
    /// For documents of one supplier.
    pub(super) fn new(supplier: &'a SupplierId) -> Self {
        Self { supplier, memory: RefCell::default() }
    }

    /// How many base units one `uom` is.
    pub(super) fn factor(&self, of: Of<'a>, uom: &'a Uom, view: View) -> Result<Factor, Fault> {
        let Some((place, item)) = of.item else {
            return between(uom.as_str(), of.base).map(Factor::of).ok_or_else(|| no_path(uom, of));
        };
        if *uom == item.base_uom && item.packaging.is_empty() {
            return Ok(Factor::of(Number::ONE));
        }
        if let Some(known) = self.memory.borrow().get(&(place, uom, view)) {
            return known.clone();
        }
        let found = self.look_up(of, item, uom, view);
        self.memory.borrow_mut().insert((place, uom, view), found.clone());
        found
    }

    /// A quantity in base units; a fraction of what cannot be split is a fault.
    pub(super) fn convert(
        &self,
        of: Of<'a>,
        it: &'a Quantity,
        view: View,
    ) -> Result<Number, Fault> {
        let factor = self.factor(of, &it.uom, view)?;
        let quantity = &Number::from(it.value) * &factor.value;
        match of.item {
            Some((_place, item)) if item.indivisible && !quantity.is_whole() => Err(Fault {
                code: Code::Uom03,
                detail: format!(
                    "{} {} of {} is {} {}, and a {} cannot be split; count whole {}",
                    it.value,
                    it.uom,
                    item.id,
                    quantity.text(),
                    item.base_uom,
                    item.base_uom,
                    item.base_uom
                ),
            }),
            _ => Ok(quantity),
        }
    }

    fn look_up(&self, of: Of<'a>, item: &Item, uom: &Uom, view: View) -> Result<Factor, Fault> {
        let rows = |supplier: Option<&SupplierId>| {
            one_factor(item, uom, |row| row.supplier_id.as_ref() == supplier)
        };
        let suppliers = rows(Some(self.supplier))?;
        let mut ours = rows(None)?;
        if let Some(global) = between(uom.as_str(), &item.base_uom) {
            if ours.as_ref().is_some_and(|it| *it != global) {
                return Err(conflict(item, uom));
            }
            ours = Some(global);
        }
        match (view, suppliers, ours) {
            (View::Suppliers, Some(suppliers), Some(ours)) if suppliers != ours => {
                Ok(Factor { value: suppliers, ours: Some(ours) })
            }
            (_, suppliers, Some(ours)) => {
                drop(suppliers);
                Ok(Factor::of(ours))
            }
            (_, Some(suppliers), None) => Ok(Factor::of(suppliers)),
            (_, None, None) => Err(no_path(uom, of)),
        }
    }
}

/// How many base units one `uom` of the item is on our orders and receipts; `None` where there is
/// no conversion, or several that disagree.
#[must_use]
pub fn factor_to_base(item: &Item, supplier: &SupplierId, uom: &Uom) -> Option<Exact> {
    let of = Of { item: Some((0, item)), base: &item.base_uom };
    Units::new(supplier).factor(of, uom, View::Ours).ok().map(|it| it.value.exact())
}

impl Factor {
    fn of(value: Number) -> Self {
        Self { value, ours: None }
    }
}

impl Fault {
    /// The same, saying which document it is about.
    pub(super) fn about(self, what: impl FnOnce() -> String) -> Self {
        Self { code: self.code, detail: format!("{}: {}", what(), self.detail) }
    }
}

/// What a packaging row says; `None` where it says nothing.
pub(super) fn row_factor(row: &Packaging) -> Option<Number> {
    Number::from(row.numerator).per(&Number::from(row.denominator))
}

fn one_factor(
    item: &Item,
    uom: &Uom,
    wanted: impl Fn(&Packaging) -> bool,
) -> Result<Option<Number>, Fault> {
    let mut found: Option<Number> = None;
    for row in item.packaging.iter().filter(|row| row.uom == *uom && wanted(row)) {
        let factor = row_factor(row);
        match &found {
            Some(known) if factor.as_ref() != Some(known) => return Err(conflict(item, uom)),
            _ => found = factor,
        }
    }
    Ok(found)
}

fn conflict(item: &Item, uom: &Uom) -> Fault {
    Fault {
        code: Code::Uom02,
        detail: format!(
            "two conversions of {uom} to {} of {} disagree; one packaging row must go",
            item.base_uom, item.id
        ),
    }
}

fn no_path(uom: &Uom, of: Of<'_>) -> Fault {
    let detail = match of.item {
        Some((_place, item)) => format!(
            "{uom} does not convert to {} of {}; give the item a packaging row for {uom}",
            item.base_uom, item.id
        ),
        None => format!("{uom} does not convert to {}, and there is no item to ask", of.base),
    };
    Fault { code: Code::Uom01, detail }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Length,
    Mass,
    Volume,
}

/// Codes of UN/ECE Recommendation 20 and of X12 element 355, as `numerator / denominator` of a
/// millimetre, a milligram or a millilitre. Exact by definition: the inch is 25.4 mm, the pound
/// 453,592.37 mg, the US gallon 3,785.411784 ml.
const DIMENSIONS: &[(&str, Dimension, i128, i128)] = &[
    ("MM", Dimension::Length, 1, 1),
    ("MMT", Dimension::Length, 1, 1),
    ("CM", Dimension::Length, 10, 1),
    ("CMT", Dimension::Length, 10, 1),
    ("M", Dimension::Length, 1_000, 1),
    ("MTR", Dimension::Length, 1_000, 1),
    ("IN", Dimension::Length, 254, 10),
    ("INH", Dimension::Length, 254, 10),
    ("FT", Dimension::Length, 3_048, 10),
    ("FOT", Dimension::Length, 3_048, 10),
    ("YD", Dimension::Length, 9_144, 10),
    ("YRD", Dimension::Length, 9_144, 10),
    ("MG", Dimension::Mass, 1, 1),
    ("MGM", Dimension::Mass, 1, 1),
    ("G", Dimension::Mass, 1_000, 1),
    ("GRM", Dimension::Mass, 1_000, 1),
    ("KG", Dimension::Mass, 1_000_000, 1),
    ("KGM", Dimension::Mass, 1_000_000, 1),
    ("LB", Dimension::Mass, 45_359_237, 100),
    ("LBR", Dimension::Mass, 45_359_237, 100),
    ("OZ", Dimension::Mass, 45_359_237, 1_600),
    ("ONZ", Dimension::Mass, 45_359_237, 1_600),
    ("ML", Dimension::Volume, 1, 1),
    ("MLT", Dimension::Volume, 1, 1),
    ("L", Dimension::Volume, 1_000, 1),
    ("LT", Dimension::Volume, 1_000, 1),
    ("LTR", Dimension::Volume, 1_000, 1),
    ("GA", Dimension::Volume, 3_785_411_784, 1_000_000),
    ("GLL", Dimension::Volume, 3_785_411_784, 1_000_000),
    ("QT", Dimension::Volume, 3_785_411_784, 4_000_000),
    ("PT", Dimension::Volume, 3_785_411_784, 8_000_000),
    ("OZA", Dimension::Volume, 3_785_411_784, 128_000_000),
];

/// The codes of the dimension that `uom` is of; none for a packaging code.
pub(super) fn of_same_dimension(uom: &Uom) -> impl Iterator<Item = &'static str> {
    let dimension = known(uom.as_str()).map(|it| it.1);
    DIMENSIONS.iter().filter(move |it| Some(it.1) == dimension).map(|it| it.0)
}

/// How one converts to the other without an item: the same code, or one dimension.
pub(super) fn between(from: &str, to: &Uom) -> Option<Number> {
    if from == to.as_str() {
        return Some(Number::ONE);
    }
    let (a, b) = (known(from)?, known(to.as_str())?);
    if a.1 != b.1 {
        return None;
    }
    Number::ratio(a.2, a.3)?.per(&Number::ratio(b.2, b.3)?)
}

fn known(code: &str) -> Option<&'static (&'static str, Dimension, i128, i128)> {
    DIMENSIONS.iter().find(|it| it.0 == code)
}

#[cfg(test)]
mod tests;
