//! The index by which possible duplicates are found (`domain.md` A16): a look is a few ranges of a
//! narrow table, however many invoices there are. Who is a duplicate, the match decides.

mod key;

pub use key::{DuplicateKey, DuplicateKind, Party, duplicate_keys, self_billed_keys};

use crate::Store;
use crate::batch::{Batch, KEYS_MAX, Query, Val};
use crate::invoice::{HEAD, InvoiceHead, head};
use crate::row::Row;
use crate::schema::Fill;
use canonical::{Invoice, MatchResult, Result};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The most invoices that one look gives; the nearest in time where there are more.
const FOUND_MAX: usize = 200;
/// The most of them that come with their lines.
const WITH_LINES_MAX: usize = 50;

/// A key to look for, and how far around the date.
#[derive(Clone, Debug)]
pub struct DuplicateSearch {
    /// The key.
    pub key: DuplicateKey,
    /// How many days before and after; `None` for ever.
    pub days: Option<u32>,
}

/// An invoice that shares a key.
#[derive(Clone, Debug)]
pub struct Alike {
    /// What is known about it.
    pub head: InvoiceHead,
    /// The invoice and its latest decision, where a key of its lines was shared.
    pub lines: Option<(Invoice, MatchResult)>,
    /// The parties by whom it was found.
    pub parties: BTreeSet<Party>,
}

/// What the index says of one invoice.
#[derive(Default)]
struct Candidate {
    distance: u64,
    with_lines: bool,
    parties: BTreeSet<Party>,
}

impl Batch {
    /// Makes an invoice findable; it must be in the store or in this batch before.
    pub fn insert_duplicate_keys(&mut self, head: &InvoiceHead, keys: &[DuplicateKey]) {
        for key in keys {
            self.run(
                "INSERT INTO duplicate_key (name, day, seq)
                 SELECT $1, $2, seq FROM invoice WHERE id = $3
                 ON CONFLICT (name, day, seq) DO NOTHING",
                [key.name().into(), day(head.invoice_date).into(), Val::text(&head.id)],
            );
        }
    }
}

impl Store {
    /// The invoices in whatever state that share one of the keys, nearest to `date` first, at most
    /// 200 and of those at most 50 with their lines.
    ///
    /// # Errors
    /// `unavailable` or `internal` where the store cannot answer.
    pub async fn alike(&self, searches: &[DuplicateSearch], date: Date) -> Result<Vec<Alike>> {
        let day = day(date);
        let queries = searches.iter().map(|it| look(it, day)).collect();
        let mut found: BTreeMap<i64, Candidate> = BTreeMap::new();
        for (search, rows) in searches.iter().zip(self.rows_of_each(queries).await?) {
            for mut row in rows {
                let (seq, of) = (row.int()?, row.int()?);
                let candidate = found.entry(seq).or_default();
                candidate.distance = of.abs_diff(day);
                candidate.with_lines |= search.key.is_of_lines();
                candidate.parties.extend(search.key.party().cloned());
            }
        }
        self.read_alike(nearest(found)).await
    }

    async fn read_alike(&self, mut found: BTreeMap<i64, Candidate>) -> Result<Vec<Alike>> {
        let seqs = |with_lines| -> Vec<Val> {
            let these = found.iter().filter(|(_seq, it)| it.with_lines == with_lines);
            these.map(|(seq, _candidate)| Val::from(*seq)).collect()
        };
        let (plain, lined) = (seqs(false), seqs(true));
        let none = format!("SELECT i.seq, {HEAD}, NULL, NULL FROM invoice i WHERE i.seq IN ");
        let whole = format!(
            "SELECT i.seq, {HEAD}, i.body, m.result FROM invoice i
             LEFT JOIN match_run m ON m.invoice_id = i.id AND m.run_no = i.run_no WHERE i.seq IN "
        );
        let queries = plain.chunks(KEYS_MAX).map(|it| Query::listing(&none, it));
        let queries = queries.chain(lined.chunks(KEYS_MAX).map(|it| Query::listing(&whole, it)));
        let mut alike = Vec::with_capacity(found.len());
        for mut row in self.rows_of_all(queries.collect()).await? {
            let seq = row.int()?;
            let head = head(&mut row)?;
            let lines = row.json_or_null()?.zip(row.json_or_null()?);
            let Candidate { distance, parties, .. } = found.remove(&seq).unwrap_or_default();
            alike.push((distance, Alike { head, lines, parties }));
        }
        alike.sort_by(|(a, one), (b, other)| (a, &one.head.id).cmp(&(b, &other.head.id)));
        Ok(alike.into_iter().map(|(_distance, it)| it).collect())
    }
}

/// The nearest only, and lines for the nearest of those that are to have them.
fn nearest(found: BTreeMap<i64, Candidate>) -> BTreeMap<i64, Candidate> {
    let mut found: Vec<(i64, Candidate)> = found.into_iter().collect();
    found.sort_by_key(|(seq, it)| (!it.with_lines, it.distance, std::cmp::Reverse(*seq)));
    let mut kept: BTreeMap<i64, Candidate> = found.drain(..found.len().min(FOUND_MAX)).collect();
    let mut lined: Vec<(&i64, &mut Candidate)> =
        kept.iter_mut().filter(|(_seq, it)| it.with_lines).collect();
    lined.sort_by_key(|(seq, it)| (it.distance, std::cmp::Reverse(**seq)));
    for (_seq, it) in lined.into_iter().skip(WITH_LINES_MAX) {
        it.with_lines = false;
    }
    kept
}

/// Three walks from the date: the same day, later, earlier; each ends at its limit.
fn look(search: &DuplicateSearch, day: i64) -> Query {
    let days = search.days.map_or(i64::from(i32::MAX), i64::from);
    Query::new(
        "SELECT seq, day FROM (SELECT seq, day FROM duplicate_key
             WHERE name = $1 AND day = $2 ORDER BY seq DESC LIMIT $5) AS same
         UNION ALL SELECT seq, day FROM (SELECT seq, day FROM duplicate_key
             WHERE name = $1 AND day > $2 AND day <= $3 ORDER BY day, seq LIMIT $5) AS later
         UNION ALL SELECT seq, day FROM (SELECT seq, day FROM duplicate_key
             WHERE name = $1 AND day < $2 AND day >= $4 ORDER BY day DESC, seq DESC LIMIT $5)
             AS earlier",
        [
            search.key.name().into(),
            day.into(),
            day.saturating_add(days).into(),
            day.saturating_sub(days).into(),
            search.key.found_max().into(),
        ],
    )
}

/// Days since 1970.
fn day(date: Date) -> i64 {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    EPOCH.until(date).map_or(0, |span| span.get_days().into())
}

/// Makes the invoices of an earlier version findable.
pub(crate) const FILL: Fill = Fill {
    page: "SELECT seq, supplier_group, body FROM invoice WHERE seq > $1 ORDER BY seq LIMIT 500",
    of_row: fill,
};

fn fill(mut row: Row) -> Result<(i64, Vec<Query>)> {
    let seq = row.int()?;
    let parties = [Party::Group(row.text()?)];
    let invoice: Invoice = row.json()?;
    let insert = |key: DuplicateKey| {
        Query::new(
            "INSERT INTO duplicate_key (name, day, seq) VALUES ($1, $2, $3)
             ON CONFLICT (name, day, seq) DO NOTHING",
            [Val::from(key.name()), day(invoice.invoice_date).into(), seq.into()],
        )
    };
    Ok((seq, duplicate_keys(&invoice, &parties).into_iter().map(insert).collect()))
}

#[cfg(test)]
mod tests;
