//! The event log: CloudEvents in the order of their commits, found again by position and by every
//! business key they carry.

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::row::{Row, json};
use canonical::{
    Event, FacilityId, InvoiceId, PurchaseOrderNumber, ReceiptNumber, Result, SupplierId,
};
use std::collections::BTreeSet;

/// The most events that one read gives.
const EVENTS_MAX: u32 = 1000;

/// A business key that events are found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKey {
    /// A purchase order.
    PurchaseOrder(PurchaseOrderNumber),
    /// An invoice.
    Invoice(InvoiceId),
    /// A receipt.
    Receipt(ReceiptNumber),
    /// A supplier.
    Supplier(SupplierId),
    /// A facility.
    Facility(FacilityId),
    /// A payment, by its number in the finance system.
    Payment(String),
    /// The root of a business flow.
    Correlation(String),
}

impl EventKey {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::PurchaseOrder(_) => "purchase_order",
            Self::Invoice(_) => "invoice",
            Self::Receipt(_) => "receipt",
            Self::Supplier(_) => "supplier",
            Self::Facility(_) => "facility",
            Self::Payment(_) => "payment",
            Self::Correlation(_) => "correlation",
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::PurchaseOrder(it) => it.as_str(),
            Self::Invoice(it) => it.as_str(),
            Self::Receipt(it) => it.as_str(),
            Self::Supplier(it) => it.as_str(),
            Self::Facility(it) => it.as_str(),
            Self::Payment(it) | Self::Correlation(it) => it,
        }
    }
}

/// An event and its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedEvent {
    /// Its place: grows in the order of commits, over all events; may have gaps.
    pub position: i64,
    /// The event, with its `sequence`.
    pub event: Event,
}

impl Batch {
    /// Appends an event; the log gives it its `sequence`, whatever stands there. It is found by its
    /// own `biz…` and `correlationid` attributes and by `also`, for an event that touches several
    /// orders. Stale (`event ID`) where this id is in the log already, or has left it for the
    /// archive.
    ///
    /// # Errors
    /// `internal` where the event cannot be written as JSON.
    pub fn append_event(&mut self, event: &Event, also: &[EventKey]) -> Result<()> {
        self.expect_one(
            format!("event {}", event.id),
            "INSERT INTO event (id, source, partitionkey, sequence, body)
             SELECT $1, $2, $3, COALESCE(MAX(sequence), 0) + 1, $4
             FROM (
                SELECT MAX(sequence) AS sequence FROM event
                WHERE source = $2 AND partitionkey = $3
                UNION ALL
                SELECT MAX(sequence) FROM archived_event
                WHERE source = $2 AND partitionkey = $3) AS newest
             HAVING NOT EXISTS (SELECT 1 FROM archived_event WHERE id = $1)
             ON CONFLICT (id) DO NOTHING",
            [
                Val::text(&event.id),
                Val::text(&event.source),
                Val::text(&event.partitionkey),
                json(event)?,
            ],
        );
        let also = also.iter().map(|it| (it.kind(), it.name()));
        let names: BTreeSet<(&str, &str)> = own_names(event).chain(also).collect();
        for (kind, name) in names {
            self.run(
                "INSERT INTO event_ref (kind, name, position)
                 SELECT $1, $2, position FROM event WHERE id = $3",
                [Val::from(kind), Val::from(name), Val::text(&event.id)],
            );
        }
        Ok(())
    }
}

fn own_names(event: &Event) -> impl Iterator<Item = (&'static str, &str)> {
    [
        ("purchase_order", event.bizpo.as_deref()),
        ("invoice", event.bizinvoice.as_deref()),
        ("supplier", event.bizsupplier.as_deref()),
        ("facility", event.bizfacility.as_deref()),
        ("correlation", Some(event.correlationid.as_str())),
    ]
    .into_iter()
    .filter_map(|(kind, name)| name.map(|name| (kind, name)))
}

impl Store {
    /// The events after a position, in order; from 0 for the first. At most `limit`, at most 1000.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn events_after(&self, position: i64, limit: u32) -> Result<Vec<LoggedEvent>> {
        let query = Query::new(
            "SELECT position, sequence, body FROM event WHERE position > $1
             ORDER BY position LIMIT $2",
            [Val::from(position), limit.min(EVENTS_MAX).into()],
        );
        self.rows(query).await?.into_iter().map(read).collect()
    }

    /// The events that carry a business key, after a position, in order. At most `limit`, at most
    /// 1000.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn events_of(
        &self,
        key: &EventKey,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LoggedEvent>> {
        let query = Query::new(
            "SELECT e.position, e.sequence, e.body
             FROM event_ref r JOIN event e ON e.position = r.position
             WHERE r.kind = $1 AND r.name = $2 AND r.position > $3
             ORDER BY r.position LIMIT $4",
            [
                Val::from(key.kind()),
                Val::from(key.name()),
                after.into(),
                limit.min(EVENTS_MAX).into(),
            ],
        );
        self.rows(query).await?.into_iter().map(read).collect()
    }

    /// Which of these events are in the log, or have left it for the archive.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn known_events(&self, ids: &[String]) -> Result<BTreeSet<String>> {
        let ids: Vec<Val> = ids.iter().map(|it| Val::from(it.as_str())).collect();
        let tables =
            ["SELECT id FROM event WHERE id IN ", "SELECT id FROM archived_event WHERE id IN "];
        let queries = ids.chunks(KEYS_MAX).flat_map(|ids| tables.map(|it| Query::listing(it, ids)));
        let rows = self.rows_of_all(queries.collect()).await?;
        rows.into_iter().map(|mut row| row.text()).collect()
    }

    /// Where in the log an event is; `None` where it is not.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn position_of(&self, event_id: &str) -> Result<Option<i64>> {
        let sql = "SELECT position FROM event WHERE id = $1";
        let query = Query::new(sql, [Val::from(event_id)]);
        self.rows(query).await?.pop().map(|mut row| row.int()).transpose()
    }

    /// The position of the newest event; 0 where there is none.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn event_position(&self) -> Result<i64> {
        let query = Query::new("SELECT COALESCE(MAX(position), 0) FROM event", []);
        self.rows(query).await?.pop().map_or(Ok(0), |mut row| row.int())
    }
}

pub(crate) fn read(mut row: Row) -> Result<LoggedEvent> {
    let (position, sequence) = (row.int()?, row.int()?);
    let mut event: Event = row.json()?;
    event.sequence = format!("{sequence:020}");
    Ok(LoggedEvent { position, event })
}

#[cfg(test)]
mod tests;
