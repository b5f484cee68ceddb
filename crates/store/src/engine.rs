//! The threads that own the database, some that write and some that read, each behind a bounded
//! queue. They end when the store is closed or dropped, after what was handed over is done.

#[cfg(feature = "simulation")]
pub(crate) mod inline;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::batch::{Batch, Committed, Query, Val};
use crate::readers::Readers;
use crate::row::Row;
use canonical::{Error, Lane, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};

/// The most batches that share one commit.
const GROUP_MAX: usize = 256;
/// Of the bulk lane so few, that those of the critical lane do not wait long for them.
const BULK_MAX: usize = 8;
const QUEUE_MAX: usize = 1024;
const QUEUE_WAIT: Duration = Duration::from_secs(5);

/// What became of a batch, with the rows of its returning statements.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) committed: Committed,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
enum Job<W, A> {
    Do {
        what: W,
        answer: oneshot::Sender<Result<A>>,
    },
    /// Take what is queued, refuse the rest, end.
    Close,
}

type WriteJob = Job<Batch, Written>;
type ReadJob = Job<Vec<Query>, Vec<Vec<Row>>>;
type Waiting = oneshot::Sender<Result<Written>>;

/// Where a store is.
#[derive(Debug)]
pub(crate) enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A database on a server.
    Postgres(Box<postgres::Place>),
}

// ok: fields drop in this order, so the queues are closed before the threads are waited for
#[derive(Debug)]
pub(crate) struct Engine {
    write: Lanes<mpsc::Sender<WriteJob>>,
    /// Those that hand out work, where they need not wait for others that write.
    lease: Option<mpsc::Sender<WriteJob>>,
    read: Lanes<mpsc::Sender<ReadJob>>,
    commits: watch::Receiver<u64>,
    threads: Threads,
    #[cfg(feature = "simulation")]
    inline: Option<inline::Inline>,
}

/// One for each lane.
#[derive(Debug)]
pub(crate) struct Lanes<T> {
    critical: T,
    bulk: T,
}

impl<T> Lanes<T> {
    const fn of(&self, lane: Lane) -> &T {
        match lane {
            Lane::Critical => &self.critical,
            Lane::Bulk => &self.bulk,
        }
    }

    fn each(self) -> [T; 2] {
        [self.critical, self.bulk]
    }
}

/// A queue for each lane: where jobs are put in, and where they come out.
fn queues<T>() -> (Lanes<mpsc::Sender<T>>, Lanes<mpsc::Receiver<T>>) {
    let ((critical, critical_jobs), (bulk, bulk_jobs)) =
        (mpsc::channel(QUEUE_MAX), mpsc::channel(QUEUE_MAX));
    (Lanes { critical, bulk }, Lanes { critical: critical_jobs, bulk: bulk_jobs })
}

impl Engine {
    pub(crate) async fn open(place: Place, readers: Readers) -> Result<Self> {
        match place {
            Place::Sqlite(path) => Self::open_sqlite(path, readers).await,
            Place::Postgres(place) => Self::open_postgres(*place, readers).await,
        }
    }

    async fn open_sqlite(path: PathBuf, readers: Readers) -> Result<Self> {
        let mut threads = Threads::default();
        let (write, write_jobs) = queues();
        let (commit, commits) = watch::channel(0);
        let file = path.clone();
        threads
            .start("store-writer", move |ready| {
                sqlite::writer::run(&file, write_jobs, &commit, ready);
            })
            .await?;
        let (read, read_jobs) = queues();
        for (jobs, count) in read_jobs.each().into_iter().zip([readers.critical, readers.bulk]) {
            let jobs = Arc::new(Mutex::new(jobs));
            for _ in 0..count.max(1) {
                let (file, jobs) = (path.clone(), Arc::clone(&jobs));
                threads
                    .start("store-reader", move |ready| sqlite::reader::run(&file, &jobs, ready))
                    .await?;
            }
        }
        Ok(Self {
            write,
            lease: None,
            read,
            commits,
            threads,
            #[cfg(feature = "simulation")]
            inline: None,
        })
    }

    async fn open_postgres(place: postgres::Place, readers: Readers) -> Result<Self> {
        let mut threads = Threads::default();
        let (write, write_jobs) = queues();
        let (lease, lease_jobs) = mpsc::channel(QUEUE_MAX);
        let (read, read_jobs) = queues();
        let (commit, commits) = watch::channel(0);
        let writing = place.clone();
        threads
            .start("store-writer", move |ready| {
                postgres::write(writing, write_jobs, lease_jobs, commit, ready);
            })
            .await?;
        threads
            .start("store-reader", move |ready| postgres::read(&place, read_jobs, readers, ready))
            .await?;
        Ok(Self {
            write,
            lease: Some(lease),
            read,
            commits,
            threads,
            #[cfg(feature = "simulation")]
            inline: None,
        })
    }

