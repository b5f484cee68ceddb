//! PostgreSQL: many processes on one database. One thread writes, leases work and listens for news,
//! one reads; each has connections of its own, which come back after they were lost.

mod failure;
mod group;
mod news;
mod place;
mod reader;
mod session;
mod tls;
mod value;
mod writer;

pub(crate) use place::Place;
pub(crate) use session::{Done, Session, Step};

use super::{BULK_MAX, GROUP_MAX, Lanes, ReadJob, Ready, WriteJob};
use crate::readers::Readers;
use crate::schema;
use canonical::{Error, Result};
use futures_util::future::{Either, join3, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use news::News;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::{Mutex, mpsc, watch};
use writer::Writer;

/// Between two attempts to connect.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);

/// The thread that writes: brings the tables up to date, then commits what comes.
pub(super) fn write(
    place: Place,
    jobs: Lanes<mpsc::Receiver<WriteJob>>,
    leases: mpsc::Receiver<WriteJob>,
    commits: watch::Sender<u64>,
    ready: Ready,
) {
    run(ready, async move |ready: Ready| {
        let session = match opened(&place).await {
            Ok(session) => session,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let news = News::new(commits);
        let writer = Writer::new(&place, &news, session);
        let (bulk, leaser) = (Writer::another(&place, &news), Writer::another(&place, &news));
        ready.send(Ok(())).ok();
        let work = join3(
            writer.run(jobs.critical, GROUP_MAX),
            bulk.run(jobs.bulk, BULK_MAX),
            leaser.run(leases, GROUP_MAX),
        );
        match select(pin!(work), pin!(news::listen(&place, &news))).await {
            Either::Left(_done) => {}
            Either::Right((never, _work)) => match never {},
        }
    });
}

/// The thread that reads.
pub(super) fn read(
    place: &Place,
    jobs: Lanes<mpsc::Receiver<ReadJob>>,
    readers: Readers,
    ready: Ready,
) {
    run(ready, async move |ready: Ready| {
        ready.send(Ok(())).ok();
        let [critical, bulk] = jobs.each().map(Mutex::new);
        let lanes = [(&critical, readers.critical), (&bulk, readers.bulk)];
        let of_lane = |(jobs, count): (_, usize)| std::iter::repeat_n(jobs, count.max(1));
        let readers = lanes.into_iter().flat_map(of_lane).map(|jobs| reader::run(place, jobs));
        readers.collect::<FuturesUnordered<_>>().collect::<()>().await;
    });
}

/// Runs on this thread until it is done.
fn run<F: Future<Output = ()>>(ready: Ready, work: impl FnOnce(Ready) -> F) {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work(ready)),
        Err(cause) => {
            let error = Error::unavailable("the store cannot be started").because(cause);
            ready.send(Err(error)).ok();
        }
    }
}

async fn opened(place: &Place) -> Result<Session> {
    let mut session = Session::open(place, None).await?;
    schema::postgres::migrate(&mut session).await?;
    session.limit().await?;
    Ok(session)
}
