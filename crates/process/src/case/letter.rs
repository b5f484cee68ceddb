//! Work that failed for good is a case of whoever runs the systems (`domain.md` D7): opened when it
//! is given up, and resolved when it was put back and done. A refused post has a hold and so its
//! case; work that holds nothing has its case by this.

use super::{Body, Ended, Followed, Print};
use crate::Process;
use crate::invoice::work_invoices;
use canonical::{Code, Error, InvoiceId, InvoiceState, Kind, Result};
use store::{Batch, Case, CaseState, Hold, HoldState, Work};

/// What tells such a print from one of a hold.
const MARK: &str = "work:";

/// What became of work that failed for good.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letter<'a> {
    /// It was given up.
    Buried(&'a Work, Code),
    /// It was put back, and is done.
    Done(&'a Work),
}

impl Print {
    fn of_letter(work: &Work, code: Code) -> Self {
        Self { code, key: Some(format!("{MARK}{}", work.id)), line: None }
    }

    /// The work that it is about, where it is about work.
    pub(super) fn letter(&self) -> Option<&str> {
        self.key.as_deref()?.strip_prefix(MARK)
    }
}

/// What is still dead, as if it held the invoice.
pub(super) fn open(followed: &Followed<'_>, live: &[Case]) -> Result<Vec<Hold>> {
    let hold = |print: Print, opened_at| Hold {
        id: String::new(),
        invoice_id: followed.head.id.clone(),
        code: print.code,
        key: print.key,
        invoice_line: print.line,
        state: HoldState::Open,
        opened_at,
        closed_at: None,
        detail_json: String::new(),
    };
    let mut open: Vec<Hold> = Vec::new();
    for case in live {
        let letters = Body::of(case)?.prints.into_iter().map(|it| it.print);
        let letters = letters.filter(|it| it.letter().is_some());
        open.extend(letters.map(|it| hold(it, case.opened_at)));
    }
    match followed.letter {
        Some(Letter::Done(work)) => open.retain(|it| Print::of(it).letter() != Some(&work.id)),
        Some(Letter::Buried(work, code)) => {
            let print = Print::of_letter(work, code);
            // ok: one that failed again after it was put back has its case
            if !open.iter().any(|it| Print::of(it).letter() == print.letter()) {
                open.push(hold(print, followed.now));
            }
        }
        None => {}
    }
    Ok(open)
}

impl Process {
    /// Gives work up: it waits for a person, and is a case.
    pub(crate) async fn bury(&self, work: &Work, error: &Error) -> Result<()> {
        let mut batch = Batch::new();
        batch.bury_work(work, self.now(), error);
        let code = match error.kind() {
            Kind::Unavailable | Kind::TimedOut | Kind::Upstream | Kind::Internal => Code::Int04,
            _ => Code::Int03,
        };
        for id in work_invoices(self, work).await? {
            let kept = self.store().invoice(&id).await?;
            let state = kept.head.state;
            if !matches!(state, InvoiceState::Rejected | InvoiceState::Cancelled) {
                self.follow_letter(&mut batch, &id, Letter::Buried(work, code)).await?;
                break;
            }
        }
        self.commit_work(work, batch).await
    }

    /// Marks work as done, with what it wrote; what was dead before is no case any more.
    pub(crate) async fn done(&self, work: &Work, mut batch: Batch) -> Result<()> {
        batch.complete_work(work);
        if work.replays > 0 {
            for id in work_invoices(self, work).await? {
                self.follow_letter(&mut batch, &id, Letter::Done(work)).await?;
            }
        }
        self.commit_work(work, batch).await
    }

    async fn follow_letter(
        &self,
        batch: &mut Batch,
        id: &InvoiceId,
        letter: Letter<'_>,
    ) -> Result<()> {
        let cases = self.store().cases_of(id).await?;
        if let Letter::Done(work) = letter
            && !has_letter(&cases, work)?
        {
            return Ok(());
        }
        let kept = self.store().invoice(id).await?;
        let followed = Followed {
            head: &kept.head,
            invoice: &kept.invoice,
            matched: None,
            orders: &crate::facts::order_numbers(&kept.invoice),
            holds: &self.store().holds(std::slice::from_ref(id)).await?,
            letter: Some(letter),
            cases,
            ended: Ended::Alone,
            now: self.now(),
        };
        self.follow_cases(batch, followed).map(drop)
    }
}

fn has_letter(cases: &[Case], work: &Work) -> Result<bool> {
    for case in cases.iter().filter(|it| it.state != CaseState::Resolved) {
        if Body::of(case)?.prints.iter().any(|it| it.print.letter() == Some(&work.id)) {
            return Ok(true);
        }
    }
    Ok(false)
}
