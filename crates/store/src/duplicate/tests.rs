use super::*;
use crate::testing::{Scratch, done, head, invoice};
use canonical::Decimal;

fn group(name: &str) -> Vec<Party> {
    vec![Party::Group(name.to_owned())]
}

fn dated(number: usize, date: &str) -> InvoiceHead {
    InvoiceHead { invoice_date: date.parse().unwrap(), ..head(number) }
}

async fn insert(scratch: &Scratch, head: &InvoiceHead, parties: &[Party]) {
    let keys = duplicate_keys(&invoice(head), parties);
    done(scratch, |batch| {
        batch.insert_invoice(head, &invoice(head)).unwrap();
        batch.insert_duplicate_keys(head, &keys);
    })
    .await;
}

/// The ids found for an invoice, by keys of these kinds.
async fn found(
    scratch: &Scratch,
    of: &InvoiceHead,
    parties: &[Party],
    kinds: &[DuplicateKind],
) -> Vec<String> {
    let keys = duplicate_keys(&invoice(of), parties).into_iter();
    let searches: Vec<DuplicateSearch> = keys
        .filter(|it| kinds.contains(&it.kind()))
        .map(|key| DuplicateSearch { days: Some(7), key })
        .collect();
    let alike = scratch.alike(&searches, of.invoice_date).await.unwrap();
    alike.into_iter().map(|it| it.head.id.to_string()).collect()
}

const AMOUNT: &[DuplicateKind] = &[DuplicateKind::Amount];

#[tokio::test]
async fn an_amount_is_found_within_days_and_its_party() {
    let scratch = Scratch::open().await;
    insert(&scratch, &dated(1, "2026-05-04"), &group("A")).await;
    insert(&scratch, &dated(2, "2026-05-11"), &group("A")).await;
    insert(&scratch, &dated(3, "2026-05-12"), &group("A")).await;
    insert(&scratch, &dated(4, "2026-05-04"), &group("B")).await;
    let other = InvoiceHead { gross_amount: Decimal::ONE, ..dated(5, "2026-05-04") };
    insert(&scratch, &other, &group("A")).await;
    let ids = found(&scratch, &dated(9, "2026-05-04"), &group("A"), AMOUNT).await;
    assert_eq!(ids, [head(1).id.to_string(), head(2).id.to_string()]);
}

#[tokio::test]
async fn a_shared_account_is_told() {
    let scratch = Scratch::open().await;
    let account = Party::Account("ab12".to_owned());
    let parties = [group("A"), vec![account.clone()]].concat();
    insert(&scratch, &dated(1, "2026-05-04"), &parties).await;
    let of = invoice(&dated(1, "2026-05-05"));
    let keys = duplicate_keys(&of, &[group("B"), vec![account.clone()]].concat());
    let searches: Vec<_> =
        keys.into_iter().map(|key| DuplicateSearch { key, days: None }).collect();
    let alike = scratch.alike(&searches, of.invoice_date).await.unwrap();
    assert_eq!(alike.len(), 1);
    assert_eq!(alike[0].parties, BTreeSet::from([account]));
    assert!(alike[0].lines.is_none());
}

#[tokio::test]
async fn the_nearest_are_found_where_there_are_too_many() {
    let scratch = Scratch::open().await;
    for number in 1..=230 {
        let date = if number <= 115 { "2026-05-04" } else { "2026-05-06" };
        insert(&scratch, &dated(number, date), &group("A")).await;
    }
    let ids = found(&scratch, &dated(999, "2026-05-05"), &group("A"), AMOUNT).await;
    assert_eq!(ids.len(), 200);
    let ids = found(&scratch, &dated(999, "2026-05-06"), &group("A"), AMOUNT).await;
    assert_eq!(ids.len(), 200);
    assert!(ids.contains(&head(230).id.to_string()), "the newest of the same day is there");
}

#[tokio::test]
async fn a_look_is_a_walk_of_the_key() {
    let scratch = Scratch::open().await;
    let key = duplicate_keys(&invoice(&head(1)), &group("A")).remove(0);
    let query = look(&DuplicateSearch { key, days: None }, 20_000);
    if scratch.is_postgres() {
        return scratch.assert_walks(&query.sql, &["duplicate_key_pkey"]);
    }
    let plan = scratch.plan(&query.sql);
    assert!(plan.contains("SEARCH duplicate_key USING PRIMARY KEY (name=? AND day=?)"), "{plan}");
    assert!(!plan.contains("SCAN duplicate_key"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn invoices_of_an_earlier_version_are_found() {
    let scratch = Scratch::open().await;
    let old = dated(1, "2026-05-04");
    done(&scratch, |batch| batch.insert_invoice(&old, &invoice(&old)).unwrap()).await;
    // as the version before left it
    let sql = "DROP TABLE duplicate_key; DELETE FROM migration WHERE name = '0003_duplicate_key'";
    scratch.execute(sql);
    let scratch = scratch.reopen().await;
    let ids = found(&scratch, &dated(9, "2026-05-04"), &group("SUP-1"), AMOUNT).await;
    assert_eq!(ids, [old.id.to_string()]);
}