    /// Without threads.
    #[cfg(feature = "simulation")]
    pub(crate) fn inline(inline: inline::Inline) -> Self {
        let (write, _no_writer) = queues();
        let (read, _no_reader) = queues();
        let (commits, threads) = (inline.commits(), Threads::default());
        Self { write, lease: None, read, commits, threads, inline: Some(inline) }
    }

    pub(crate) async fn write(&self, lane: Lane, batch: Batch) -> Result<Written> {
        if batch.is_empty() {
            return Ok(Written { committed: Committed::Done, rows: Vec::new() });
        }
        if batch.statements().iter().any(|it| it.query.args.iter().any(Val::has_nul)) {
            return Err(Error::invalid("a text has the character U+0000, which is not kept"));
        }
        #[cfg(feature = "simulation")]
        if let Some(inline) = &self.inline {
            return inline.write(batch).await;
        }
        match &self.lease {
            Some(lease) if batch.is_lease() => ask(lease, batch).await,
            _ => ask(self.write.of(lane), batch).await,
        }
    }

    /// The rows of each query, all of one snapshot.
    pub(crate) async fn read(&self, lane: Lane, queries: Vec<Query>) -> Result<Vec<Vec<Row>>> {
        #[cfg(feature = "simulation")]
        if let Some(inline) = &self.inline {
            return inline.read(&queries).await;
        }
        ask(self.read.of(lane), queries).await
    }

    pub(crate) fn commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }

    pub(crate) async fn close(&self) {
        // ok: a refusal says that the thread has ended, which is what is wanted
        for lane in [Lane::Critical, Lane::Bulk] {
            drop(self.read.of(lane).send(Job::Close).await);
            drop(self.write.of(lane).send(Job::Close).await);
        }
        if let Some(lease) = &self.lease {
            drop(lease.send(Job::Close).await);
        }
        self.threads.join().await;
    }
}

fn closed() -> Error {
    Error::unavailable("the store is closed")
}

async fn ask<W, A>(queue: &mpsc::Sender<Job<W, A>>, what: W) -> Result<A> {
    let permit = match queue.try_reserve() {
        Ok(permit) => permit,
        Err(mpsc::error::TrySendError::Closed(())) => return Err(closed()),
        Err(mpsc::error::TrySendError::Full(())) => {
            tokio::time::timeout(QUEUE_WAIT, queue.reserve())
                .await
                .map_err(|late| Error::unavailable("the store is overloaded").because(late))?
                .map_err(|cause| closed().because(cause))?
        }
    };
    let (answer, answered) = oneshot::channel();
    permit.send(Job::Do { what, answer });
    answered.await.map_err(|cause| closed().because(cause))?
}

/// Tells everybody of a group that it was not committed.
fn refuse(waiting: Vec<Waiting>, error: &Error) {
    tracing::error!(error = ?error, batches = waiting.len(), "the store could not commit");
    let cause = format!("{error:?}");
    for waiting in waiting {
        let error = Error::unavailable("the store cannot be used now").because(cause.clone());
        waiting.send(Err(error)).ok();
    }
}

/// Threads and the signals of their end.
#[derive(Debug, Default)]
struct Threads(AsyncMutex<Vec<Running>>);

#[derive(Debug)]
struct Running {
    handle: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

type Ready = oneshot::Sender<Result<()>>;

impl Threads {
    /// Starts a thread and waits until it says that it is ready.
    async fn start(&mut self, name: &str, work: impl FnOnce(Ready) + Send + 'static) -> Result<()> {
        let (end, ended) = oneshot::channel();
        let (ready, opened) = oneshot::channel();
        let handle = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _end: oneshot::Sender<()> = end;
                work(ready);
            })
            .map_err(|cause| Error::unavailable("no thread for the store").because(cause))?;
        self.0.get_mut().push(Running { handle, ended });
        opened.await.map_err(|cause| closed().because(cause))?
    }

    async fn join(&self) {
        let mut threads = self.0.lock().await;
        for Running { handle, ended } in threads.drain(..) {
            // ok: the sender is dropped at the end of its thread, never used
            ended.await.err();
            end(handle);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for Running { handle, .. } in self.0.get_mut().drain(..) {
            end(handle);
        }
    }
}

fn end(handle: JoinHandle<()>) {
    if handle.join().is_err() {
        tracing::error!("a thread of the store panicked");
    }
}

/// Opens the connection of a thread and says whether that went well.
fn open<T>(path: &Path, open: impl FnOnce(&Path) -> Result<T>, ready: Ready) -> Option<T> {
    match open(path) {
        Ok(connection) => ready.send(Ok(())).ok().map(|()| connection),
        Err(error) => {
            ready.send(Err(error)).ok();
            None
        }
    }
}

#[cfg(test)]
mod tests;
