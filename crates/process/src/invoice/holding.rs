//! What a new run makes of the holds that stand (`domain.md` A10.2, A10.3): a hold whose reason is
//! gone is cleared, one whose reason took another code is superseded and keeps its age, and what a
//! person released stays released while it is no worse than what was accepted.

use super::ShortPayment;
use super::release::is_duplicate;
use crate::{event, matching};
use canonical::{Code, Error, Exact, Invoice, InvoiceId, Numeral, Reason, Result, Variance};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Hold, HoldState};

/// Why a hold stands, and what ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Detail {
    /// The reason as the latest run gave it.
    #[serde(flatten)]
    pub(crate) reason: Reason,
    /// The event that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_by: Option<String>,
    /// What a person accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) release: Option<Release>,
}

/// A person's release: it covers this variance and no worse one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Release {
    /// Who released it.
    pub(crate) by: String,
    /// Why.
    pub(crate) because: String,
    /// The variance that was accepted; `None` where the reason has none.
    pub(crate) accepted: Option<Variance>,
    /// When (UTC).
    pub(crate) at: Timestamp,
    /// What is not paid, where the rest is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) short_payment: Option<ShortPayment>,
}

impl Detail {
    pub(crate) fn of(hold: &Hold) -> Result<Self> {
        serde_json::from_str(&hold.detail_json)
            .map_err(|error| Error::internal("a hold cannot be read").because(error))
    }

    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::internal("a hold has no JSON form").because(error))
    }
}

/// The hold as it stands once a person has released it.
pub(crate) fn released(hold: &Hold, by: &str, because: &str, now: Timestamp) -> Result<Hold> {
    let mut detail = Detail::of(hold)?;
    detail.release = Some(Release {
        by: by.to_owned(),
        because: because.to_owned(),
        accepted: detail.reason.variance.clone(),
        at: now,
        short_payment: None,
    });
    Ok(Hold {
        state: HoldState::Released,
        closed_at: Some(now),
        detail_json: detail.json()?,
        ..hold.clone()
    })
}

/// The same, where the rest of the invoice is paid.
pub(crate) fn short_paid(hold: Hold, payment: &ShortPayment) -> Result<Hold> {
    let mut detail = Detail::of(&hold)?;
    if let Some(release) = &mut detail.release {
        release.short_payment = Some(payment.clone());
    }
    Ok(Hold { detail_json: detail.json()?, ..hold })
}

/// The invoice as it is paid: without what was charged back when its holds were released.
pub(crate) fn as_paid(invoice: &Invoice, holds: &[Hold]) -> Result<Invoice> {
    let mut paid = invoice.clone();
    for hold in holds.iter().filter(|it| it.state == HoldState::Released) {
        let release = Detail::of(hold)?.release;
        let Some(it) = release.and_then(|it| it.short_payment) else { continue };
        if !matching::short_pay(it.part, it.chargeback, &mut paid) {
            return Err(Error::internal("more is charged back than is billed"));
        }
    }
    Ok(paid)
}

/// What happened to a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is new.
    Opened,
    /// Its reason is gone.
    Cleared,
    /// It grew beyond what a person accepted.
    Reopened,
    /// Another hold took its place.
    Superseded,
    /// It stands, and its figures moved.
    Restated,
}

impl Turn {
    /// The event that tells of it; `None` where none does.
    pub(crate) const fn event(self) -> Option<event::Type<Reason>> {
        match self {
            Self::Opened => Some(event::HOLD_OPENED),
            Self::Cleared => Some(event::HOLD_CLEARED),
            Self::Reopened => Some(event::HOLD_REOPENED),
            Self::Superseded => Some(event::HOLD_SUPERSEDED),
            Self::Restated => None,
        }
    }
}

/// A hold that changes, as it stands afterwards, and how it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) turn: Turn,
    pub(crate) from: HoldState,
    pub(crate) hold: Hold,
    pub(crate) reason: Reason,
}

/// What a run makes of an invoice's holds.
#[derive(Debug, Default)]
pub(crate) struct Holding {
    pub(crate) moved: Vec<Moved>,
    /// The reasons that still keep the invoice: those of holds that stand open afterwards.
    pub(crate) open: Vec<Reason>,
}

impl Holding {
    /// Every hold as it stands afterwards.
    pub(crate) fn after(&self, holds: &[Hold]) -> Vec<Hold> {
        let mut after = holds.to_vec();
        for moved in &self.moved {
            match after.iter_mut().find(|it| it.id == moved.hold.id) {
                Some(hold) => hold.clone_from(&moved.hold),
                None => after.push(moved.hold.clone()),
            }
        }
        after
    }
}

/// A run that is compared with the holds before it.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) invoice_id: &'a InvoiceId,
    pub(crate) reasons: &'a [Reason],
    /// The event that made it run.
    pub(crate) trigger: &'a str,
    pub(crate) now: Timestamp,
}

