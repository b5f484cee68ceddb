//! Faults between the gateway and PostgreSQL.

use crate::run::{LATE, SETTINGS, tell, through};
use tests::database::Database;
use tests::other::Other;
use tests::road::{Fault, Road};
use tests::{TestGateway, many};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_with_the_database_every_invoice_is_kept_and_booked_once() {
    let Some(database) = Database::where_asked() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    many::data(&data, 200);
    let data = data.display().to_string();
    let other = TestGateway::with(&[("THREEWAY__BACKENDS__DEMO__DATA", &data)]).await;
    let other = Other::over(other).await;
    let (start, rest) = database.url.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let road = Road::to(server).await;
    let url = format!("{start}@{}/{name}", road.address());
    let store = [("THREEWAY__STORE", url.as_str())];
    let gateway = other.followed(&other.url, &[&SETTINGS[..], &store].concat()).await;
    let (mut rows, mut next) = (Vec::new(), 0);
    // a database answers no HTTP
    for fault in Fault::all(LATE).into_iter().filter(|it| *it != Fault::Throttled) {
        rows.push(through(&gateway, (&road, fault), &other.gateway, &mut next).await);
    }
    tell("the gateway and PostgreSQL", &rows);
    gateway.parts().store.close().await;
}
