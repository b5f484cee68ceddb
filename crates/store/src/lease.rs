//! Leases: what only one process does at a time. Who holds one says so again before it ends; where
//! the holder dies, another takes it then.

use crate::batch::{Batch, Val};
use jiff::Timestamp;

impl Batch {
    /// Takes a lease, or keeps it; stale (`lease NAME`) where another holds it until later than
    /// `now`. What else is in the batch is written by the holder alone.
    pub fn hold_lease(&mut self, name: &str, holder: &str, now: Timestamp, until: Timestamp) {
        self.expect_one(
            format!("lease {name}"),
            "INSERT INTO lease (name, holder, held_until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE
             SET holder = excluded.holder, held_until = excluded.held_until
             WHERE lease.holder = excluded.holder OR lease.held_until <= $4",
            [Val::from(name), Val::from(holder), until.into(), now.into()],
        );
    }

    /// Gives a lease back before its end; nothing where another holds it.
    pub fn release_lease(&mut self, name: &str, holder: &str) {
        self.run(
            "DELETE FROM lease WHERE name = $1 AND holder = $2",
            [Val::from(name), Val::from(holder)],
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Scratch, at, done, stale};

    #[tokio::test]
    async fn one_holds_a_lease_until_it_ends_or_is_given_back() {
        let store = Scratch::open().await;
        done(&store, |it| it.hold_lease("relay", "a", at(0), at(10))).await;
        let guard = stale(&store, |it| it.hold_lease("relay", "b", at(9), at(19))).await;
        assert_eq!(guard, "lease relay");
        done(&store, |it| it.hold_lease("relay", "a", at(9), at(19))).await;
        done(&store, |it| it.hold_lease("other", "b", at(9), at(19))).await;
        stale(&store, |it| it.hold_lease("relay", "b", at(18), at(28))).await;
        done(&store, |it| it.hold_lease("relay", "b", at(19), at(29))).await;
        stale(&store, |it| it.hold_lease("relay", "a", at(20), at(30))).await;
        done(&store, |it| it.release_lease("relay", "a")).await;
        stale(&store, |it| it.hold_lease("relay", "a", at(20), at(30))).await;
        done(&store, |it| it.release_lease("relay", "b")).await;
        done(&store, |it| it.hold_lease("relay", "a", at(20), at(30))).await;
    }

    #[tokio::test]
    async fn who_lost_the_lease_writes_nothing() {
        let store = Scratch::open().await;
        done(&store, |it| it.hold_lease("relay", "b", at(0), at(10))).await;
        stale(&store, |it| {
            it.hold_lease("relay", "a", at(5), at(15));
            it.put_place("relay:events", "7");
        })
        .await;
        assert_eq!(store.place("relay:events").await.unwrap(), None);
    }
}
