//! TLS: who asks for it gets it or nothing, and knows whom it talks to.

use crate::Store;
use crate::testing::{Scratch, told};
use canonical::Kind;

/// A URL of the store of a test, by the server's name, and the file of whom to trust.
fn place(scratch: &Scratch) -> Option<(String, String)> {
    let authority = told("THREEWAY_TEST_POSTGRES_CA")?;
    let (url, _options) = scratch.url().split_once('?').map(|(a, b)| (a.to_owned(), b.len()))?;
    Some((url, authority))
}

#[tokio::test]
async fn a_certificate_is_checked_where_tls_is_required() {
    let scratch = Scratch::open().await;
    let Some((by_address, authority)) = place(&scratch) else { return };
    let by_name = by_address.replace("127.0.0.1", "localhost");
    let known = format!("sslmode=require&sslrootcert={authority}");
    for url in [
        format!("{by_name}?{known}&hostaddr=127.0.0.1"),
        format!("{by_name}?sslmode=verify-full&sslrootcert={authority}&hostaddr=127.0.0.1"),
        // any certificate will do, or none
        format!("{by_address}?sslmode=prefer"),
        by_address.clone(),
    ] {
        let store = Store::open(&url).await.unwrap();
        assert_eq!(store.event_position().await.unwrap(), 0);
        let row = crate::batch::Query::new(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
            [],
        );
        assert_eq!(store.rows(row).await.unwrap().remove(0).int().unwrap(), 1, "{url}");
    }
    for url in [
        // the machine does not trust it
        format!("{by_name}?sslmode=require&hostaddr=127.0.0.1"),
        // it is of another host
        format!("{by_address}?{known}"),
    ] {
        let error = Store::open(&url).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_so() {
    let scratch = Scratch::open().await;
    if !scratch.is_postgres() {
        return;
    }
    let url = scratch.url().replace("?", "_not_there?");
    let error = Store::open(&url).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.message().contains("database does not exist"), "{error:?}");
    let nobody = "postgres://me:secret@127.0.0.1:9/nothing";
    let error = Store::open(nobody).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}
