//! Landed cost that comes late (`domain.md` A13): shared out over what was received, and of each
//! share to inventory what is still on hand, to the cost centres what they consumed. A period that
//! is closed stays as it is: the journal goes into the first open one and says where it came from.

use crate::Process;
use crate::accrual::body;
use crate::event;
use crate::event::payload::LandedCostAllocated;
use crate::invoice::Answer;
use canonical::{
    AccountRole, CostCenterId, Decimal, Error, Exact, FacilityId, FieldError, FiscalPeriod,
    JournalIntent, JournalLine, Money, NewJournal, Period, Principal, PurchaseOrderNumber, Result,
    Side, allocate,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use stack::idempotency::Claim;
use store::{Batch, Committed};
use utoipa::ToSchema;

/// More lines than this are not one cost.
const LINES_MAX: usize = 1_000;

/// A cost that came after the goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LandedCostQuestion {
    /// The document of the cost: a carrier's or a broker's invoice.
    #[schema(min_length = 1, max_length = 100, example = "FRT-889")]
    pub reference: String,
    /// How much, before tax; above zero.
    pub cost: Money,
    /// The day it is posted on; where that day's period is closed, the first day that is open.
    pub posting_date: Date,
    /// The legal entity whose books it is for.
    #[serde(default)]
    pub legal_entity: Option<String>,
    /// The facility it is about.
    #[serde(default)]
    pub facility_id: Option<FacilityId>,
    /// What it is shared out by.
    #[serde(default)]
    pub basis: CostBasis,
    /// What was received.
    pub lines: Vec<LandedCostLine>,
    /// Whether nothing is stored and nothing posted: so it is unless `false` is said.
    #[serde(default = "yes")]
    pub dry_run: bool,
}

const fn yes() -> bool {
    true
}

/// What a cost is shared out by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// By what the goods are worth.
    #[default]
    Value,
    /// By what they weigh.
    Weight,
    /// By how many they are.
    Quantity,
}

/// Goods that the cost is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LandedCostLine {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// Its line.
    pub purchase_order_line: u32,
    /// How many were received.
    pub quantity: Decimal,
    /// How many of them are on hand at the posting date; the rest was consumed.
    pub on_hand: Decimal,
    /// What all of them are worth, for the basis `value`.
    #[serde(default)]
    pub value: Option<Decimal>,
    /// What all of them weigh, for the basis `weight`, in one unit for all lines.
    #[serde(default)]
    pub weight: Option<Decimal>,
    /// Who consumed them; what nobody is named for is an expense of no cost centre.
    #[serde(default)]
    pub consumed_by: Vec<ConsumedBy>,
}

/// Who consumed how many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumedBy {
    /// The cost centre.
    pub cost_center_id: CostCenterId,
    /// How many.
    pub quantity: Decimal,
}

/// How a cost is shared out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LandedCostAllocation {
    /// Its id, once it is confirmed.
    #[schema(required = true, example = "lca_01K5S1V6Z6C4M7Y2Q8N3T0B9XA")]
    pub id: Option<String>,
    /// The day it is posted on.
    pub posting_date: Date,
    /// The day that was asked for, where its period is closed.
    #[schema(required = true)]
    pub moved_from: Option<Date>,
    /// What falls on each line.
    pub items: Vec<LandedCostShare>,
    /// What the ledger is asked to post.
    pub journal: NewJournal,
}

/// What falls on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LandedCostShare {
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// Its line.
    pub purchase_order_line: u32,
    /// In all.
    pub amount: Money,
    /// On what is on hand.
    pub inventory: Money,
    /// On what was consumed.
    pub expense: Money,
}

