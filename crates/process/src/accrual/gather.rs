//! What a run rests on: the orders in its scope, what moved on them, what was billed, and until
//! when receipts counted.

use super::book::is_stock;
use super::propose::{Cut, Recorded, Stand, propose};
use super::{AccrualQuestion, AccrualRun};
use crate::Process;
use canonical::{
    Error, Facility, FacilityId, FiscalPeriod, Item, ItemId, MatchBasis, MatchMode, OrderKind,
    OrderStatus, PageRequest, Payable, Period, PurchaseOrder, PurchaseOrderLine,
    PurchaseOrderNumber, Receipt, Result, Return,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use store::{Accrued, EventKey};
use system::OrderFilter;

/// A run over more orders than this is refused: ask facility by facility.
const ORDERS_MAX: usize = 5_000;
/// So many orders are asked about at once.
const ORDERS_AT_ONCE: usize = 50;
const EVENTS_PAGE: u32 = 1_000;

/// Whose orders they are, and where their days begin.
#[derive(Debug)]
pub(super) struct Scope {
    facilities: BTreeMap<FacilityId, (Facility, TimeZone)>,
    zone: TimeZone,
    periods: Vec<FiscalPeriod>,
    stock_booked_at_receipt: bool,
}

impl Scope {
    fn zone(&self, facility: Option<&FacilityId>) -> &TimeZone {
        facility.and_then(|it| self.facilities.get(it)).map_or(&self.zone, |it| &it.1)
    }

    /// When a day begins at a facility.
    pub(super) fn begin_of(&self, day: Date, facility: Option<&FacilityId>) -> Timestamp {
        let begun = day.to_zoned(self.zone(facility).clone());
        begun.map_or(Timestamp::MAX, |it| it.timestamp())
    }

    /// The legal entity whose books an order is on.
    pub(super) fn entity<'a>(&'a self, order: &'a PurchaseOrder) -> Option<&'a str> {
        let of_facility = order.facility_id.as_ref().and_then(|it| self.facilities.get(it));
        let own = order.legal_entity.as_deref();
        own.or_else(|| of_facility.map(|it| it.0.legal_entity.as_str()))
    }

    fn cut(&self, period: Period, order: &PurchaseOrder) -> Cut {
        let entity = self.entity(order);
        let own = |it: &&FiscalPeriod| it.legal_entity.as_deref() == entity;
        let mut periods: Vec<_> = self.periods.iter().filter(own).cloned().collect();
        if periods.is_empty() {
            let all = self.periods.iter().filter(|it| it.legal_entity.is_none());
            periods = all.cloned().collect();
        }
        periods.sort_by_key(|it| it.from);
        Cut {
            first: period.first_day(),
            last: period.last_day(),
            zone: self.zone(order.facility_id.as_ref()).clone(),
            periods,
        }
    }
}

/// What happened on some orders.
#[derive(Debug, Default)]
struct Happened {
    receipts: Vec<Receipt>,
    returns: Vec<Return>,
    payables: Vec<Payable>,
    items: BTreeMap<ItemId, Item>,
}

impl Process {
    pub(super) async fn accrual_scope(&self, asked: &AccrualQuestion) -> Result<Scope> {
        if asked.facility_id.is_some() == asked.legal_entity.is_some() {
            let detail = "name a facility or a legal entity, and not both";
            return Err(Error::invalid_field("/facility_id", detail));
        }
        let mut scope = Scope {
            facilities: BTreeMap::new(),
            zone: self.time_zone().clone(),
            periods: Vec::new(),
            stock_booked_at_receipt: self.accruals().stock_booked_at_receipt,
        };
        let mut page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
        loop {
            let found = self.system().facilities().list(&page).await?;
            for it in found.items {
                let zone = TimeZone::get(&it.time_zone).unwrap_or_else(|_| scope.zone.clone());
                scope.facilities.insert(it.id.clone(), (it, zone));
            }
            match found.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => break,
            }
        }
        if let Some(unknown) =
            asked.facility_id.as_ref().filter(|it| !scope.facilities.contains_key(it))
        {
            let detail = format!("there is no facility {unknown}");
            return Err(Error::invalid_field("/facility_id", detail));
        }
        if let Some(periods) = self.system().periods() {
            scope.periods = periods.around(asked.period.last_day()).await?;
        }
        Ok(scope)
    }

    pub(super) async fn propose_accruals(
        &self,
        asked: &AccrualQuestion,
        scope: &Scope,
        before: &[Accrued],
    ) -> Result<AccrualRun> {
        let orders = self.accrual_orders(asked, scope).await?;
        let mut items = Vec::new();
        for orders in orders.chunks(ORDERS_AT_ONCE) {
            let happened = self.happened_on(orders).await?;
            for order in orders {
                let cut = scope.cut(asked.period, order);
                let recorded = self.recorded(order, &happened, &cut).await?;
                let stand = |line| Stand {
                    order,
                    line,
                    legal_entity: scope.entity(order),
                    item: line.item_id.as_ref().and_then(|it| happened.items.get(it)),
                    receipts: &happened.receipts,
                    returns: &happened.returns,
                    payables: &happened.payables,
                    recorded: &recorded,
                };
                let lines = order.lines.iter().filter(|it| is_accrued(it, scope));
                let earlier = |line| before.iter().find(|it| is_of(it, order, line));
                items.extend(lines.flat_map(|it| propose(&stand(it), &cut, earlier(it))));
            }
        }
        Ok(AccrualRun {
            id: None,
            period: asked.period,
            cutoff: asked.period.last_day(),
            facility_id: asked.facility_id.clone(),
            legal_entity: asked.legal_entity.clone(),
            items,
            journals: Vec::new(),
        })
    }

    /// The orders in scope that the supplier may deliver on.
    async fn accrual_orders(
        &self,
        asked: &AccrualQuestion,
        scope: &Scope,
    ) -> Result<Vec<PurchaseOrder>> {
        let filter = OrderFilter { facility_id: asked.facility_id.clone(), ..Default::default() };
        let mut page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
        let mut orders = Vec::new();
        loop {
            let found = self.system().purchase_orders().list(&filter, &page).await?;
            let own = |it: &PurchaseOrder| {
                asked.legal_entity.is_none() || scope.entity(it) == asked.legal_entity.as_deref()
            };
            orders.extend(found.items.into_iter().filter(own).filter(may_move));
            if orders.len() > ORDERS_MAX {
                let detail = format!("there are more than {ORDERS_MAX} orders; name a facility");
                return Err(Error::invalid_field("/legal_entity", detail));
            }
            match found.next_cursor {
                Some(next) => page.cursor = Some(next),
                None => return Ok(orders),
            }
        }
    }

    async fn happened_on(&self, orders: &[PurchaseOrder]) -> Result<Happened> {
        let numbers: Vec<PurchaseOrderNumber> = orders.iter().map(|it| it.number.clone()).collect();
        let lines = orders.iter().flat_map(|it| &it.lines);
        let items: BTreeSet<&ItemId> = lines.filter_map(|it| it.item_id.as_ref()).collect();
        let items: Vec<ItemId> = items.into_iter().cloned().collect();
        let system = self.system();
        let movements = system.receipts().of_orders(&numbers).await?;
        let payables = system.payables().of_orders(&numbers).await?;
        let items =
            if items.is_empty() { Vec::new() } else { system.items().get_many(&items).await? };
        Ok(Happened {
            receipts: movements.receipts,
            returns: movements.returns,
            payables,
            items: items.into_iter().map(|it| (it.id.clone(), it)).collect(),
        })
    }

    /// When this gateway learnt of the movements of an order; asked only where a period is closed
    /// to inventory, since elsewhere it does not matter.
    async fn recorded(
        &self,
        order: &PurchaseOrder,
        happened: &Happened,
        cut: &Cut,
    ) -> Result<Recorded> {
        let receipts =
            happened.receipts.iter().map(|it| (&it.purchase_order_number, it.effective_at));
        let returns =
            happened.returns.iter().map(|it| (&it.purchase_order_number, it.effective_at));
        let mut moved = receipts.chain(returns).filter(|it| *it.0 == order.number);
        let mut recorded = Recorded::new();
        if !moved.any(|it| cut.may_be_late(it.1)) {
            return Ok(recorded);
        }
        let kinds = ["receipt.posted", "receipt.reversed", "return.shipped"];
        let key = EventKey::PurchaseOrder(order.number.clone());
        let mut after = 0;
        loop {
            let told = self.store().events_of(&key, after, EVENTS_PAGE).await?;
            let Some(last) = told.last() else { return Ok(recorded) };
            after = last.position;
            let moves = |kind: &str| kinds.iter().any(|it| kind.ends_with(&format!(".{it}.v1")));
            for it in told.into_iter().filter(|it| moves(&it.event.kind)) {
                recorded.entry(it.event.subject).or_insert(it.event.recordedtime);
            }
        }
    }
}

/// Whether that was accrued of the line.
fn is_of(accrued: &Accrued, order: &PurchaseOrder, line: &PurchaseOrderLine) -> bool {
    accrued.number == order.number
        && accrued.line == line.line_number
        && accrued.currency == order.currency
}

fn may_move(order: &PurchaseOrder) -> bool {
    !matches!(order.status, OrderStatus::Draft | OrderStatus::PendingApproval)
        && order.kind != OrderKind::ConsignmentFill
}

/// Whether a line is accrued by what was received: not one that is ordered by amount or needs no
/// receipt, nor one whose receipt the ledger books itself.
fn is_accrued(line: &PurchaseOrderLine, scope: &Scope) -> bool {
    let needs_receipts = !matches!(line.match_mode, Some(MatchMode::ZeroWay | MatchMode::TwoWay));
    let is_booked = scope.stock_booked_at_receipt && is_stock(line);
    line.match_basis == MatchBasis::Quantity && needs_receipts && !is_booked
}
