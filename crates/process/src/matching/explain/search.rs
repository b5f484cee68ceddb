//! Finding cure sets: plans that answer one reason after the other, each verified by the engine,
//! made as small as they can be, and ranked.

use super::super::policy::Policy;
use super::super::request::Facts;
use super::apply::{Waived, apply};
use super::candidate::{Case, candidates};
use super::cure::{Cure, Effort};
use canonical::{Code, Invoice, MatchResult, Reason};
use std::cell::Cell;

/// More questions than this are not put to the engine for one explanation.
const EVALUATIONS_MAX: usize = 2_000;
/// Nor more than this many lines in all of them.
const LINES_MAX: usize = 1_000_000;
/// More reasons than this are answered all at once, and not each in every way.
const REASONS_MAX: usize = 12;
/// More cures than this are no set that a person acts on.
const SET_MAX: usize = 200;

/// What is asked about: the invoice, its facts, the policy, and what decided beside the engine.
pub(super) struct Search<'s> {
    pub(super) invoice: &'s Invoice,
    pub(super) facts: &'s Facts,
    pub(super) policy: &'s Policy,
    /// Reasons that the engine does not give from these facts; only a decision lifts them.
    outer: Vec<&'s Reason>,
    left: Cell<usize>,
}

/// What is preferred where several cures would do.
#[derive(Clone, Default)]
struct Plan {
    effort: Option<Effort>,
    /// For this reason, this cure.
    one: Option<((Code, Option<u32>), Cure)>,
}