impl Process {
    /// Shares out a cost; where it is no dry run, keeps the journal and posts it.
    ///
    /// # Errors
    /// `forbidden` for suppliers; `invalid` with every field at fault; `conflict` where no period
    /// is open; what the back ends and the store say.
    pub async fn allocate_landed_cost(
        &self,
        principal: &Principal,
        asked: &LandedCostQuestion,
        claim: Option<&Claim>,
    ) -> Result<Answer> {
        principal.for_staff("the books")?;
        let periods = match self.system().periods() {
            Some(periods) => periods.around(asked.posting_date).await?,
            None => Vec::new(),
        };
        let id = self.new_text_id("lca");
        let mut allocation = asked.allocate(&id, &periods)?;
        if asked.dry_run {
            return Ok(Answer { body: body(&allocation)?, replayed: false, kept: false });
        }
        if self.system().journals().is_none() {
            return Err(Error::conflict("no back end takes journals: [system] journals"));
        }
        allocation.id = Some(id.clone());
        let now = self.now();
        let mut batch = Batch::new();
        let intent = JournalIntent::new(allocation.journal.clone())?;
        self.accept_journal(&mut batch, (&intent, &id), now)?;
        let data = LandedCostAllocated {
            reference: &asked.reference,
            items: &allocation.items,
            moved_from: allocation.moved_from,
            journal: intent.key(),
        };
        let told = (id.as_str(), event::LANDED_COST_ALLOCATED, "");
        let event = event::of_books(told, (&id, &id), &data, now)?;
        batch.append_event(&event, &[])?;
        let answer = body(&allocation)?;
        if let Some(claim) = claim {
            batch.insert_answer(self.kept_answer(claim, 200, &answer));
        }
        match self.store().commit(batch).await? {
            Committed::Done => Ok(Answer { body: answer, replayed: false, kept: claim.is_some() }),
            Committed::Stale { .. } => {
                Err(Error::conflict("the same key is being answered").retry_after(1))
            }
        }
    }
}

impl LandedCostQuestion {
    /// Shares the cost out: by the basis over the lines, then by quantity between what is on hand
    /// and who consumed it (R3).
    fn allocate(&self, id: &str, periods: &[FiscalPeriod]) -> Result<LandedCostAllocation> {
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(Error::invalid_fields(faults));
        }
        let posting_date = open_day(self.posting_date, self.legal_entity.as_deref(), periods)?;
        let moved_from = (posting_date != self.posting_date).then_some(self.posting_date);
        let weights: Vec<Exact> = self.lines.iter().map(|it| self.weight(it)).collect();
        let shares = allocate(self.cost.minor(), &weights);
        let money = |minor| Money::from_minor(minor, self.cost.currency());
        let (mut items, mut lines) = (Vec::new(), Vec::new());
        for (line, share) in self.lines.iter().zip(shares) {
            let parts = line.parts(share);
            let inventory = parts.iter().filter(|it| it.0 == AccountRole::Inventory);
            let inventory: i128 = inventory.map(|it| it.2).sum();
            items.push(LandedCostShare {
                purchase_order_number: line.purchase_order_number.clone(),
                purchase_order_line: line.purchase_order_line,
                amount: money(share),
                inventory: money(inventory),
                expense: money(share - inventory),
            });
            let parts = parts.into_iter().filter(|it| it.2 != 0);
            lines.extend(parts.map(|(role, cost_center_id, minor)| JournalLine {
                role,
                side: Side::Debit,
                amount: money(minor),
                purchase_order_number: Some(line.purchase_order_number.clone()),
                purchase_order_line: Some(line.purchase_order_line),
                cost_center_id,
            }));
        }
        lines.push(JournalLine {
            role: AccountRole::Charges,
            side: Side::Credit,
            amount: self.cost,
            purchase_order_number: None,
            purchase_order_line: None,
            cost_center_id: None,
        });
        let late = moved_from.map_or_else(String::new, |it| format!(", for {it}"));
        let journal = NewJournal {
            key: id.parse().map_err(|detail: &str| Error::internal(detail))?,
            legal_entity: self.legal_entity.clone(),
            facility_id: self.facility_id.clone(),
            period: Period::of(posting_date),
            posting_date,
            description: format!("Landed cost {}{late}", self.reference),
            source: self.reference.clone(),
            reverses: None,
            lines,
        };
        let journal = JournalIntent::new(journal)?.journal().clone();
        Ok(LandedCostAllocation { id: None, posting_date, moved_from, items, journal })
    }

    fn weight(&self, line: &LandedCostLine) -> Exact {
        let stated = match self.basis {
            CostBasis::Value => line.value,
            CostBasis::Weight => line.weight,
            CostBasis::Quantity => Some(line.quantity),
        };
        stated.unwrap_or_default().exact()
    }

    fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut unless = |fine: bool, pointer: String, detail: &str| {
            if !fine {
                faults.push(FieldError { pointer, detail: detail.to_owned() });
            }
        };
        let named = (1..=100).contains(&self.reference.trim().chars().count());
        unless(named, "/reference".to_owned(), "1 to 100 characters");
        unless(self.cost.minor() > 0, "/cost/amount".to_owned(), "a cost is above zero");
        let some = (1..=LINES_MAX).contains(&self.lines.len());
        unless(some, "/lines".to_owned(), "1 to 1000 lines");
        for (place, line) in self.lines.iter().enumerate() {
            let at = |name: &str| format!("/lines/{place}/{name}");
            let above_zero = |it: Decimal| !it.is_negative() && !it.is_zero();
            unless(above_zero(line.quantity), at("quantity"), "a quantity is above zero");
            let on_hand = !line.on_hand.is_negative() && line.on_hand <= line.quantity;
            unless(on_hand, at("on_hand"), "from nothing to all that was received");
            let (name, stated) = match self.basis {
                CostBasis::Value => ("value", line.value),
                CostBasis::Weight => ("weight", line.weight),
                CostBasis::Quantity => ("quantity", Some(line.quantity)),
            };
            let fine = stated.is_some_and(above_zero);
            unless(fine, at(name), "the basis needs it, above zero");
            let consumed: Exact = line.consumed_by.iter().map(|it| it.quantity.exact()).sum();
            // more on hand than there was is told once
            let fine = !on_hand
                || line.consumed_by.iter().all(|it| above_zero(it.quantity))
                    && consumed <= line.consumed();
            unless(fine, at("consumed_by"), "above zero each, and no more than was consumed");
        }
        faults
    }
}

