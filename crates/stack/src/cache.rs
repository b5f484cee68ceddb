//! Reads of master data, kept for a while: one caller reads, the others wait for what it gets.

use canonical::{Error, Kind, Result};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// How much is kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// How long a value is taken for true.
    pub ttl_seconds: u32,
    /// The most values; beyond, those that are asked for least go.
    pub entries_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { ttl_seconds: 30, entries_max: 10_000 }
    }
}

/// Values by key. Errors are not kept. Cheap to clone; clones share the values.
#[derive(Clone)]
pub struct Cached<K, V> {
    name: &'static str,
    cache: Cache<K, V>,
}

impl<K, V> Cached<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// An empty cache; `name` is for metrics, as in `supplier`.
    #[must_use]
    pub fn new(name: &'static str, options: &Options) -> Self {
        let cache = Cache::builder()
            .max_capacity(options.entries_max)
            .time_to_live(Duration::from_secs(options.ttl_seconds.into()))
            .build();
        Self { name, cache }
    }

    /// The value of the key, read by `read` where it is not known. Callers that ask at the same
    /// time share one read; where that fails they share its error, and the next one reads again.
    ///
    /// # Errors
    /// What `read` says.
    pub async fn get(&self, key: K, read: impl Future<Output = Result<V>>) -> Result<V> {
        if let Some(value) = self.cache.get(&key).await {
            self.measure("hit");
            return Ok(value);
        }
        self.measure("miss");
        self.cache.try_get_with(key, read).await.map_err(shared)
    }

    /// Forgets the value of a key, because it has changed.
    pub async fn forget(&self, key: &K) {
        self.cache.invalidate(key).await;
    }

    /// Forgets every value.
    pub fn forget_all(&self) {
        self.cache.invalidate_all();
    }

    fn measure(&self, outcome: &'static str) {
        metrics::counter!("threeway_cache_reads_total", "cache" => self.name, "outcome" => outcome)
            .increment(1);
    }
}

impl<K, V> fmt::Debug for Cached<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The error that several callers got from one read: the same for each of them.
fn shared(error: Arc<Error>) -> Error {
    let error = match Arc::try_unwrap(error) {
        Ok(it) => return it,
        Err(error) => error,
    };
    let message = error.message().to_owned();
    let again = match error.kind() {
        Kind::Invalid if !error.fields().is_empty() => {
            Error::invalid_fields(error.fields().to_vec())
        }
        Kind::Invalid => Error::invalid(message),
        Kind::Unauthenticated => Error::unauthenticated(message),
        Kind::Forbidden => Error::forbidden(message),
        Kind::NotFound | Kind::MethodNotAllowed => not_found(&message),
        Kind::Conflict => Error::conflict(message),
        Kind::KeyReused => Error::key_reused(message),
        Kind::TooLarge => Error::too_large(message),
        Kind::Unsupported => Error::unsupported(message),
        Kind::Limited => Error::limited(message, 1),
        Kind::Unavailable => Error::unavailable(message),
        Kind::TimedOut => Error::timed_out(message),
        Kind::Upstream => Error::upstream(message),
        Kind::Internal => Error::internal(message),
    };
    let again = match error.retry_after_seconds() {
        Some(seconds) => again.retry_after(seconds),
        None => again,
    };
    again.because(error)
}

/// "there is no supplier SUP-1", taken apart and made again: the constructor wants its words.
fn not_found(message: &str) -> Error {
    let words = message.strip_prefix("there is no ").and_then(|it| it.split_once(' '));
    let (noun, id) = words.unwrap_or(("entry", message));
    Error::not_found(noun, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    fn cache() -> Cached<String, u32> {
        Cached::new("test", &Options::default())
    }

    #[tokio::test]
    async fn callers_at_the_same_time_share_one_read() {
        let (cache, reads) = (cache(), AtomicU32::new(0));
        let read = || async {
            tokio::task::yield_now().await;
            Ok(reads.fetch_add(1, SeqCst))
        };
        let all = (0..50).map(|_| cache.get("a".to_owned(), read()));
        let values = futures_util::future::try_join_all(all).await.unwrap();
        assert_eq!((values, reads.load(SeqCst)), (vec![0; 50], 1));
        cache.forget(&"a".to_owned()).await;
        assert_eq!(cache.get("a".to_owned(), read()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn an_error_is_shared_and_not_kept() {
        let (cache, reads) = (cache(), AtomicU32::new(0));
        let fail = || async {
            tokio::task::yield_now().await;
            reads.fetch_add(1, SeqCst);
            Err(Error::not_found("supplier", "SUP 1").retry_after(7))
        };
        let all = (0..5).map(|_| cache.get("a".to_owned(), fail()));
        for result in futures_util::future::join_all(all).await {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), Kind::NotFound);
            assert_eq!(error.message(), "there is no supplier SUP 1");
            assert_eq!(error.retry_after_seconds(), Some(7));
        }
        assert_eq!(reads.load(SeqCst), 1);
        assert_eq!(cache.get("a".to_owned(), async { Ok(5) }).await.unwrap(), 5);
    }

    #[test]
    fn every_kind_survives_being_shared() {
        let made = [
            Error::invalid("m"),
            Error::unauthenticated("m"),
            Error::forbidden("m"),
            Error::not_found("supplier", "m"),
            Error::conflict("m"),
            Error::key_reused("m"),
            Error::too_large("m"),
            Error::unsupported("m"),
            Error::limited("m", 3),
            Error::unavailable("m"),
            Error::timed_out("m"),
            Error::upstream("m"),
            Error::internal("m"),
        ];
        for error in made.map(Arc::new) {
            let again = shared(Arc::clone(&error));
            assert_eq!(again.kind(), error.kind());
            assert_eq!(again.message(), error.message());
            assert_eq!(again.retry_after_seconds(), error.retry_after_seconds());
        }
    }
}
