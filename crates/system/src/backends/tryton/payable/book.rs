//! Makes a payable, once: inquire, draft, compare the totals, post, read back.
//!
//! Tryton numbers, posts and checks in one transaction, so a draft that is refused is whole and can
//! be deleted. What to do after an unknown result is decided by reading, never by repeating.

use super::super::Tryton;
use super::super::client::{Access, is_unknown};
use super::{Invoice, Payable, mark};
use canonical::{Error, Kind, Money, NewPayable, PayableState, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// How often a post is tried again that another transaction was in the way of.
const POST_REPEATS: u32 = 3;
const READ_REPEATS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);
/// The longest that one waits for its turn, outside of any request.
const TURN_WAIT: Duration = Duration::from_secs(30);

/// Who makes which payable now: one at a time per invoice and per reference, and one post at a
/// time, since Tryton hands out its numbers without gaps one after the other anyway.
#[derive(Debug, Default)]
pub(in super::super) struct Turns {
    by_key: Mutex<HashMap<String, Weak<Turn<()>>>>,
}

impl Turns {
    async fn take(&self, key: String) -> Result<OwnedMutexGuard<()>> {
        let turn = {
            let mut turns = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, it| it.strong_count() > 0);
            let known = turns.get(&key).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::new(Turn::new(()));
                turns.insert(key, Arc::downgrade(&turn));
                turn
            })
        };
        let wait = stack::context::remaining(TURN_WAIT);
        tokio::time::timeout(wait, turn.lock_owned()).await.map_err(|it| {
            Error::timed_out("another post of the same invoice takes too long").because(it)
        })
    }
}

impl Tryton {
    pub(super) async fn book(&self, new: &NewPayable) -> Result<Payable> {
        let _invoice = self.turns.take(format!("invoice {}", new.invoice_id)).await?;
        let reference = format!("reference {} {}", new.supplier_id, new.reference);
        let _reference = self.turns.take(reference).await?;
        if let Some(found) = self.of_ours(std::slice::from_ref(&new.invoice_id)).await?.pop() {
            return self.finish(found, new).await;
        }
        let others = self.with_reference(&new.supplier_id, &new.reference).await?;
        if let Some(other) = others.first() {
            return Err(Error::conflict(format!(
                "{} holds the reference {} of {} already, as invoice {}",
                self.client.name(),
                new.reference,
                new.supplier_id,
                other.number.as_deref().unwrap_or("without a number"),
            )));
        }
        let draft = Box::pin(self.draft(new)).await?;
        let method = "model.account.invoice.create";
        let made: Vec<u64> = self.client.call(Access::Write, method, &([draft],)).await?;
        let first = self.first_of(new, &made).await?;
        self.finish(first, new).await
    }

    /// The draft to go on with. Another process may have made one in the same moment: the first
    /// stays, and ours goes.
    async fn first_of(&self, new: &NewPayable, made: &[u64]) -> Result<Invoice> {
        let marked = json!(["description", "=", mark(&new.invoice_id)]);
        let found = self.invoices(vec![marked], None).await?;
        let mut found = found.into_iter().filter(|it| it.state != "cancelled");
        let first = found.next().ok_or_else(|| {
            Error::upstream(format!("{} has lost the draft it made", self.client.name()))
        })?;
        for other in found.filter(|it| made.contains(&it.id)) {
            self.delete(&other).await?;
        }
        Ok(first)
    }

    /// Brings what was begun to its end: compares, posts, reads back.
    async fn finish(&self, found: Invoice, new: &NewPayable) -> Result<Payable> {
        let gross = Money::written(&new.gross_amount, new.currency)
            .map_err(|why| Error::invalid_field("/gross_amount", why))?;
        let is_draft = found.state()? == PayableState::Draft;
        let fault = self.difference(&found, new, gross)?;
        match (fault, is_draft) {
            (None, false) => self.read_back(&found).await,
            (None, true) => {
                self.post(&found).await?;
                self.posted(&found).await
            }
            (Some(fault), false) => Err(Error::conflict(fault)),
            (Some(fault), true) => {
                self.delete(&found).await?;
                Err(Error::conflict(fault))
            }
        }
    }

    /// How Tryton's invoice differs from what is to be booked, in words.
    fn difference(
        &self,
        found: &Invoice,
        new: &NewPayable,
        gross: Money,
    ) -> Result<Option<String>> {
        let name = self.client.name();
        let total = found.total_amount.money(found.currency()?)?;
        if total != gross {
            return Ok(Some(format!(
                "{name} computes {total} where {gross} is billed; check the taxes of the order's \
                 lines and the units' rounding"
            )));
        }
        let reference = found.reference.as_deref().unwrap_or_default();
        let is_same = reference == new.reference.as_str()
            && found.party.code.as_deref() == Some(new.supplier_id.as_str());
        Ok((!is_same).then(|| {
            format!("{name} holds invoice {} under another reference, {reference}", new.invoice_id)
        }))
    }

    async fn post(&self, draft: &Invoice) -> Result<()> {
        let _turn = self.turns.take("post".to_owned()).await?;
        let mut repeats = 0;
        while let Some(error) = self.post_once(draft).await? {
            if repeats == POST_REPEATS {
                return Err(error);
            }
            repeats += 1;
            tokio::time::sleep(PAUSE * repeats).await;
        }
        Ok(())
    }

    /// Posts, and reads where that failed: another process may have posted the same draft, and an
    /// answer may be lost. An error that is returned as a value is worth another try.
    async fn post_once(&self, draft: &Invoice) -> Result<Option<Error>> {
        let method = "model.account.invoice.post";
        let posted: Result<Value> = self.client.call(Access::Write, method, &([draft.id],)).await;
        let Err(error) = posted else { return Ok(None) };
        let Ok(now) = self.reread(draft).await else { return Err(error) };
        if now.state()? != PayableState::Draft {
            return Ok(None);
        }
        if !is_unknown(&error) {
            self.delete(&now).await?;
            return Err(error);
        }
        if error.kind() == Kind::Upstream { Err(error) } else { Ok(Some(error)) }
    }

    /// The posted invoice: Tryton may finish a post after its answer.
    async fn posted(&self, draft: &Invoice) -> Result<Payable> {
        for _ in 0..READ_REPEATS {
            let found = self.reread(draft).await?;
            if found.state()? != PayableState::Draft {
                return self.read_back(&found).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Error::upstream(format!("{} does not finish a post", self.client.name())))
    }

    async fn read_back(&self, found: &Invoice) -> Result<Payable> {
        let origins = self.origins(std::slice::from_ref(found)).await?;
        self.payable(found, &origins)
    }

    async fn reread(&self, invoice: &Invoice) -> Result<Invoice> {
        let found = self.invoices(vec![json!(["id", "=", invoice.id])], Some(1)).await?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| Error::upstream(format!("{} has lost a draft", self.client.name())))
    }

    /// Deletes a draft. One that was validated has a number, and Tryton keeps what has a number.
    async fn delete(&self, draft: &Invoice) -> Result<()> {
        if draft.state != "draft" {
            tracing::warn!(invoice = draft.id, "a validated invoice is left behind in Tryton");
            return Ok(());
        }
        let method = "model.account.invoice.delete";
        let _deleted: Value = self.client.call(Access::Write, method, &([draft.id],)).await?;
        Ok(())
    }
}
