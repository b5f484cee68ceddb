//! Following the systems of record: what changed there becomes an event here, and the work of
//! matching again what rests on it (`domain.md` A10.1, A18). They are asked, again and again, and
//! those that can tell by themselves are heard.

use crate::Process;
use crate::event::{self, payload::DocumentChanged};
use crate::invoice::rematch_work;
use canonical::{Change, ChangeKind, Error, Event, Principal, PurchaseOrderNumber, Result};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::{Batch, Committed, EventKey, FollowedOrder, Guard};
use system::Feed;
use utoipa::ToSchema;

/// The most changes that are taken at once.
pub(crate) const CHANGES_MAX: u32 = 200;
/// How often it is tried to keep what others tell at the same moment.
const ATTEMPTS_MAX: u32 = 5;

/// What became of changes that were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Taken {
    /// How many became events.
    pub new: u32,
    /// How many were known already: told before, by whichever way.
    pub known: u32,
}

impl Process {
    /// Takes what changed in every back end that tells; says whether there is more already. A back
    /// end that cannot be asked now is asked again the next time: its place stays.
    ///
    /// # Errors
    /// What the store says.
    pub async fn follow(&self) -> Result<bool> {
        let feeds = self.system().feeds().iter();
        let taken = join_all(feeds.map(|(name, feed)| self.take(name, feed.as_ref()))).await;
        let mut more = false;
        for taken in taken {
            more |= taken?;
        }
        Ok(more)
    }

    async fn take(&self, name: &str, feed: &dyn Feed) -> Result<bool> {
        let guard = self.store().guards([format!("feed:{name}")]).await?;
        let place = self.store().place(name).await?;
        let limit = self.facts_timeout();
        let asked = tokio::time::timeout(limit, feed.changes(place.as_deref(), CHANGES_MAX)).await;
        let changes = match asked {
            Ok(Ok(changes)) => changes,
            Ok(Err(error)) => return Ok(untold(name, &error)),
            Err(elapsed) => {
                let error = Error::timed_out("it did not answer in time").because(elapsed);
                return Ok(untold(name, &error));
            }
        };
        if place.as_ref() == Some(&changes.next) {
            return Ok(false);
        }
        let (mut batch, _new) = self.batch_of(name, &changes.items).await?;
        batch.put_place(name, &changes.next);
        guard.iter().for_each(|it| batch.bump_guard(it));
        match self.store().commit(batch).await? {
            Committed::Done => Ok(changes.more),
            // another process took them
            Committed::Stale { .. } => Ok(false),
        }
    }

    /// Takes what a back end told by itself, in whatever order and however often. How far its feed
    /// was read stays as it is: what is told there once more is known then.
    ///
    /// # Errors
    /// `not_found` where no back end is called so; `forbidden` for suppliers; `unavailable` where
    /// others tell the same all the time; what the store says.
    pub async fn take_told(
        &self,
        principal: &Principal,
        name: &str,
        changes: &[Change],
    ) -> Result<Taken> {
        principal.for_staff("changes")?;
        if !self.system().is_back_end(name) {
            return Err(Error::not_found("back end", name));
        }
        for _ in 0..ATTEMPTS_MAX {
            let (batch, new) = self.batch_of(name, changes).await?;
            let known = count(changes.len()).saturating_sub(new);
            match self.store().commit(batch).await? {
                Committed::Done => return Ok(Taken { new, known }),
                // told by somebody else in the meantime, at least one of them
                Committed::Stale { .. } => {}
            }
        }
        Err(Error::unavailable("the same is told by others at once; send it again").retry_after(1))
    }

    /// The events of the changes that are new, and the work they make; and how many are new.
    async fn batch_of(&self, name: &str, changes: &[Change]) -> Result<(Batch, u32)> {
        let now = self.now();
        let orders: BTreeSet<_> = changes.iter().flat_map(|it| &it.purchase_orders).collect();
        let orders: Vec<_> = orders.into_iter().cloned().collect();
        let followed = self.store().followed_orders(&orders).await?;
        let told = changes.iter().map(|it| event_of(name, it, &followed, now));
        let told = told.collect::<Result<Vec<Event>>>()?;
        let ids: Vec<String> = told.iter().map(|it| it.id.clone()).collect();
        let mut known = self.store().known_events(&ids).await?;
        let (mut batch, mut new) = (Batch::new(), 0);
        for (change, event) in changes.iter().zip(&told) {
            // told twice, also within one answer
            if !known.insert(event.id.clone()) {
                continue;
            }
            new += 1;
            batch.append_event(event, &keys(change))?;
            let orders: BTreeSet<_> = change.purchase_orders.iter().collect();
            for order in orders {
                // whoever asked before this decides on what is no longer so
                batch.move_guard(Guard::facts(order));
                batch.enqueue_work(rematch_work(order, &event.id, now));
            }
        }
        Ok((batch, new))
    }
}

fn count(some: usize) -> u32 {
    u32::try_from(some).unwrap_or(u32::MAX)
}

fn untold(name: &str, error: &Error) -> bool {
    let error: &dyn std::error::Error = error;
    tracing::warn!(backend.name = name, error, "a back end does not tell what changed");
    false
}

/// The event of a change: the same change always makes the same one.
fn event_of(
    back_end: &str,
    change: &Change,
    followed: &BTreeMap<PurchaseOrderNumber, FollowedOrder>,
    now: Timestamp,
) -> Result<Event> {
    let of = event::of_change(change.kind);
    let flow = change.purchase_orders.iter().find_map(|it| followed.get(it));
    let flow = flow.map(|it| it.correlation_id.clone());
    let order = change.purchase_orders.first().map(ToString::to_string);
    let key = order.clone().unwrap_or_else(|| change.document.clone());
    let id = of.id_by_word(&[back_end, &change.document, &change.version]);
    let data = DocumentChanged {
        back_end,
        document: &change.document,
        version: &change.version,
        purchase_orders: &change.purchase_orders,
        recorded_at: change.recorded_at,
    };
    Ok(Event {
        time: change.effective_at,
        partitionkey: key.clone(),
        correlationid: flow.unwrap_or(key),
        // told by a system of record, whoever asked for it
        traceparent: None,
        bizpo: order,
        bizsupplier: change.supplier_id.as_ref().map(ToString::to_string),
        bizfacility: change.facility_id.as_ref().map(ToString::to_string),
        ..event::alone(of, id, &change.document, now, &data)?
    })
}

fn keys(change: &Change) -> Vec<EventKey> {
    let orders = change.purchase_orders.iter().cloned().map(EventKey::PurchaseOrder);
    let document = match change.kind {
        ChangeKind::ReceiptPosted | ChangeKind::ReceiptCorrected | ChangeKind::ReceiptReversed => {
            change.document.parse().ok().map(EventKey::Receipt)
        }
        ChangeKind::PaymentConfirmed => Some(EventKey::Payment(change.document.clone())),
        _ => None,
    };
    orders.chain(document).collect()
}
