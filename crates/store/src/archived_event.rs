//! Events that leave the log for the archive. A key leaves whole, once nothing has happened to it
//! for long; the newest event of all stays, so that no position is given twice.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::event::{EventKey, LoggedEvent, read};
use canonical::Result;

/// The most keys that one read gives.
const KEYS_MAX: u32 = 100;

impl Batch {
    /// Takes the events of a key out of the log, up to this one of it: for those that are in the
    /// archive, durably.
    pub fn archive_events(&mut self, last: &LoggedEvent) {
        let key = key_up_to(last);
        self.run(
            "INSERT INTO archived_event (id, source, partitionkey, sequence)
             SELECT id, source, partitionkey, sequence FROM event
             WHERE source = $1 AND partitionkey = $2 AND position <= $3",
            key.clone(),
        );
        self.run(
            "DELETE FROM event WHERE source = $1 AND partitionkey = $2 AND position <= $3",
            key,
        );
    }
}

impl Store {
    /// The newest events of keys on which nothing has happened since, between two positions, in
    /// order; at most 100. The newest event of the log is not among them.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn last_events(&self, after: i64, up_to: i64) -> Result<Vec<LoggedEvent>> {
        let query = Query::new(
            "SELECT e.position, e.sequence, e.body FROM event e
             WHERE e.position > $1 AND e.position <= $2
               AND e.position < (SELECT MAX(position) FROM event)
               AND NOT EXISTS (
                   SELECT 1 FROM event n
                   WHERE n.source = e.source AND n.partitionkey = e.partitionkey
                     AND n.sequence > e.sequence)
             ORDER BY e.position LIMIT $3",
            [Val::from(after), up_to.into(), KEYS_MAX.into()],
        );
        self.rows(query).await?.into_iter().map(read).collect()
    }

    /// Every event of the keys of these, up to each of them, key by key in order.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn events_up_to(&self, last: &[LoggedEvent]) -> Result<Vec<LoggedEvent>> {
        let of_key = |last: &LoggedEvent| {
            Query::new(
                "SELECT position, sequence, body FROM event
                 WHERE source = $1 AND partitionkey = $2 AND position <= $3 ORDER BY sequence",
                key_up_to(last),
            )
        };
        let rows = self.rows_of_all(last.iter().map(of_key).collect()).await?;
        rows.into_iter().map(read).collect()
    }

    /// How many events of these business keys are in the archive, each counted under each of its
    /// keys. Where nothing is archived at all, that is known without a look at the keys.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn archived_events_of(&self, keys: &[EventKey]) -> Result<u32> {
        let of_key = |key: &EventKey| {
            Query::new(
                "SELECT COUNT(*) FROM event_ref r
                 WHERE EXISTS (SELECT 1 FROM archived_event) AND r.kind = $1 AND r.name = $2
                   AND NOT EXISTS (SELECT 1 FROM event e WHERE e.position = r.position)",
                [Val::from(key.kind()), Val::from(key.name())],
            )
        };
        let rows = self.rows_of_all(keys.iter().map(of_key).collect()).await?;
        rows.into_iter().map(|mut row| row.count::<u32>()).sum()
    }
}

fn key_up_to(last: &LoggedEvent) -> [Val; 3] {
    let LoggedEvent { position, event } = last;
    [Val::text(&event.source), Val::text(&event.partitionkey), (*position).into()]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Scratch, done, event, stale};
    use crate::{EventKey, LoggedEvent};

    /// Three keys: `inv_1` with two events, `inv_2` with one, and what came last.
    async fn log() -> Scratch {
        let scratch = Scratch::open().await;
        for (id, key) in [("a1", "inv_1"), ("b1", "inv_2"), ("a2", "inv_1"), ("c1", "inv_3")] {
            done(&scratch, |it| it.append_event(&event(id, key), &[]).unwrap()).await;
        }
        scratch
    }

    async fn last(scratch: &Scratch) -> Vec<LoggedEvent> {
        scratch.last_events(0, i64::MAX).await.unwrap()
    }

    fn ids(events: &[LoggedEvent]) -> Vec<&str> {
        events.iter().map(|it| it.event.id.as_str()).collect()
    }

    #[tokio::test]
    async fn a_key_leaves_whole_and_the_newest_event_stays() {
        let scratch = log().await;
        let last = last(&scratch).await;
        assert_eq!(ids(&last), ["b1", "a2"]);
        let whole = scratch.events_up_to(&last[1..]).await.unwrap();
        assert_eq!(ids(&whole), ["a1", "a2"]);
        done(&scratch, |it| it.archive_events(&last[1])).await;
        assert_eq!(ids(&scratch.events_after(0, 10).await.unwrap()), ["b1", "c1"]);
        let up_to = last[0].position;
        assert_eq!(ids(&scratch.last_events(0, up_to).await.unwrap()), ["b1"]);
        assert!(scratch.last_events(up_to, i64::MAX).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_has_left_is_known_counted_and_not_taken_again() {
        let scratch = log().await;
        let before = scratch.event_position().await.unwrap();
        let last = last(&scratch).await;
        done(&scratch, |it| it.archive_events(&last[1])).await;
        let known = scratch.known_events(&["a1".to_owned(), "x".to_owned()]).await.unwrap();
        assert_eq!(known.into_iter().collect::<Vec<_>>(), ["a1"]);
        let key = EventKey::Correlation(last[1].event.correlationid.clone());
        let here = scratch.events_of(&key, 0, 10).await.unwrap().len();
        let archived = scratch.archived_events_of(std::slice::from_ref(&key)).await.unwrap();
        assert_eq!((here, archived), (2, 2));
        let again = event("a1", "inv_1");
        let guard = stale(&scratch, |it| it.append_event(&again, &[]).unwrap()).await;
        assert_eq!(guard, "event a1");
        assert_eq!(scratch.event_position().await.unwrap(), before);
    }

    #[tokio::test]
    async fn the_numbers_of_a_key_go_on() {
        let scratch = log().await;
        let last = last(&scratch).await;
        done(&scratch, |it| it.archive_events(&last[1])).await;
        done(&scratch, |it| it.append_event(&event("a3", "inv_1"), &[]).unwrap()).await;
        let newest = scratch.events_after(0, 10).await.unwrap().pop().unwrap();
        assert_eq!(newest.event.sequence, "00000000000000000003");
        assert!(newest.position > last[1].position);
    }
}
