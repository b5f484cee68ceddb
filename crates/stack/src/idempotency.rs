//! Same key, same answer: what the policy, a handler and the store share about it.
//!
//! The policy puts a [`Claim`] into the extensions of a request that needs a key. A handler whose
//! effect is in our store hands it down, so that the store writes the answer in the same
//! transaction, and says so with [`Kept`]. Where the effect is in a back end that repeats it
//! safely, the policy keeps the answer afterwards.

use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use canonical::Result;
use std::fmt::Debug;

/// The right to answer once for a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Who asks: keys of two principals never meet.
    pub principal: String,
    /// The operation's id: keys of two operations never meet.
    pub operation: String,
    /// The caller's key, 1 to 255 characters.
    pub key: String,
    /// What the request says, as the hexadecimal SHA-256 of method, path with query, media type and
    /// body.
    pub fingerprint: String,
}

/// The answer given for a key, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The fingerprint of the request that was answered.
    pub fingerprint: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The JSON body of the answer, byte for byte.
    pub body: Bytes,
}

/// Put into the extensions of a response: its answer is kept already, with its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept;

/// Where answers are kept.
#[async_trait]
pub trait Results: Debug + Send + Sync {
    /// The answer given before for this key, where there is one.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `internal`: what the store says.
    async fn find(&self, principal: &str, operation: &str, key: &str) -> Result<Option<Stored>>;

    /// Keeps the answer to a request whose effect is not in the store. An answer kept before stays.
    ///
    /// # Errors
    /// `unavailable`, `timed_out`, `internal`: what the store says.
    async fn keep(&self, claim: &Claim, answer: &Stored) -> Result<()>;
}

/// The key of a request that we make ourselves: the same parts make the same key, others another.
/// `what` is for people and stands before it.
#[must_use]
pub fn key(what: &str, parts: &[&str]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        // With its length before it, no part can pass for the end of the one before.
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    format!("{what}-{}", URL_SAFE_NO_PAD.encode(context.finish().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_key_of_ours_is_of_its_parts() {
        assert_eq!(key("payable", &["a", "bc"]), key("payable", &["a", "bc"]));
        assert_ne!(key("payable", &["a", "bc"]), key("payable", &["ab", "c"]));
        let long = key("receipt", &[&"ü".repeat(80), "10"]);
        assert!(long.len() < 255 && long.bytes().all(|it| it.is_ascii_graphic()), "{long}");
    }
}
