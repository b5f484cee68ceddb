//! Commits of other processes: told by them at once, and found by looking every second.

use super::session::Session;
use super::{CONNECT_PAUSE, Place};
use crate::batch::Query;
use canonical::Result;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use tokio::sync::watch;

const CHANNEL: &str = "threeway_commit";
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a connection could not be made.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Moves whenever any transaction of the server ends.
const SNAPSHOT: &str = "SELECT CAST(pg_current_snapshot() AS TEXT)";

/// Tells who waits for commits, whoever made them.
#[derive(Clone, Debug)]
pub(super) struct News {
    commits: Arc<watch::Sender<u64>>,
    /// The server's process that writes for us: what it tells we know.
    own: Arc<AtomicI32>,
}

impl News {
    pub(super) fn new(commits: watch::Sender<u64>) -> Self {
        Self { commits: Arc::new(commits), own: Arc::default() }
    }

    /// There was a commit.
    pub(super) fn tell(&self) {
        self.commits.send_modify(|count| *count += 1);
    }

    pub(super) fn heard_from(&self, process: i32) {
        if process != self.own.load(Ordering::Relaxed) {
            self.tell();
        }
    }

    pub(super) fn writes_as(&self, process: i32) {
        self.own.store(process, Ordering::Relaxed);
    }
}

/// What a writer says before it commits.
pub(super) fn announcement() -> String {
    format!("NOTIFY {CHANNEL}")
}

/// Listens for ever.
pub(super) async fn listen(place: &Place, news: &News) -> Infallible {
    let mut pause = CONNECT_PAUSE;
    loop {
        match connected(place, news).await {
            Ok(session) => {
                pause = CONNECT_PAUSE;
                // ok: what was said in between was not heard
                news.tell();
                follow(session, news).await;
            }
            Err(error) => tracing::debug!(%error, "no news from the store"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

async fn connected(place: &Place, news: &News) -> Result<Session> {
    let mut session = Session::open(place, Some(news)).await?;
    session.control(format!("LISTEN {CHANNEL}")).await?;
    Ok(session)
}

/// Until the connection is lost.
async fn follow(mut session: Session, news: &News) {
    let question = Query::new(SNAPSHOT, []);
    let mut last = None;
    while session.listen(LOOK_EVERY).await {
        let Ok(mut rows) = session.rows(&question).await else { return };
        let seen = rows.pop().and_then(|mut row| row.text().ok());
        if last.is_some() && seen != last {
            news.tell();
        }
        last = seen;
    }
}