impl Run<'_> {
    /// Compares. `new_id` gives ids to new holds.
    pub(crate) fn against(
        &self,
        holds: Vec<Hold>,
        mut new_id: impl FnMut() -> String,
    ) -> Result<Holding> {
        let stands = |it: &Hold| matches!(it.state, HoldState::Open | HoldState::Released);
        let mut gone: Vec<Hold> = Vec::new();
        let mut fresh: Vec<&Reason> =
            self.reasons.iter().filter(|it| it.code.outcome().is_some()).collect();
        let mut holding = Holding::default();
        for hold in holds.into_iter().filter(stands) {
            match fresh.iter().position(|it| is_same(&hold, it)) {
                Some(place) => self.stays(hold, fresh.remove(place), &mut holding)?,
                None if may_go(&hold) => gone.push(hold),
                None => holding.open.push(Detail::of(&hold)?.reason),
            }
        }
        for reason in fresh {
            let before = gone.iter().position(|it| takes_place(it, reason));
            let opened_at = match before.map(|place| gone.remove(place)) {
                Some(hold) => {
                    let opened_at = hold.opened_at;
                    holding.moved.push(self.ended(hold, Turn::Superseded)?);
                    opened_at
                }
                None => self.now,
            };
            holding.open.push(reason.clone());
            holding.moved.push(self.opened(reason, new_id(), opened_at)?);
        }
        for hold in gone {
            holding.moved.push(self.ended(hold, Turn::Cleared)?);
        }
        Ok(holding)
    }

    fn stays(&self, mut hold: Hold, reason: &Reason, holding: &mut Holding) -> Result<()> {
        let mut detail = Detail::of(&hold)?;
        let from = hold.state;
        let covered = match (&detail.release, from) {
            // a duplicate of one invoice is not one of another, and what was decided is no fact
            (Some(release), HoldState::Released) if !is_duplicate(hold.code) => {
                covers(release.accepted.as_ref(), reason.variance.as_ref())
            }
            _ => false,
        };
        if !covered {
            holding.open.push(reason.clone());
        }
        let turn = if from == HoldState::Released && !covered {
            // the clock starts again: what was accepted is not what is there
            (hold.state, hold.opened_at, hold.closed_at) = (HoldState::Open, self.now, None);
            Turn::Reopened
        } else if detail.reason == *reason {
            return Ok(());
        } else {
            Turn::Restated
        };
        detail.reason = reason.clone();
        hold.detail_json = detail.json()?;
        holding.moved.push(Moved { turn, from, hold, reason: reason.clone() });
        Ok(())
    }

    fn ended(&self, mut hold: Hold, turn: Turn) -> Result<Moved> {
        let mut detail = Detail::of(&hold)?;
        let from = hold.state;
        detail.ended_by = Some(self.trigger.to_owned());
        let reason = detail.reason.clone();
        hold.detail_json = detail.json()?;
        hold.closed_at = Some(self.now);
        hold.state = match turn {
            Turn::Superseded => HoldState::Superseded,
            _ => HoldState::Cleared,
        };
        Ok(Moved { turn, from, hold, reason })
    }

    fn opened(&self, reason: &Reason, id: String, opened_at: Timestamp) -> Result<Moved> {
        let hold = open(id, self.invoice_id, reason, opened_at)?;
        Ok(Moved { turn: Turn::Opened, from: HoldState::Open, hold, reason: reason.clone() })
    }
}

/// An open hold for a reason.
pub(crate) fn open(
    id: String,
    invoice_id: &InvoiceId,
    reason: &Reason,
    opened_at: Timestamp,
) -> Result<Hold> {
    let detail = Detail { reason: reason.clone(), ended_by: None, release: None };
    Ok(Hold {
        id,
        invoice_id: invoice_id.clone(),
        code: reason.code,
        key: reason.key.as_deref().map(str::to_owned),
        invoice_line: reason.invoice_line,
        state: HoldState::Open,
        opened_at,
        closed_at: None,
        detail_json: detail.json()?,
    })
}

/// Whether a run may end the hold. A refused post is no match reason, and what only a person may
/// lift stays; but for a person it would have no one to lift it, once released it may go.
fn may_go(hold: &Hold) -> bool {
    !is_of_posting(hold.code) && (hold.code.auto_clear() || hold.state == HoldState::Released)
}

/// Whether it is about booking and not about the match.
pub(crate) const fn is_of_posting(code: Code) -> bool {
    matches!(code, Code::Int03 | Code::Int04)
}

/// The hold as it stands once an event has cleared it.
pub(crate) fn cleared(hold: &Hold, because: &str, now: Timestamp) -> Result<Hold> {
    let mut detail = Detail::of(hold)?;
    detail.ended_by = Some(because.to_owned());
    Ok(Hold {
        state: HoldState::Cleared,
        closed_at: Some(now),
        detail_json: detail.json()?,
        ..hold.clone()
    })
}

/// Whether the hold stands for this reason.
fn is_same(hold: &Hold, reason: &Reason) -> bool {
    hold.code == reason.code
        && hold.key.as_deref() == reason.key.as_deref()
        && hold.invoice_line == reason.invoice_line
}

/// Whether the reason is what became of the hold's: of the same family, on the same line.
fn takes_place(hold: &Hold, reason: &Reason) -> bool {
    hold.invoice_line == reason.invoice_line && family(hold.code) == family(reason.code)
}

/// `QTY` of `QTY-01`.
fn family(code: Code) -> String {
    let code = code.to_string();
    code.split('-').next().unwrap_or_default().to_owned()
}

/// Whether what was accepted covers what is there: in money, in percent, and in quantity.
fn covers(accepted: Option<&Variance>, now: Option<&Variance>) -> bool {
    let (Some(accepted), Some(now)) = (accepted, now) else { return now.is_none() };
    let within = |accepted: &Option<Numeral>, now: &Option<Numeral>| {
        let (Some(accepted), Some(now)) = (accepted, now) else { return now.is_none() };
        size(accepted).zip(size(now)).is_some_and(|(accepted, now)| now <= accepted)
    };
    within(&accepted.amount, &now.amount)
        && within(&accepted.percent, &now.percent)
        && within(&accepted.quantity, &now.quantity)
}

fn size(value: &Numeral) -> Option<Exact> {
    let value = value.exact()?;
    let zero = Exact::from_integer(0.into());
    Some(if value < zero { zero - value } else { value })
}

#[cfg(test)]
mod tests;
