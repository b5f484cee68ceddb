//! Documents as received: evidence, never rewritten.

use crate::batch::{Batch, Query, Val};
use crate::{Store, row::Row};
use aws_lc_rs::digest;
use canonical::{Error, Result};
use jiff::Timestamp;
use std::fmt::Write;

/// A document as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id: `doc_` and a ULID.
    pub id: String,
    /// The SHA-256 of the bytes, as 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The media type it came with.
    pub content_type: String,
    /// How it came: `api`, `import`, `portal`.
    pub channel: String,
    /// When it arrived (UTC); kept to the microsecond.
    pub received_at: Timestamp,
    /// The bytes, exactly.
    pub bytes: Vec<u8>,
}

/// The SHA-256 of the bytes, as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // ok: writing to a String cannot fail
        write!(text, "{byte:02x}").ok();
        text
    })
}

impl Batch {
    /// Keeps a document.
    pub fn insert_document(&mut self, document: Document) {
        let Document { id, sha256, content_type, channel, received_at, bytes } = document;
        self.run(
            "INSERT INTO document (id, sha256, content_type, channel, received_at, bytes)
             VALUES ($1, $2, $3, $4, $5, $6)",
            [
                id.into(),
                sha256.into(),
                content_type.into(),
                channel.into(),
                received_at.into(),
                bytes.into(),
            ],
        );
    }
}

impl Store {
    /// A document by its id.
    ///
    /// # Errors
    /// `not_found`, or what [`Store::commit`] says of a store that cannot answer.
    pub async fn document(&self, id: &str) -> Result<Document> {
        let query = Query::new(
            "SELECT id, sha256, content_type, channel, received_at, bytes
             FROM document WHERE id = $1",
            [Val::from(id)],
        );
        let row = self.rows(query).await?.pop();
        read(row.ok_or_else(|| Error::not_found("document", id))?)
    }
}

fn read(mut row: Row) -> Result<Document> {
    Ok(Document {
        id: row.text()?,
        sha256: row.text()?,
        content_type: row.text()?,
        channel: row.text()?,
        received_at: row.time()?,
        bytes: row.bytes()?,
    })
}

#[cfg(test)]
mod tests;
