//! Lists of invoices: newest first for readers, oldest first for those who work off what waits.
//! Both go on from a key, never from an offset, so that a page costs the same however long the
//! history is.

use crate::Store;
use crate::batch::{Query, Val};
use crate::invoice::{HEAD, InvoiceHead, head};
use crate::paging::{cut, keys, one_more};
use canonical::{Code, FacilityId, InvoiceState, Page, PageRequest, Result, SupplierId};

/// Which invoices to list; `None` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// In this state.
    pub state: Option<InvoiceState>,
    /// Of this supplier.
    pub supplier_id: Option<SupplierId>,
    /// For this facility.
    pub facility_id: Option<FacilityId>,
    /// With this reason.
    pub reason: Option<Code>,
}

impl Store {
    /// Invoices, newest first.
    ///
    /// # Errors
    /// `invalid` where the cursor is not one of this list, or `unavailable` or `internal` where
    /// the store cannot answer.
    pub async fn invoices(
        &self,
        filter: &InvoiceFilter,
        page: &PageRequest,
    ) -> Result<Page<InvoiceHead>> {
        let rows = self.rows(newest(filter, page)?).await?;
        cut(rows, page, head, |row| Ok(format!("n{}", row.int()?)))
    }

    /// Invoices that are blocked or exceptions, those that wait longest first.
    ///
    /// # Errors
    /// `invalid` where the cursor is not one of this list, or `unavailable` or `internal` where
    /// the store cannot answer.
    pub async fn waiting_invoices(
        &self,
        filter: &InvoiceFilter,
        page: &PageRequest,
    ) -> Result<Page<InvoiceHead>> {
        let rows = self.rows(waiting(filter, page)?).await?;
        cut(rows, page, head, |row| Ok(format!("w{}.{}", row.int()?, row.int()?)))
    }
}

fn newest(filter: &InvoiceFilter, page: &PageRequest) -> Result<Query> {
    let mut query = Query::new("", []);
    // ok: where a reason is asked for, its index gives the order
    let (seq, mut sql) = match filter.reason {
        Some(code) => {
            let code = query.arg(Val::text(code));
            let join = "FROM invoice_reason r JOIN invoice i ON i.seq = r.seq";
            ("r.seq", format!("r.seq {join} WHERE r.code = {code}"))
        }
        None => ("i.seq", "i.seq FROM invoice i WHERE i.seq > 0".to_owned()),
    };
    sql += &narrowed(filter, &mut query);
    if let Some(cursor) = &page.cursor {
        let [last] = keys(cursor, 'n')?;
        sql += &format!(" AND {seq} < {}", query.arg(last.into()));
    }
    let limit = query.arg(one_more(page).into());
    query.sql = format!("SELECT {HEAD}, {sql} ORDER BY {seq} DESC LIMIT {limit}").into();
    Ok(query)
}

fn waiting(filter: &InvoiceFilter, page: &PageRequest) -> Result<Query> {
    let mut query = Query::new("", []);
    let mut sql =
        "i.waiting_since, i.seq FROM invoice i WHERE i.waiting_since IS NOT NULL".to_owned();
    sql += &narrowed(filter, &mut query);
    if let Some(code) = filter.reason {
        let code = query.arg(Val::text(code));
        sql += &format!(
            " AND EXISTS (SELECT 1 FROM invoice_reason r WHERE r.code = {code} AND r.seq = i.seq)"
        );
    }
    if let Some(cursor) = &page.cursor {
        let [since, seq] = keys(cursor, 'w')?;
        let (since, seq) = (query.arg(since.into()), query.arg(seq.into()));
        sql += &format!(" AND (i.waiting_since, i.seq) > ({since}, {seq})");
    }
    let limit = query.arg(one_more(page).into());
    query.sql =
        format!("SELECT {HEAD}, {sql} ORDER BY i.waiting_since, i.seq LIMIT {limit}").into();
    Ok(query)
}

fn narrowed(filter: &InvoiceFilter, query: &mut Query) -> String {
    let columns = [
        ("state", filter.state.map(|it| Val::from(it.name()))),
        ("supplier_id", filter.supplier_id.as_ref().map(Val::text)),
        ("facility_id", filter.facility_id.as_ref().map(Val::text)),
    ];
    let mut sql = String::new();
    for (column, value) in columns {
        if let Some(value) = value {
            sql += &format!(" AND i.{column} = {}", query.arg(value));
        }
    }
    sql
}

#[cfg(test)]
mod tests;
