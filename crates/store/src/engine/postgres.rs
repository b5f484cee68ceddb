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

use super::{ReadJob, Ready, WriteJob};
use crate::schema;
use canonical::{Error, Result};
use futures_util::future::{Either, join, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use news::News;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::{Mutex, mpsc, watch};
use writer::Writer;

/// Connections that read; a process has three more.
const READERS: usize = 4;
/// Between two attempts to connect.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);

/// The thread that writes: brings the tables up to date, then commits what comes.
pub(super) fn write(
    place: Place,
    jobs: mpsc::Receiver<WriteJob>,
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
        let leaser = Writer::of_leases(&place, &news);
        ready.send(Ok(())).ok();
        let work = join(writer.run(jobs), leaser.run(leases));
        match select(pin!(work), pin!(news::listen(&place, &news))).await {
            Either::Left(_done) => {}
            Either::Right((never, _work)) => match never {},
        }
    });
}

/// The thread that reads.
pub(super) fn read(place: &Place, jobs: mpsc::Receiver<ReadJob>, ready: Ready) {
    run(ready, async move |ready: Ready| {
        ready.send(Ok(())).ok();
        let jobs = Mutex::new(jobs);
        let readers: FuturesUnordered<_> =
            (0..READERS).map(|_| reader::run(place, &jobs)).collect();
        readers.collect::<()>().await;
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