impl LandedCostLine {
    fn consumed(&self) -> Exact {
        self.quantity.exact() - self.on_hand.exact()
    }

    /// The parts of a share: inventory, each cost centre, and what nobody is named for.
    fn parts(&self, share: i128) -> Vec<(AccountRole, Option<CostCenterId>, i128)> {
        let named: Exact = self.consumed_by.iter().map(|it| it.quantity.exact()).sum();
        let mut parts = vec![(AccountRole::Inventory, None)];
        let mut weights = vec![self.on_hand.exact()];
        for it in &self.consumed_by {
            parts.push((AccountRole::Expense, Some(it.cost_center_id.clone())));
            weights.push(it.quantity.exact());
        }
        parts.push((AccountRole::Expense, None));
        weights.push(self.consumed() - named);
        let amounts = allocate(share, &weights);
        parts.into_iter().zip(amounts).map(|((role, center), it)| (role, center, it)).collect()
    }
}

/// The day, or the first one after it whose period takes journals.
fn open_day(day: Date, entity: Option<&str>, periods: &[FiscalPeriod]) -> Result<Date> {
    let own =
        |it: &&FiscalPeriod| it.legal_entity.is_none() || it.legal_entity.as_deref() == entity;
    let is_closed =
        periods.iter().filter(own).any(|it| it.from <= day && day <= it.to && !it.takes_journals());
    if !is_closed {
        return Ok(day);
    }
    let later = periods.iter().filter(own).filter(|it| it.from > day && it.takes_journals());
    later.map(|it| it.from).min().ok_or_else(|| {
        Error::conflict(format!("PER-01: the period of {day} is closed, and so is the next one"))
    })
}

#[cfg(test)]
mod tests;