/// Where the invoice stands with some cures applied.
struct Standing {
    invoice: Invoice,
    facts: Facts,
    waived: Vec<Waived>,
    result: MatchResult,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        invoice: &'s Invoice,
        facts: &'s Facts,
        policy: &'s Policy,
        result: &'s MatchResult,
    ) -> Self {
        let each = invoice.lines.len().max(1);
        let most = EVALUATIONS_MAX.min(LINES_MAX.checked_div(each).unwrap_or(1));
        let mut search = Self { invoice, facts, policy, outer: Vec::new(), left: Cell::new(most) };
        let own = super::super::evaluate(invoice, facts, policy);
        let known = |it: &Reason| own.reasons.iter().any(|own| of(own) == of(it));
        search.outer = result.reasons.iter().filter(|it| !known(it)).collect();
        search
    }

    /// Every set that was found, and whether the search came to its end.
    pub(super) fn sets(&self) -> (Vec<Vec<Cure>>, bool) {
        let mut sets: Vec<Vec<Cure>> = Vec::new();
        let Some(start) = self.stand(&[]) else { return (sets, false) };
        for plan in self.plans(&start) {
            let Some(set) = self.follow(&plan).and_then(|it| self.least(it)) else { continue };
            if !sets.iter().any(|known| same(known, &set)) {
                sets.push(set);
            }
        }
        (sets, self.left.get() > 0)
    }

    fn plans(&self, start: &Standing) -> Vec<Plan> {
        const EFFORTS: [Effort; 6] = [
            Effort::Wait,
            Effort::Credit,
            Effort::OrderChange,
            Effort::CorrectedInvoice,
            Effort::MasterData,
            Effort::Decision,
        ];
        let mut plans = vec![Plan::default()];
        let reasons = self.open(start);
        if reasons.len() <= REASONS_MAX {
            for reason in &reasons {
                let cures = self.candidates(start, reason).into_iter();
                let one = |it| Plan { effort: None, one: Some((of(reason), it)) };
                plans.extend(cures.map(one));
            }
        }
        if reasons.len() > 1 {
            plans.extend(EFFORTS.map(|it| Plan { effort: Some(it), one: None }));
        }
        plans
    }

    /// Answers what is open until nothing is, with what the plan prefers.
    fn follow(&self, plan: &Plan) -> Option<Vec<Cure>> {
        let mut chosen: Vec<Cure> = Vec::new();
        while chosen.len() <= SET_MAX {
            let standing = self.stand(&chosen)?;
            let open = self.open(&standing);
            if open.is_empty() {
                return Some(chosen);
            }
            let at_once = if open.len() > REASONS_MAX { open.len() } else { 1 };
            let before = chosen.len();
            for reason in open.into_iter().take(at_once) {
                let candidates = self.candidates(&standing, reason);
                chosen.extend(pick(plan, reason, candidates, &chosen));
            }
            if chosen.len() == before {
                return None;
            }
        }
        None
    }

    /// The same set with nothing that is not needed, and no more of it than is needed; `None`
    /// where that cannot be said.
    fn least(&self, mut set: Vec<Cure>) -> Option<Vec<Cure>> {
        for _ in 0..4 {
            self.thin(&mut set)?;
            let before = set.clone();
            for place in 0..set.len() {
                self.shrink(&mut set, place)?;
            }
            if set == before {
                return Some(set);
            }
        }
        None
    }

    /// Drops what is not needed, what takes most first.
    fn thin(&self, set: &mut Vec<Cure>) -> Option<()> {
        let mut order: Vec<usize> = (0..set.len()).collect();
        order.sort_by_key(|it| std::cmp::Reverse(set.get(*it).map(Cure::effort)));
        let mut kept = vec![true; set.len()];
        let without = |kept: &[bool]| -> Vec<Cure> {
            let both = set.iter().zip(kept);
            both.filter(|(_it, kept)| **kept).map(|(it, _kept)| it.clone()).collect()
        };
        for place in order {
            // one alone is needed: without it, the invoice stands as it stood
            if kept.iter().filter(|it| **it).count() <= 1 {
                break;
            }
            flip(&mut kept, place);
            if !self.clears(&without(&kept))? {
                flip(&mut kept, place);
            }
        }
        *set = without(&kept);
        Some(())
    }

    /// Makes one cure as small as it may be, all others as they are.
    fn shrink(&self, set: &mut [Cure], place: usize) -> Option<()> {
        let Some(cure) = set.get(place).cloned() else { return Some(()) };
        let Some(size) = cure.size() else { return Some(()) };
        let mut trial = set.to_vec();
        let mut clears = |size: i128| -> Option<bool> {
            let Some(smaller) = cure.sized(size) else { return Some(false) };
            if let Some(it) = trial.get_mut(place) {
                *it = smaller;
            }
            self.clears(&trial)
        };
        // what is just too little, and what is enough
        let (mut low, mut high) = (0i128, size);
        if high > 1 && !clears(high - 1)? {
            return Some(());
        }
        high = high.saturating_sub(1).max(1).min(size);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if clears(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        if let Some((it, least)) = set.get_mut(place).zip(cure.sized(high)) {
            *it = least;
        }
        Some(())
    }

    fn clears(&self, cures: &[Cure]) -> Option<bool> {
        Some(self.open(&self.stand(cures)?).is_empty())
    }

    fn stand(&self, cures: &[Cure]) -> Option<Standing> {
        self.left.set(self.left.get().checked_sub(1)?);
        let (mut invoice, mut facts) = (self.invoice.clone(), self.facts.clone());
        let waived = cures.iter().filter_map(|it| apply(it, &mut invoice, &mut facts)).collect();
        let result = super::super::evaluate(&invoice, &facts, self.policy);
        Some(Standing { invoice, facts, waived, result })
    }

    /// What still keeps the invoice.
    fn open<'t>(&'t self, standing: &'t Standing) -> Vec<&'t Reason> {
        let holds =
            |it: &&Reason| it.code.outcome().is_some() && !standing.waived.contains(&of(it));
        standing.result.reasons.iter().chain(self.outer.iter().copied()).filter(holds).collect()
    }

    fn candidates(&self, standing: &Standing, reason: &Reason) -> Vec<Cure> {
        let Standing { invoice, facts, result, .. } = standing;
        let about = reason.invoice_line;
        candidates(&Case { invoice, facts, policy: self.policy, result, reason, about })
    }
}

/// What a reason is about.
pub(super) const fn of(reason: &Reason) -> Waived {
    (reason.code, reason.invoice_line)
}

fn pick(plan: &Plan, reason: &Reason, found: Vec<Cure>, chosen: &[Cure]) -> Option<Cure> {
    let fresh = |it: &Cure| !chosen.iter().any(|known| known.is_like(it));
    if let Some((about, cure)) = &plan.one
        && *about == of(reason)
        && fresh(cure)
    {
        return Some(cure.clone());
    }
    let mut found: Vec<Cure> = found.into_iter().filter(fresh).collect();
    // stable: of equal ones, the first
    found.sort_by_key(|it| (plan.effort != Some(it.effort()), it.effort()));
    found.into_iter().next()
}

fn flip(list: &mut [bool], place: usize) {
    if let Some(it) = list.get_mut(place) {
        *it = !*it;
    }
}

fn same(one: &[Cure], other: &[Cure]) -> bool {
    one.len() == other.len() && one.iter().all(|it| other.contains(it))
}
