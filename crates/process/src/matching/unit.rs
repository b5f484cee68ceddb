//! Units of measure: exact factors to the base unit of an item (`domain.md` A12). A packaging code
//! such as `BX` has no factor of its own; only lengths, masses and volumes convert without an item.

use super::few::HashMap;
use super::index::padded;
use super::number::Number;
use canonical::{Code, Exact, InvoiceLine, Item, Packaging, Quantity, SupplierId, Uom};
use jiff::civil::Date;
use std::cell::RefCell;

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
    /// The day whose packaging rows our own documents are read by; without it, those without an
    /// end.
    pub(super) on: Option<Date>,
}

/// The day counts where the item has rows that hold for a time.
type Asked<'a> = (u32, &'a Uom, View, Option<Date>);
type Memory<'a> = RefCell<HashMap<Asked<'a>, Result<Factor, Fault>>>;

/// So few rows are looked through sooner than remembered.
const ROWS_FEW: usize = 8;

/// Converts, and remembers what it found in long lists.
pub(super) struct Units<'a> {
    supplier: &'a SupplierId,
    /// The day whose packaging rows the supplier's documents are read by.
    billed_on: Option<Date>,
    memory: Memory<'a>,
    /// What was asked last from either view: the documents of a line mostly count alike.
    last: RefCell<[Option<(Asked<'a>, Factor)>; 2]>,
}

impl<'a> Units<'a> {
    /// For documents of one supplier.
    pub(super) fn new(supplier: &'a SupplierId) -> Self {
        Self { supplier, billed_on: None, memory: RefCell::default(), last: RefCell::default() }
    }

    /// With the rows of a day for what the supplier sends.
    pub(super) fn on(mut self, day: Date) -> Self {
        self.billed_on = Some(day);
        self
    }

    /// How many base units one unit of an invoice line is. Where rows of the unit disagree, the
    /// GTIN says which level it is: a code such as `PK` may name several, a GTIN names one.
    pub(super) fn stated(&self, of: Of<'a>, line: &'a InvoiceLine) -> Result<Factor, Fault> {
        match self.factor(of, &line.quantity.uom, View::Suppliers) {
            Err(fault) if fault.code == Code::Uom02 => self.by_gtin(of, line).ok_or(fault),
            found => found,
        }
    }

    /// What the one row says that has the line's GTIN.
    fn by_gtin(&self, of: Of<'a>, line: &'a InvoiceLine) -> Option<Factor> {
        let (item, gtin) = (of.item?.1, line.gtin.as_ref()?);
        let mut rows = item.packaging.iter().filter(|row| {
            let named = row.gtin.as_ref().is_some_and(|it| padded(it) == padded(gtin));
            named && row.uom == line.quantity.uom && holds(row, self.billed_on)
        });
        let factor = rows.next().and_then(row_factor).map(Factor::of);
        factor.filter(|_| rows.next().is_none())
    }

    /// How many base units one `uom` is.
    pub(super) fn factor(&self, of: Of<'a>, uom: &'a Uom, view: View) -> Result<Factor, Fault> {
        let Some((place, item)) = of.item else {
            return between(uom.as_str(), of.base).map(Factor::of).ok_or_else(|| no_path(uom, of));
        };
        let is_few = item.packaging.len() <= ROWS_FEW;
        if is_few && *uom == item.base_uom && item.packaging.iter().all(|it| it.uom != *uom) {
            return Ok(Factor::of(Number::ONE));
        }
        let on = if view == View::Ours { of.on } else { self.billed_on };
        let asked = (place, uom, view, on);
        let mut last = self.last.borrow_mut();
        let [ours, suppliers] = &mut *last;
        let last = if view == View::Ours { ours } else { suppliers };
        if let Some((_asked, factor)) = last.as_ref().filter(|it| it.0 == asked) {
            return Ok(factor.clone());
        }
        let factor = self.find((of, item), asked)?;
        *last = Some((asked, factor.clone()));
        Ok(factor)
    }

    fn find(
        &self,
        (of, item): (Of<'a>, &Item),
        (place, uom, view, on): Asked<'a>,
    ) -> Result<Factor, Fault> {
        if item.packaging.len() <= ROWS_FEW {
            return self.look_up((of, item), uom, view, on);
        }
        let dated =
            item.packaging.iter().any(|it| it.valid_from.is_some() || it.valid_to.is_some());
        let asked = (place, uom, view, on.filter(|_| dated));
        if let Some(known) = self.memory.borrow().get(&asked) {
            return known.clone();
        }
        let found = self.look_up((of, item), uom, view, on);
        self.memory.borrow_mut().insert(asked, found.clone());
        found
    }

    /// A quantity in base units; a fraction of what cannot be split is a fault.
    pub(super) fn convert(
        &self,
        of: Of<'a>,
        it: &'a Quantity,
        view: View,
    ) -> Result<Number, Fault> {
        Self::converted(of, it, &self.factor(of, &it.uom, view)?.value)
    }

    /// The same, where the factor is known.
    pub(super) fn converted(of: Of<'_>, it: &Quantity, by: &Number) -> Result<Number, Fault> {
        let quantity = &Number::from(it.value) * by;
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

    /// What the supplier's rows and everybody's say of a unit; rows of one kind must agree.
    fn rows(
        &self,
        item: &Item,
        uom: &Uom,
        on: Option<Date>,
    ) -> Result<(Option<Number>, Option<Number>), Fault> {
        let (mut suppliers, mut ours) = (None, None);
        for row in item.packaging.iter().filter(|row| row.uom == *uom && holds(row, on)) {
            let found = match &row.supplier_id {
                None => &mut ours,
                Some(it) if it == self.supplier => &mut suppliers,
                Some(_) => continue,
            };
            let factor = row_factor(row);
            if found.is_some() && *found != factor {
                return Err(conflict(item, uom));
            }
            *found = factor;
        }
        Ok((suppliers, ours))
    }

    fn look_up(
        &self,
        (of, item): (Of<'a>, &Item),
        uom: &Uom,
        view: View,
        on: Option<Date>,
    ) -> Result<Factor, Fault> {
        let (suppliers, mut ours) = self.rows(item, uom, on)?;
        // most base units are pieces, which measure nothing
        let is_measure = begins_a_code(item.base_uom.as_bytes()) || *uom == item.base_uom;
        let global = is_measure.then(|| between(uom.as_str(), &item.base_uom)).flatten();
        if let Some(global) = global {
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

/// Whether a row holds on a day; without a day, whether it has no end.
fn holds(row: &Packaging, on: Option<Date>) -> bool {
    on.map_or(row.valid_to.is_none(), |day| {
        row.valid_from.is_none_or(|it| it <= day) && row.valid_to.is_none_or(|it| day <= it)
    })
}

/// How many base units one `uom` of the item is on our orders and receipts; `None` where there is
/// no conversion, or several that disagree.
#[must_use]
pub fn factor_to_base(item: &Item, supplier: &SupplierId, uom: &Uom) -> Option<Exact> {
    let of = Of { item: Some((0, item)), base: &item.base_uom, on: None };
    Units::new(supplier).factor(of, uom, View::Ours).ok().map(|it| it.value.exact())
}

impl Factor {
    pub(super) fn of(value: Number) -> Self {
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
    if row.denominator.short_parts() == Some((1, 0)) {
        return Some(Number::from(row.numerator));
    }
    Number::from(row.numerator).per(&Number::from(row.denominator))
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

macro_rules! dimensions {
    ($( $code:literal $dimension:ident $upper:literal $lower:literal; )*) => {
        const CODES: &[&str] = &[ $( $code, )* ];

        /// The dimension of a code, and what one is in its smallest unit here.
        fn known(code: &str) -> Option<(Dimension, i128, i128)> {
            // what no code begins with is told apart sooner
            if !begins_a_code(code.as_bytes()) {
                return None;
            }
            match code {
                $( $code => Some((Dimension::$dimension, $upper, $lower)), )*
                _ => None,
            }
        }
    };
}

// Codes of UN/ECE Recommendation 20 and of X12 element 355, as `numerator / denominator` of a
// millimetre, a milligram or a millilitre. Exact by definition: the inch is 25.4 mm, the pound
// 453,592.37 mg, the US gallon 3,785.411784 ml.
dimensions! {
    "MM" Length 1 1;
    "MMT" Length 1 1;
    "CM" Length 10 1;
    "CMT" Length 10 1;
    "M" Length 1_000 1;
    "MTR" Length 1_000 1;
    "IN" Length 254 10;
    "INH" Length 254 10;
    "FT" Length 3_048 10;
    "FOT" Length 3_048 10;
    "YD" Length 9_144 10;
    "YRD" Length 9_144 10;
    "MG" Mass 1 1;
    "MGM" Mass 1 1;
    "G" Mass 1_000 1;
    "GRM" Mass 1_000 1;
    "KG" Mass 1_000_000 1;
    "KGM" Mass 1_000_000 1;
    "LB" Mass 45_359_237 100;
    "LBR" Mass 45_359_237 100;
    "OZ" Mass 45_359_237 1_600;
    "ONZ" Mass 45_359_237 1_600;
    "ML" Volume 1 1;
    "MLT" Volume 1 1;
    "L" Volume 1_000 1;
    "LT" Volume 1_000 1;
    "LTR" Volume 1_000 1;
    "GA" Volume 3_785_411_784 1_000_000;
    "GLL" Volume 3_785_411_784 1_000_000;
    "QT" Volume 3_785_411_784 4_000_000;
    "PT" Volume 3_785_411_784 8_000_000;
    "OZA" Volume 3_785_411_784 128_000_000;
}

const fn begins_a_code(code: &[u8]) -> bool {
    matches!(
        code.first(),
        Some(b'M' | b'C' | b'I' | b'F' | b'Y' | b'G' | b'K' | b'L' | b'O' | b'Q' | b'P')
    )
}

/// The codes of the dimension that `uom` is of; none for a packaging code.
pub(super) fn of_same_dimension(uom: &Uom) -> impl Iterator<Item = &'static str> {
    let of = |code: &str| known(code).map(|it| it.0);
    let dimension = of(uom.as_str());
    let codes = if dimension.is_some() { CODES } else { &[] };
    codes.iter().copied().filter(move |it| of(it) == dimension)
}

/// How one converts to the other without an item: the same code, or one dimension.
pub(super) fn between(from: &str, to: &Uom) -> Option<Number> {
    if from == to.as_str() {
        return Some(Number::ONE);
    }
    // most base units are pieces
    let b = known(to.as_str())?;
    let a = known(from)?;
    if a.0 != b.0 {
        return None;
    }
    Number::ratio(a.1, a.2)?.per(&Number::ratio(b.1, b.2)?)
}

#[cfg(test)]
mod tests;
