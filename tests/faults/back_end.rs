//! Faults between the gateway and a back end.

use crate::run::{LATE, SETTINGS, tell, through};
use tests::other::Other;
use tests::road::{Fault, Road};
use tests::{TestGateway, many};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_with_a_back_end_every_invoice_is_kept_and_booked_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    many::data(&data, 200);
    let data = data.display().to_string();
    let other = TestGateway::with(&[("THREEWAY__BACKENDS__DEMO__DATA", &data)]).await;
    let other = Other::over(other).await;
    let road = Road::to(other.url.rsplit('/').next().unwrap()).await;
    let url = ["http", "://", &road.address().to_string()].concat();
    let gateway = other.followed(&url, &SETTINGS).await;
    let (mut rows, mut next) = (Vec::new(), 0);
    for fault in Fault::all(LATE) {
        rows.push(through(&gateway, (&road, fault), &other.gateway, &mut next).await);
    }
    tell("the gateway and a back end", &rows);
}
