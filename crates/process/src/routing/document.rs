//! Routing rules as a person writes them, and when one fits.

use super::Matter;
use crate::matching::Effective;
use canonical::{ClockClass, CostCenterId, Currency, Decimal, FacilityId, SupplierId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Routing rules as a person writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingDocument {
    /// The name; cases cite it as `id@version`.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Who approved it.
    pub approved_by: String,
    /// Why it is as it is.
    pub reason: String,
    /// The rules; the last one fits everything.
    pub rules: Vec<RoutingRule>,
    /// Who looks at what takes too long.
    #[serde(default)]
    pub escalations: Vec<EscalationDocument>,
    /// What must come out.
    #[serde(default)]
    pub fixtures: Vec<FixtureDocument>,
}

/// Who gets what fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// The rule's name; cases name it.
    pub id: String,
    /// The smallest is asked first.
    pub priority: u32,
    /// What it is for; everything where it is left out.
    #[serde(default)]
    pub when: RoutingWhen,
    /// The queue, or `owner` for that of the reason's owner.
    pub queue: String,
    /// The clock, where it is not that of the reason.
    #[serde(default)]
    pub clock: Option<ClockClass>,
    /// The days on which it holds.
    #[serde(default)]
    pub effective: Effective,
}

/// What a rule is for; a condition that is left out binds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoutingWhen {
    /// Codes, as `QTY-01`, or families of them, as `QTY`.
    pub codes: Vec<String>,
    /// Facilities.
    pub facilities: Vec<FacilityId>,
    /// Suppliers.
    pub suppliers: Vec<SupplierId>,
    /// Classes of items.
    pub classes: Vec<String>,
    /// Whether the item is critical.
    pub critical: Option<bool>,
    /// Cost centres.
    pub cost_centers: Vec<CostCenterId>,
    /// How invoices came.
    pub channels: Vec<String>,
    /// The currency of the bounds.
    pub currency: Option<Currency>,
    /// From this gross on.
    pub gross_from: Option<Decimal>,
    /// Below this gross.
    pub gross_to: Option<Decimal>,
}

/// Who looks at a case that takes too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationDocument {
    /// The queue of the case; all others where it names none.
    #[serde(default)]
    pub queue: Option<String>,
    /// The queue that watches from level 2 on.
    pub level_2: String,
    /// The queue that gets it at level 3.
    pub level_3: String,
}

/// An example, and what must come out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixtureDocument {
    /// What it shows.
    pub name: String,
    /// What the hold is about.
    pub when: Matter,
    /// On which day.
    #[serde(default)]
    pub on: Option<Date>,
    /// The queue it must go to.
    pub queue: String,
    /// The clock it must be on; not looked at where it is left out.
    #[serde(default)]
    pub clock: Option<ClockClass>,
}

/// The family of a code: `QTY` of `QTY-01`.
pub(super) fn family(code: &str) -> &str {
    code.split_once('-').map_or(code, |(family, _number)| family)
}

impl RoutingRule {
    /// What is asked first sorts first.
    pub(super) fn rank(&self) -> (u32, std::cmp::Reverse<u32>) {
        (self.priority, std::cmp::Reverse(self.when.specificity()))
    }

    pub(super) fn fits(&self, matter: &Matter, on: Option<Date>) -> bool {
        self.is_effective(on) && self.when.fits(matter)
    }

    fn is_effective(&self, on: Option<Date>) -> bool {
        let Effective { from, to } = self.effective;
        match on {
            None => from.is_none() && to.is_none(),
            Some(on) => from.is_none_or(|it| it <= on) && to.is_none_or(|it| on <= it),
        }
    }

    /// Whether some hold on some day fits both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (self.effective, other.effective);
        let before =
            |to: Option<Date>, from: Option<Date>| to.zip(from).is_some_and(|(t, f)| t < f);
        !before(a.to, b.from) && !before(b.to, a.from) && self.when.overlaps(&other.when)
    }
}

impl RoutingWhen {
    /// How much it binds: a whole code counts twice.
    pub(super) fn specificity(&self) -> u32 {
        let codes = match self.codes.as_slice() {
            [] => 0,
            codes if codes.iter().all(|it| it.contains('-')) => 2,
            _ => 1,
        };
        let bound = [
            !self.facilities.is_empty(),
            !self.suppliers.is_empty(),
            !self.classes.is_empty(),
            self.critical.is_some(),
            !self.cost_centers.is_empty(),
            !self.channels.is_empty(),
            self.gross_from.is_some() || self.gross_to.is_some(),
        ];
        bound.into_iter().map(u32::from).sum::<u32>() + codes
    }

    fn fits(&self, matter: &Matter) -> bool {
        let code = matter.code.as_str();
        let of_code =
            self.codes.is_empty() || self.codes.iter().any(|it| it == code || it == family(code));
        of_code
            && binds(&self.facilities, matter.facility.as_ref())
            && binds(&self.suppliers, matter.supplier.as_ref())
            && binds(&self.classes, matter.class.as_ref())
            && self.critical.is_none_or(|it| it == matter.critical)
            && binds(&self.cost_centers, matter.cost_center.as_ref())
            && binds(&self.channels, matter.channel.as_ref())
            && self.has_gross(matter)
    }

    fn has_gross(&self, matter: &Matter) -> bool {
        if self.gross_from.is_none() && self.gross_to.is_none() {
            return true;
        }
        let gross = matter.gross.filter(|_| matter.currency == self.currency);
        gross.map(|it| it.exact()).is_some_and(|gross| {
            self.gross_from.is_none_or(|it| it.exact() <= gross)
                && self.gross_to.is_none_or(|it| gross < it.exact())
        })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.shares_code(other)
            && meet(&self.facilities, &other.facilities)
            && meet(&self.suppliers, &other.suppliers)
            && meet(&self.classes, &other.classes)
            && self.critical.zip(other.critical).is_none_or(|(a, b)| a == b)
            && meet(&self.cost_centers, &other.cost_centers)
            && meet(&self.channels, &other.channels)
            && self.shares_gross(other)
    }

    fn shares_code(&self, other: &Self) -> bool {
        let same = |a: &String, b: &String| {
            a == b || (family(a) == family(b) && (!a.contains('-') || !b.contains('-')))
        };
        self.codes.is_empty()
            || other.codes.is_empty()
            || self.codes.iter().any(|a| other.codes.iter().any(|b| same(a, b)))
    }

    fn shares_gross(&self, other: &Self) -> bool {
        if self.currency.zip(other.currency).is_some_and(|(a, b)| a != b) {
            return false;
        }
        let ends = |to: Option<Decimal>, from: Option<Decimal>| {
            to.zip(from).is_some_and(|(to, from)| to.exact() <= from.exact())
        };
        !ends(self.gross_to, other.gross_from) && !ends(other.gross_to, self.gross_from)
    }
}

/// Whether a condition holds: one that names nothing does.
fn binds<T: PartialEq>(named: &[T], is: Option<&T>) -> bool {
    named.is_empty() || is.is_some_and(|it| named.contains(it))
}

fn meet<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|it| other.contains(it))
}
