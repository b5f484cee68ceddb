//! How old what waits is, and how much money waits with it (`domain.md` C4). Only what is open is
//! read: what is over costs nothing, however much that is.

use super::{AgeBucket, Body};
use crate::Process;
use canonical::{Currency, Error, InvoiceId, Money, PageRequest, Principal, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::OpenCase;
use utoipa::ToSchema;

/// By what ageing is summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgeingBy {
    /// By the reasons.
    #[default]
    Reason,
    /// By the queues.
    Owner,
    /// By the facilities.
    Facility,
    /// By the suppliers.
    Supplier,
}

/// How old what waits is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ageing {
    /// By what it is summed.
    pub by: AgeingBy,
    /// When it was read (UTC).
    pub as_of: Timestamp,
    /// The sums, one per reason, queue, facility or supplier and per currency. An invoice counts
    /// once in each of which it has a part, so that they do not add up to the whole.
    pub items: Vec<AgeingSum>,
}

/// What waits of one reason, queue, facility or supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgeingSum {
    /// Which; `null` for invoices without a facility.
    #[schema(required = true, example = "PRC-01")]
    pub key: Option<String>,
    /// How many invoices.
    pub invoices: u64,
    /// How many of them have a case that is late.
    pub overdue: u64,
    /// What they ask for.
    pub at_stake: Money,
    /// The same by age, the youngest first; those in which nothing is are left out.
    pub buckets: Vec<AgeingPart>,
}

/// What waits of one age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgeingPart {
    /// The calendar days since the oldest hold was opened.
    pub bucket: AgeBucket,
    /// How many invoices.
    pub invoices: u64,
    /// What they ask for.
    pub at_stake: Money,
}

/// An invoice in one sum.
struct Waiting {
    opened_at: Timestamp,
    is_overdue: bool,
    gross: Money,
}

type Sums = BTreeMap<(Option<String>, &'static str), BTreeMap<InvoiceId, Waiting>>;

impl Process {
    /// How old what waits is, and how much money waits with it.
    ///
    /// # Errors
    /// `forbidden` for a supplier; what the store says.
    pub async fn ageing(&self, principal: &Principal, by: AgeingBy) -> Result<Ageing> {
        principal.for_staff("cases")?;
        let as_of = self.now();
        let mut sums = Sums::new();
        let mut page = PageRequest { limit: PageRequest::LIMIT_MAX, cursor: None };
        loop {
            let found = self.store().open_cases(&page).await?;
            for case in &found.items {
                add(&mut sums, case, by, as_of)?;
            }
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let items = sums.into_iter().map(|((key, _currency), it)| sum(key, &it, as_of));
        Ok(Ageing { by, as_of, items: items.collect::<Result<_>>()? })
    }
}

fn add(sums: &mut Sums, case: &OpenCase, by: AgeingBy, now: Timestamp) -> Result<()> {
    let gross = Money::written(&case.gross_amount, case.currency)
        .map_err(|detail| Error::internal(format!("invoice {}: {detail}", case.invoice_id)))?;
    let keys = match by {
        AgeingBy::Reason => codes(case)?.into_iter().map(Some).collect(),
        AgeingBy::Owner => vec![Some(case.queue.clone())],
        AgeingBy::Facility => vec![case.facility_id.as_ref().map(ToString::to_string)],
        AgeingBy::Supplier => vec![Some(case.supplier_id.to_string())],
    };
    for key in keys {
        let of_key = sums.entry((key, case.currency.code())).or_default();
        let waiting = of_key.entry(case.invoice_id.clone()).or_insert(Waiting {
            opened_at: case.opened_at,
            is_overdue: false,
            gross,
        });
        waiting.opened_at = waiting.opened_at.min(case.opened_at);
        waiting.is_overdue |= case.due_at < now;
    }
    Ok(())
}

fn codes(case: &OpenCase) -> Result<Vec<String>> {
    let prints = Body::read(&case.body_json)?.prints;
    let mut codes: Vec<String> = prints.iter().map(|it| it.print.code.to_string()).collect();
    codes.dedup();
    Ok(codes)
}

fn sum(
    key: Option<String>,
    waiting: &BTreeMap<InvoiceId, Waiting>,
    now: Timestamp,
) -> Result<AgeingSum> {
    let mut buckets = Vec::new();
    for bucket in AgeBucket::ALL {
        let is_in =
            |it: &&Waiting| AgeBucket::of(now.duration_since(it.opened_at).as_secs()) == bucket;
        let own: Vec<&Waiting> = waiting.values().filter(is_in).collect();
        if let Some(at_stake) = total(&own)? {
            buckets.push(AgeingPart { bucket, invoices: count(own.len()), at_stake });
        }
    }
    let all: Vec<&Waiting> = waiting.values().collect();
    let at_stake = total(&all)?.ok_or_else(|| Error::internal("a sum of nothing was asked for"))?;
    let overdue = count(all.iter().filter(|it| it.is_overdue).count());
    Ok(AgeingSum { key, invoices: count(all.len()), overdue, at_stake, buckets })
}

/// What they ask for together; `None` where there are none.
fn total(waiting: &[&Waiting]) -> Result<Option<Money>> {
    let mut sum: Option<(i128, Currency)> = None;
    for it in waiting {
        let before = sum.map_or(0, |(minor, _currency)| minor);
        let minor = before
            .checked_add(it.gross.minor())
            .ok_or_else(|| Error::internal("what waits is more than can be told"))?;
        sum = Some((minor, it.gross.currency()));
    }
    Ok(sum.map(|(minor, currency)| Money::from_minor(minor, currency)))
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
