//! Answers by idempotency key: the same key gets the same answer, until it expires.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use canonical::Result;
use jiff::Timestamp;

/// An answer to keep. Keys are scoped to the principal and the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnswer {
    /// Who asked.
    pub principal: String,
    /// What was asked for: the operation id.
    pub operation: String,
    /// The key as sent.
    pub key: String,
    /// The answer.
    pub answer: KeptAnswer,
    /// When it was given (UTC).
    pub created_at: Timestamp,
    /// When it may be forgotten (UTC).
    pub expires_at: Timestamp,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// What identifies the request it was given to.
    pub fingerprint: String,
    /// Its HTTP status.
    pub status: u16,
    /// Its body, exactly.
    pub body: Vec<u8>,
}

impl Batch {
    /// Keeps an answer; stale (`idempotency_key KEY`) where one is kept that has not expired.
    pub fn insert_answer(&mut self, new: NewAnswer) {
        let KeptAnswer { fingerprint, status, body } = new.answer;
        self.expect_one(
            format!("idempotency_key {}", new.key),
            "INSERT INTO idempotency
                (principal, operation, name, fingerprint, status, body, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (principal, operation, name) DO UPDATE SET
                fingerprint = excluded.fingerprint, status = excluded.status,
                body = excluded.body, created_at = excluded.created_at,
                expires_at = excluded.expires_at
             WHERE idempotency.expires_at <= excluded.created_at",
            [
                new.principal.into(),
                new.operation.into(),
                new.key.into(),
                fingerprint.into(),
                u32::from(status).into(),
                body.into(),
                new.created_at.into(),
                new.expires_at.into(),
            ],
        );
    }

    /// Forgets answers that have expired, at most `limit`.
    pub fn purge_answers(&mut self, now: Timestamp, limit: u32) {
        self.run(
            "DELETE FROM idempotency WHERE (principal, operation, name) IN (
                SELECT principal, operation, name FROM idempotency
                WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            [Val::from(now), limit.into()],
        );
    }
}

impl Store {
    /// The answer kept under a key, unless it has expired.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn answer(
        &self,
        principal: &str,
        operation: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KeptAnswer>> {
        let query = Query::new(
            "SELECT fingerprint, status, body FROM idempotency
             WHERE principal = $1 AND operation = $2 AND name = $3 AND expires_at > $4",
            [Val::from(principal), Val::from(operation), Val::from(key), now.into()],
        );
        let row = self.rows(query).await?.pop();
        row.map(|mut row| {
            Ok(KeptAnswer { fingerprint: row.text()?, status: row.count()?, body: row.bytes()? })
        })
        .transpose()
    }
}

#[cfg(test)]
mod tests;
