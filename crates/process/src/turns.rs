//! Taking turns inside one process: those who decide on the same order, or on what may be one
//! invoice sent twice, do so one after the other, so that they do not race to a commit that only
//! one can win. The guards in the store are what keeps decisions right, also between processes;
//! turns only save the work of losing.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::{Mutex, MutexGuard};

const STRIPES: usize = 256;

/// A fixed number of locks that keys share.
#[derive(Debug)]
pub(crate) struct Turns(Vec<Mutex<()>>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self((0..STRIPES).map(|_| Mutex::new(())).collect())
    }

    /// Waits for the turn on every key. Locks are taken in one order, so nobody waits in a circle.
    pub(crate) async fn take<K: Hash>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let stripes: BTreeSet<usize> = keys.into_iter().map(|it| stripe(&it)).collect();
        let mut turns = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            if let Some(lock) = self.0.get(stripe) {
                turns.push(lock.lock().await);
            }
        }
        turns
    }
}

fn stripe(key: &impl Hash) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    // ok: the remainder is below the number of stripes
    usize::try_from(hasher.finish() % STRIPES as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn one_at_a_time_per_key() {
        let turns = Turns::new();
        let held = turns.take(["PO-9", "PO-8", "PO-9"]).await;
        let waiting = tokio::time::timeout(Duration::from_millis(20), turns.take(["PO-9"])).await;
        assert!(waiting.is_err());
        drop(held);
        assert_eq!(turns.take(["PO-9"]).await.len(), 1);
    }
}
