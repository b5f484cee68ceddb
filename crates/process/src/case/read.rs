//! Reading cases. A supplier sees none: what we do among ourselves is not theirs.

use super::offer::offers;
use super::{AgeBucket, Body, Case, CaseFilter, CaseState, Print};
use crate::Process;
use crate::calendar::{Calendar, Still};
use crate::invoice::read_hold;
use canonical::{Error, Money, Page, PageRequest, Principal, Result};
use futures_util::future::try_join_all;
use jiff::Timestamp;

impl Process {
    /// Cases, the one that is due first before the others.
    ///
    /// # Errors
    /// `forbidden` for a supplier; `invalid` for a cursor that is not ours; what the store says.
    pub async fn cases(
        &self,
        principal: &Principal,
        filter: &CaseFilter,
        page: &PageRequest,
    ) -> Result<Page<Case>> {
        principal.for_staff("cases")?;
        let filter = store::CaseFilter {
            queue: filter.queue.clone(),
            state: filter.state.map(kept_state),
            open: filter.open,
            assignee: filter.assignee.clone(),
            supplier_id: filter.supplier.clone(),
            facility_id: filter.facility.clone(),
            overdue: filter.overdue.map(|it| (it, self.now())),
        };
        let found = self.store().cases(&filter, page).await?;
        let items = try_join_all(found.items.iter().map(|it| self.shown(it))).await?;
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    /// One case.
    ///
    /// # Errors
    /// `forbidden` for a supplier; `not_found`; what the store says.
    pub async fn case(&self, principal: &Principal, id: &str) -> Result<Case> {
        principal.for_staff("cases")?;
        self.shown(&self.store().case(id).await?).await
    }

    async fn shown(&self, case: &store::Case) -> Result<Case> {
        let invoice = self.store().invoice(&case.invoice_id).await?;
        let holds = self.store().holds(std::slice::from_ref(&case.invoice_id)).await?;
        self.show(case, &invoice.head, &holds)
    }

    /// The case as it is shown now.
    pub(super) fn show(
        &self,
        case: &store::Case,
        head: &store::InvoiceHead,
        holds: &[store::Hold],
    ) -> Result<Case> {
        let calendar = self.calendars().of(case.facility_id.as_ref(), self.time_zone());
        show(case, head, holds, (&calendar, self.now()))
    }
}

fn show(
    case: &store::Case,
    head: &store::InvoiceHead,
    holds: &[store::Hold],
    (calendar, now): (&Calendar<'_>, Timestamp),
) -> Result<Case> {
    let body = Body::of(case)?;
    let gross = Money::written(&head.gross_amount, head.currency)
        .map_err(|detail| Error::internal(format!("invoice {}: {detail}", head.id)))?;
    let own = holds.iter().filter(|it| body.is_about(&Print::of(it)));
    let letters = body.prints.iter().filter_map(|it| it.print.letter());
    let dead_letters: Vec<String> = letters.map(str::to_owned).collect();
    let offers = if case.state == store::CaseState::Resolved {
        Vec::new()
    } else {
        offers(head, own.clone(), !dead_letters.is_empty())
    };
    let own: Vec<crate::invoice::Hold> = own.map(read_hold).collect::<Result<_>>()?;
    let until = case.resolved_at.unwrap_or(now);
    let age = until.duration_since(case.opened_at).as_secs();
    let waits: Vec<Still> = body
        .still()
        .into_iter()
        .map(|it| Still { from: it.from.max(case.opened_at), ..it })
        .filter(|it| it.to.is_none_or(|to| to > it.from))
        .collect();
    let waited = calendar.waited(&waits, until).as_secs();
    let mut rules: Vec<String> = body.prints.iter().filter_map(|it| it.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    let is_over = case.state == store::CaseState::Resolved;
    Ok(Case {
        id: case.id.clone(),
        invoice_id: case.invoice_id.clone(),
        supplier_id: case.supplier_id.clone(),
        facility_id: case.facility_id.as_ref().map(ToString::to_string),
        gross,
        queue: case.queue.clone(),
        state: shown_state(case.state),
        routing: body.routing,
        rules,
        assignee: case.assignee.clone(),
        on_behalf_of: body.on_behalf_of,
        level: body.level,
        watchers: body.watchers,
        escalates_at: case.escalates_at,
        holds: own,
        offers,
        dead_letters,
        clock: body.clock,
        calendar: body.calendar,
        opened_at: case.opened_at,
        due_at: case.due_at,
        overdue: !is_over && case.due_at < now,
        age_seconds: age,
        age_net_seconds: age.saturating_sub(waited).max(0),
        age_bucket: AgeBucket::of(age),
        pauses: body.pauses,
        resolution: body.resolution,
        resolved_at: case.resolved_at,
        reopened: body.reopened,
        touches: body.touches,
        bounces: body.bounces,
        correlation_id: head.correlation_id.clone(),
    })
}

const fn kept_state(state: CaseState) -> store::CaseState {
    match state {
        CaseState::New => store::CaseState::New,
        CaseState::Assigned => store::CaseState::Assigned,
        CaseState::InProgress => store::CaseState::InProgress,
        CaseState::WaitingExternal => store::CaseState::WaitingExternal,
        CaseState::Resolved => store::CaseState::Resolved,
    }
}

const fn shown_state(state: store::CaseState) -> CaseState {
    match state {
        store::CaseState::New => CaseState::New,
        store::CaseState::Assigned => CaseState::Assigned,
        store::CaseState::InProgress => CaseState::InProgress,
        store::CaseState::WaitingExternal => CaseState::WaitingExternal,
        store::CaseState::Resolved => CaseState::Resolved,
    }
}
