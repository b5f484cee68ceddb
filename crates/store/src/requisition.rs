//! Requisitions: what is asked for before it is ordered, and where it stands.

use crate::Store;
use crate::batch::{Batch, Query, Val};
use crate::paging::{cut, keys, one_more};
use crate::row::Row;
use canonical::{
    Error, FacilityId, Page, PageRequest, PurchaseOrderNumber, RequisitionId, RequisitionState,
    Result, SupplierId,
};
use jiff::Timestamp;

/// A requisition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requisition {
    /// Its id: `req_` and a ULID.
    pub id: RequisitionId,
    /// How often it was changed; an update with another version than the kept one is stale. Set by
    /// the store: 1 after the insert.
    pub version: i64,
    /// Where it stands.
    pub state: RequisitionState,
    /// Who asks.
    pub requester: String,
    /// From whom it is to be bought.
    pub supplier_id: SupplierId,
    /// The facility it is for.
    pub facility_id: Option<FacilityId>,
    /// The order that was made of it.
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// When it was written (UTC).
    pub created_at: Timestamp,
    /// When it was last changed (UTC).
    pub updated_at: Timestamp,
    /// What else is known about it, as JSON text.
    pub body_json: String,
}

/// Which requisitions to list; `None` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequisitionFilter {
    /// In this state.
    pub state: Option<RequisitionState>,
    /// From this supplier.
    pub supplier_id: Option<SupplierId>,
    /// For this facility.
    pub facility_id: Option<FacilityId>,
}

const REQUISITION: &str = "r.id, r.version, r.state, r.requester, r.supplier_id, r.facility_id,
    r.purchase_order_number, r.created_at, r.updated_at, r.body";

impl Batch {
    /// Keeps a new requisition. `version` is the store's to set.
    pub fn insert_requisition(&mut self, it: &Requisition) {
        self.run(
            "INSERT INTO requisition (id, version, state, requester, supplier_id, facility_id,
                purchase_order_number, created_at, updated_at, body)
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)",
            [
                Val::text(&it.id),
                Val::from(it.state.name()),
                Val::text(&it.requester),
                Val::text(&it.supplier_id),
                Val::text_or_null(it.facility_id.as_ref()),
                Val::text_or_null(it.purchase_order_number.as_ref()),
                it.created_at.into(),
                it.updated_at.into(),
                Val::text(&it.body_json),
            ],
        );
    }

    /// Writes what may change of a requisition. Stale (`requisition ID`) where somebody changed it
    /// since it was read.
    pub fn update_requisition(&mut self, it: &Requisition) {
        self.expect_one(
            format!("requisition {}", it.id),
            "UPDATE requisition SET version = version + 1, state = $3, purchase_order_number = $4,
                updated_at = $5, body = $6
             WHERE id = $1 AND version = $2",
            [
                Val::text(&it.id),
                it.version.into(),
                Val::from(it.state.name()),
                Val::text_or_null(it.purchase_order_number.as_ref()),
                it.updated_at.into(),
                Val::text(&it.body_json),
            ],
        );
    }
}

impl Store {
    /// A requisition by its id.
    ///
    /// # Errors
    /// `not_found`, or `unavailable` or `internal` where the store cannot answer.
    pub async fn requisition(&self, id: &RequisitionId) -> Result<Requisition> {
        let sql = format!("SELECT {REQUISITION} FROM requisition r WHERE r.id = $1");
        let row = self.rows(Query::new(sql, [Val::text(id)])).await?.pop();
        read(&mut row.ok_or_else(|| Error::not_found("requisition", id))?)
    }

    /// Requisitions, the newest first.
    ///
    /// # Errors
    /// `invalid` where the cursor is not one of this list, or `unavailable` or `internal` where
    /// the store cannot answer.
    pub async fn requisitions(
        &self,
        filter: &RequisitionFilter,
        page: &PageRequest,
    ) -> Result<Page<Requisition>> {
        let mut query = Query::new("", []);
        let mut sql = format!("SELECT {REQUISITION}, r.seq FROM requisition r WHERE r.seq > 0");
        let columns = [
            ("state", filter.state.map(|it| Val::from(it.name()))),
            ("supplier_id", filter.supplier_id.as_ref().map(Val::text)),
            ("facility_id", filter.facility_id.as_ref().map(Val::text)),
        ];
        for (column, value) in columns {
            if let Some(value) = value {
                sql += &format!(" AND r.{column} = {}", query.arg(value));
            }
        }
        if let Some(cursor) = &page.cursor {
            let [seq] = keys(cursor, 'r')?;
            sql += &format!(" AND r.seq < {}", query.arg(seq.into()));
        }
        let limit = query.arg(one_more(page).into());
        query.sql = format!("{sql} ORDER BY r.seq DESC LIMIT {limit}").into();
        let rows = self.rows(query).await?;
        cut(rows, page, read, |row| Ok(format!("r{}", row.int()?)))
    }
}

fn read(row: &mut Row) -> Result<Requisition> {
    Ok(Requisition {
        id: row.parsed()?,
        version: row.int()?,
        state: row.word()?,
        requester: row.text()?,
        supplier_id: row.parsed()?,
        facility_id: row.parsed_or_null()?,
        purchase_order_number: row.parsed_or_null()?,
        created_at: row.time()?,
        updated_at: row.time()?,
        body_json: row.text()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scratch, at, done, stale};

    fn requisition(place: i64) -> Requisition {
        Requisition {
            id: format!("req_{place}").parse().unwrap(),
            version: 1,
            state: RequisitionState::Draft,
            requester: "ann".to_owned(),
            supplier_id: format!("SUP-{}", place % 2).parse().unwrap(),
            facility_id: None,
            purchase_order_number: None,
            created_at: at(place),
            updated_at: at(place),
            body_json: "{}".to_owned(),
        }
    }

    #[tokio::test]
    async fn of_two_changes_at_once_one_is_stale() {
        let store = Scratch::open().await;
        done(&store, |batch| batch.insert_requisition(&requisition(1))).await;
        let id = "req_1".parse().unwrap();
        let mut kept = store.requisition(&id).await.unwrap();
        assert_eq!(kept, requisition(1));
        kept.state = RequisitionState::AwaitingApproval;
        done(&store, |batch| batch.update_requisition(&kept)).await;
        assert_eq!(
            stale(&store, |batch| batch.update_requisition(&kept)).await,
            "requisition req_1"
        );
        let after = store.requisition(&id).await.unwrap();
        assert_eq!((after.version, after.state), (2, RequisitionState::AwaitingApproval));
    }

    #[tokio::test]
    async fn the_newest_comes_first_page_by_page() {
        let store = Scratch::open().await;
        done(&store, |batch| (1..=5).for_each(|it| batch.insert_requisition(&requisition(it))))
            .await;
        let filter = RequisitionFilter {
            supplier_id: Some("SUP-1".parse().unwrap()),
            ..RequisitionFilter::default()
        };
        let mut page = PageRequest { limit: 2, cursor: None };
        let first = store.requisitions(&filter, &page).await.unwrap();
        let ids = |it: &Page<Requisition>| -> Vec<String> {
            it.items.iter().map(|it| it.id.to_string()).collect()
        };
        assert_eq!(ids(&first), ["req_5", "req_3"]);
        page.cursor = first.next_cursor;
        let second = store.requisitions(&filter, &page).await.unwrap();
        assert_eq!((ids(&second), second.next_cursor), (vec!["req_1".to_owned()], None));
    }
}
