//! The orders that are followed: in which flow each stands and where it stood when it was last
//! looked at; and the evidence of what was sent and answered about it.

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::row::Row;
use canonical::{PurchaseOrderNumber, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most evidence of one order that is read.
const EVIDENCE_MAX: u32 = 1000;

/// An order that is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedOrder {
    /// Its number.
    pub number: PurchaseOrderNumber,
    /// How often where it stands has changed; an update with another version than the kept one is
    /// stale. Set by the store: 1 after the insert.
    pub version: i64,
    /// The root of its flow.
    pub correlation_id: String,
    /// Where it stood: a word of whoever follows it.
    pub lifecycle: String,
}

/// Something that was sent or answered about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderEvidence {
    /// Its id: the same document has the same.
    pub id: String,
    /// The order.
    pub purchase_order_number: PurchaseOrderNumber,
    /// What it is.
    pub kind: EvidenceKind,
    /// Who brought it.
    pub recorded_by: String,
    /// When it was kept (UTC).
    pub recorded_at: Timestamp,
    /// What it says, as JSON text.
    pub body_json: String,
}

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The order was delivered to the supplier.
    Dispatch,
    /// The supplier's answer.
    Acknowledgement,
    /// What is on its way.
    ShipNotice,
}

impl EvidenceKind {
    /// The word in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Acknowledgement => "acknowledgement",
            Self::ShipNotice => "ship_notice",
        }
    }
}

impl Batch {
    /// Follows an order from now on. `version` is the store's to set; one that is followed already
    /// stays as it is.
    pub fn follow_order(&mut self, it: &FollowedOrder) {
        self.run(
            "INSERT INTO followed_order (purchase_order_number, version, correlation_id, lifecycle)
             VALUES ($1, 1, $2, $3) ON CONFLICT (purchase_order_number) DO NOTHING",
            [Val::text(&it.number), Val::text(&it.correlation_id), Val::text(&it.lifecycle)],
        );
    }

    /// Keeps where an order stands now. Stale (`order NUMBER`) where somebody did so since it was
    /// read.
    pub fn move_order(&mut self, it: &FollowedOrder) {
        self.expect_one(
            format!("order {}", it.number),
            "UPDATE followed_order SET version = version + 1, lifecycle = $3
             WHERE purchase_order_number = $1 AND version = $2",
            [Val::text(&it.number), it.version.into(), Val::text(&it.lifecycle)],
        );
    }

    /// Keeps evidence; stale (`evidence ID`) where it is kept already.
    pub fn insert_evidence(&mut self, it: &OrderEvidence) {
        self.expect_one(
            format!("evidence {}", it.id),
            "INSERT INTO order_evidence
                (id, purchase_order_number, kind, recorded_by, recorded_at, body)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
            [
                Val::text(&it.id),
                Val::text(&it.purchase_order_number),
                Val::from(it.kind.name()),
                Val::text(&it.recorded_by),
                it.recorded_at.into(),
                Val::text(&it.body_json),
            ],
        );
    }
}

const FOLLOWED: &str = "SELECT purchase_order_number, version, correlation_id, lifecycle
    FROM followed_order WHERE ";

impl Store {
    /// Those of some orders that are followed.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn followed_orders(
        &self,
        numbers: &[PurchaseOrderNumber],
    ) -> Result<BTreeMap<PurchaseOrderNumber, FollowedOrder>> {
        let numbers: Vec<Val> = numbers.iter().map(Val::text).collect();
        let sql = format!("{FOLLOWED} purchase_order_number IN ");
        let queries = numbers.chunks(KEYS_MAX).map(|it| Query::listing(&sql, it));
        let rows = self.rows_of_all(queries.collect()).await?;
        let followed = rows.into_iter().map(followed);
        followed.map(|it| it.map(|it| (it.number.clone(), it))).collect()
    }

    /// The orders that are followed in a flow.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn orders_of_flow(&self, correlation_id: &str) -> Result<Vec<FollowedOrder>> {
        let sql = format!("{FOLLOWED} correlation_id = $1 ORDER BY purchase_order_number");
        let rows = self.rows(Query::new(sql, [Val::from(correlation_id)])).await?;
        rows.into_iter().map(followed).collect()
    }

    /// What was sent and answered about an order, oldest first; at most 1000 pieces.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn evidence_of(&self, number: &PurchaseOrderNumber) -> Result<Vec<OrderEvidence>> {
        let query = Query::new(
            "SELECT id, purchase_order_number, kind, recorded_by, recorded_at, body
             FROM order_evidence WHERE purchase_order_number = $1 ORDER BY seq LIMIT $2",
            [Val::text(number), EVIDENCE_MAX.into()],
        );
        self.rows(query).await?.into_iter().map(evidence).collect()
    }
}

fn followed(mut row: Row) -> Result<FollowedOrder> {
    Ok(FollowedOrder {
        number: row.parsed()?,
        version: row.int()?,
        correlation_id: row.text()?,
        lifecycle: row.text()?,
    })
}

fn evidence(mut row: Row) -> Result<OrderEvidence> {
    Ok(OrderEvidence {
        id: row.text()?,
        purchase_order_number: row.parsed()?,
        kind: row.word()?,
        recorded_by: row.text()?,
        recorded_at: row.time()?,
        body_json: row.text()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scratch, at, done, stale};

    fn order(flow: &str) -> FollowedOrder {
        FollowedOrder {
            number: "PO-1".parse().unwrap(),
            version: 1,
            correlation_id: flow.to_owned(),
            lifecycle: "approved".to_owned(),
        }
    }

    #[tokio::test]
    async fn an_order_is_followed_once_and_moved_by_one() {
        let store = Scratch::open().await;
        done(&store, |batch| batch.follow_order(&order("req_1"))).await;
        done(&store, |batch| batch.follow_order(&order("PO-1"))).await;
        let numbers = ["PO-1".parse().unwrap(), "PO-2".parse().unwrap()];
        let mut kept: Vec<_> =
            store.followed_orders(&numbers).await.unwrap().into_values().collect();
        assert_eq!(kept, [order("req_1")]);
        assert_eq!(store.orders_of_flow("req_1").await.unwrap(), kept);
        kept[0].lifecycle = "dispatched".to_owned();
        done(&store, |batch| batch.move_order(&kept[0])).await;
        assert_eq!(stale(&store, |batch| batch.move_order(&kept[0])).await, "order PO-1");
    }

    #[tokio::test]
    async fn evidence_is_kept_once_in_the_order_it_came() {
        let store = Scratch::open().await;
        let piece = |id: &str, kind| OrderEvidence {
            id: id.to_owned(),
            purchase_order_number: "PO-1".parse().unwrap(),
            kind,
            recorded_by: "edi".to_owned(),
            recorded_at: at(1),
            body_json: "{}".to_owned(),
        };
        let all = [
            piece("b", EvidenceKind::Dispatch),
            piece("a", EvidenceKind::Acknowledgement),
            piece("c", EvidenceKind::ShipNotice),
        ];
        done(&store, |batch| all.iter().for_each(|it| batch.insert_evidence(it))).await;
        assert_eq!(stale(&store, |batch| batch.insert_evidence(&all[0])).await, "evidence b");
        assert_eq!(store.evidence_of(&"PO-1".parse().unwrap()).await.unwrap(), all);
    }
}
