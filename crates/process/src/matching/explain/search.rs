//! Finding cure sets: plans that answer one reason after the other, each verified by the engine,
//! made as small as they can be, and ranked.

use super::super::policy::Policy;
use super::super::request::Facts;
use super::apply::{Waived, apply};
use super::candidate::{Case, candidates};
use super::cure::Cure;
use super::effort::Effort;
use canonical::{Code, Combine, Exact, Invoice, MatchResult, Numeral, Reason};
use num_traits::{One as _, Signed as _, ToPrimitive as _};
use std::cell::Cell;
use std::collections::BTreeMap;

/// More questions than this are not put to the engine for one explanation.
const EVALUATIONS_MAX: usize = 2_000;
/// Nor more than this many lines in all of them.
const LINES_MAX: usize = 1_000_000;
/// More reasons than this are answered all at once, and not each in every way.
const REASONS_MAX: usize = 12;
/// A set of more changes than reasons is no help, but for what one change brings to light.
const SET_MORE: usize = 2;
/// So many more are allowed where no shorter set is found.
const SET_MORE_MAX: usize = 12;
/// More cures of one effort than this are not tried for one reason.
const ALIKE_MAX: usize = 3;
/// More sets than this are not looked for.
const SETS_MAX: usize = 24;

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
        let plans = self.plans(&start);
        self.try_all(&plans, &start, SET_MORE, &mut sets);
        if sets.is_empty() {
            let broad: Vec<Plan> = plans.into_iter().filter(|it| it.one.is_none()).collect();
            self.try_all(&broad, &start, SET_MORE_MAX, &mut sets);
        }
        if sets.is_empty() {
            sets.extend(self.decisions(&start));
        }
        (sets, self.left.get() > 0)
    }

    fn try_all(&self, plans: &[Plan], start: &Standing, more: usize, sets: &mut Vec<Vec<Cure>>) {
        let mut seen: Vec<Vec<Cure>> = Vec::new();
        for plan in plans {
            if sets.len() >= SETS_MAX {
                return;
            }
            let Some((set, guesses)) = self.follow(plan, start, more) else { continue };
            if seen.iter().any(|known| same(known, &set)) {
                continue;
            }
            seen.push(set.clone());
            let found = self.least(set, guesses);
            sets.extend(found.filter(|it| !sets.iter().any(|known| same(known, it))));
        }
    }

    /// Nothing but decisions: what is left where no fact helps.
    fn decisions(&self, start: &Standing) -> Option<Vec<Cure>> {
        let mut set: Vec<Cure> = Vec::new();
        for &Reason { code, invoice_line, .. } in self.open(start) {
            let release = Cure::Release { code, invoice_line, owner: code.owner() };
            if !set.contains(&release) {
                set.push(release);
            }
        }
        let guesses = vec![1; set.len()];
        self.least(set, guesses)
    }

    fn plans(&self, start: &Standing) -> Vec<Plan> {
        const EFFORTS: [Effort; 4] =
            [Effort::Credit, Effort::OrderChange, Effort::CorrectedInvoice, Effort::Decision];
        let mut plans = vec![Plan::default()];
        let reasons = self.open(start);
        if reasons.len() > 1 {
            plans.extend(EFFORTS.map(|it| Plan { effort: Some(it), one: None }));
        }
        if reasons.len() <= REASONS_MAX {
            // decisions are a plan of their own
            let decided = reasons.len() > 1;
            for reason in &reasons {
                let cures = few(self.candidates(start, reason), decided);
                let one = |it| Plan { effort: None, one: Some((of(reason), it)) };
                plans.extend(cures.into_iter().map(one));
            }
        }
        plans
    }

    /// Answers what is open until nothing is, with what the plan prefers; with each cure comes how
    /// large it probably has to be.
    fn follow(&self, plan: &Plan, start: &Standing, more: usize) -> Option<(Vec<Cure>, Vec<i128>)> {
        let (mut chosen, mut guesses): (Vec<Cure>, Vec<i128>) = (Vec::new(), Vec::new());
        let most = self.open(start).len() + more;
        let mut before = most;
        let mut standing = None;
        while chosen.len() <= most {
            let here = standing.as_ref().unwrap_or(start);
            let open = self.open(here);
            if open.is_empty() {
                return Some((chosen, guesses));
            }
            if more == SET_MORE && open.len() > before.saturating_add(1) {
                return None;
            }
            before = open.len();
            let at_once = if open.len() > REASONS_MAX { open.len() } else { 1 };
            let known = chosen.len();
            for reason in open.into_iter().take(at_once) {
                let candidates = self.candidates(here, reason);
                let cure = pick(plan, reason, candidates, &chosen);
                guesses.extend(cure.iter().map(|it| guess(reason, it)));
                chosen.extend(cure);
            }
            if chosen.len() == known {
                return None;
            }
            standing = Some(self.stand(&chosen)?);
        }
        None
    }

    /// The same set with nothing that is not needed, and no more of it than is needed; `None`
    /// where that cannot be said.
    fn least(&self, mut set: Vec<Cure>, mut guesses: Vec<i128>) -> Option<Vec<Cure>> {
        for _ in 0..4 {
            while self.thin(&mut set, &mut guesses)? {}
            let before = set.clone();
            for (place, guess) in guesses.iter().enumerate() {
                self.shrink(&mut set, place, *guess)?;
            }
            // one alone is needed, however small
            if set.len() == 1 || set == before {
                return Some(set);
            }
        }
        None
    }

    /// Drops what is not needed, what takes most first; whether there was any.
    fn thin(&self, set: &mut Vec<Cure>, guesses: &mut Vec<i128>) -> Option<bool> {
        let mut order: Vec<usize> = (0..set.len()).collect();
        order.sort_by_key(|it| std::cmp::Reverse(set.get(*it).map(Cure::effort)));
        let mut kept = vec![true; set.len()];
        for place in order {
            // one alone is needed: without it, the invoice stands as it stood
            if kept.iter().filter(|it| **it).count() <= 1 {
                break;
            }
            flip(&mut kept, place);
            if !self.clears(&those(set, &kept))? {
                flip(&mut kept, place);
            }
        }
        let dropped = kept.contains(&false);
        if dropped {
            *set = those(set, &kept);
            *guesses = those(guesses, &kept);
        }
        Some(dropped)
    }

    /// Makes one cure as small as it may be, all others as they are; first as small as is guessed.
    fn shrink(&self, set: &mut [Cure], place: usize, guess: i128) -> Option<()> {
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
        let (mut next, mut guessed) = (guess.min(size - 1), true);
        while high - low > 1 {
            if next <= low || next >= high {
                next = low + (high - low) / 2;
            }
            let enough = clears(next)?;
            let beside = if enough { next - 1 } else { next + 1 };
            (low, high) = if enough { (low, next) } else { (next, high) };
            // a guess is right, or off by one step, or by much
            next = if guessed { beside } else { low };
            guessed = false;
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

/// A few of each effort.
fn few(mut cures: Vec<Cure>, decided: bool) -> Vec<Cure> {
    let mut count: BTreeMap<Effort, usize> = BTreeMap::new();
    cures.retain(|it| {
        let known = count.entry(it.effort()).or_default();
        *known += 1;
        *known <= ALIKE_MAX && !(decided && it.effort() == Effort::Decision)
    });
    cures
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

/// How large the cure probably has to be: as large as the variance less what is tolerated of it.
fn guess(reason: &Reason, cure: &Cure) -> i128 {
    let size = cure.size().unwrap_or(1);
    let parts = || {
        let (variance, limit) = (reason.variance.as_ref()?, reason.limit.as_ref()?);
        let share = |limit: &Option<Numeral>, of: &Option<Numeral>| {
            let of = of.as_ref()?.exact().filter(Exact::is_positive)?;
            Some(Exact::one() - limit.as_ref()?.exact()? / of)
        };
        let amount = share(&limit.amount, &variance.amount);
        let mut percent = share(&limit.percent, &variance.percent);
        if matches!(cure.effort(), Effort::Wait | Effort::OrderChange) {
            // what is held against grows with it
            let limit = limit.percent.as_ref().and_then(Numeral::exact).unwrap_or_default();
            let grown = Exact::one() + limit / Exact::from_integer(100.into());
            percent = percent.map(|it| it / grown);
        }
        let share = match limit.combine {
            Combine::Strictest => amount.max(percent)?,
            Combine::Lenient => amount.into_iter().chain(percent).min()?,
        };
        (share * Exact::from_integer(size.into())).ceil().to_integer().to_i128()
    };
    parts().unwrap_or(size).clamp(1, size.max(1))
}

fn those<T: Clone>(list: &[T], kept: &[bool]) -> Vec<T> {
    let both = list.iter().zip(kept);
    both.filter(|(_it, kept)| **kept).map(|(it, _kept)| it.clone()).collect()
}

fn flip(list: &mut [bool], place: usize) {
    if let Some(it) = list.get_mut(place) {
        *it = !*it;
    }
}

fn same(one: &[Cure], other: &[Cure]) -> bool {
    one.len() == other.len() && one.iter().all(|it| other.contains(it))
}
