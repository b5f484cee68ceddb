//! Places: where a feed is read from next, kept with what was read before it.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use canonical::Result;

impl Batch {
    /// Keeps where a feed is read from next.
    pub fn put_place(&mut self, feed: &str, place: &str) {
        self.run(
            "INSERT INTO place (name, place) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET place = excluded.place",
            [Val::from(feed), Val::from(place)],
        );
    }
}

impl Store {
    /// Where a feed is read from next; `None` where it was never read.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn place(&self, feed: &str) -> Result<Option<String>> {
        let query = Query::new("SELECT place FROM place WHERE name = $1", [Val::from(feed)]);
        self.rows(query).await?.pop().map(|mut row| row.text()).transpose()
    }

    /// The position in the event log that a reader of it keeps as its place; 0 where it kept none.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn position_kept(&self, reader: &str) -> Result<i64> {
        let place = self.place(reader).await?;
        Ok(place.and_then(|it| it.parse().ok()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Scratch, done};

    #[tokio::test]
    async fn a_place_moves_on() {
        let store = Scratch::open().await;
        assert_eq!(store.place("erp").await.unwrap(), None);
        for place in ["1:20", "1:40"] {
            done(&store, |batch| batch.put_place("erp", place)).await;
            assert_eq!(store.place("erp").await.unwrap().as_deref(), Some(place));
        }
    }
}
