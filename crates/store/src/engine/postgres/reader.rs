//! A reader: one of several that share a queue; each answer is of one snapshot.

use super::session::{Done, Session, Step};
use super::{CONNECT_PAUSE, Place};
use crate::batch::Query;
use crate::engine::{Job, ReadJob};
use crate::row::Row;
use canonical::Result;
use std::borrow::Cow;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::Instant;

/// How long a read is tried again where its connection was lost.
const TRY_FOR: Duration = Duration::from_secs(5);

const SETTINGS: &str = "SET default_transaction_read_only = on";
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) async fn run(place: &Place, jobs: &Mutex<mpsc::Receiver<ReadJob>>) {
    let mut session = None;
    while let Some((queries, answer)) = next(jobs).await {
        // ok: whoever asked may have gone, before or since
        if !answer.is_closed() {
            answer.send(read(place, &mut session, &queries).await).ok();
        }
    }
}

type Asked = (Vec<Query>, oneshot::Sender<Result<Vec<Vec<Row>>>>);

async fn next(jobs: &Mutex<mpsc::Receiver<ReadJob>>) -> Option<Asked> {
    let mut jobs = jobs.lock().await;
    loop {
        match jobs.recv().await? {
            Job::Do { what, answer } => return Some((what, answer)),
            Job::Close => jobs.close(),
        }
    }
}

/// Again on a new connection where the old one was lost: a read may be repeated.
async fn read(
    place: &Place,
    session: &mut Option<Session>,
    queries: &[Query],
) -> Result<Vec<Vec<Row>>> {
    let until = Instant::now() + TRY_FOR;
    loop {
        let error = match connected(place, session).await {
            Ok(open) => match ask(open, queries).await {
                Ok(rows) => return Ok(rows),
                Err(failure) if failure.is_passing() => {
                    *session = None;
                    failure.into()
                }
                Err(failure) => return Err(failure.into()),
            },
            Err(error) => error,
        };
        if Instant::now() > until {
            return Err(error);
        }
        tokio::time::sleep(CONNECT_PAUSE).await;
    }
}

async fn connected<'a>(place: &Place, session: &'a mut Option<Session>) -> Result<&'a mut Session> {
    let open = match session.take() {
        Some(open) => open,
        None => {
            let mut new = Session::open_limited(place).await?;
            new.control(SETTINGS).await?;
            new
        }
    };
    Ok(session.insert(open))
}

async fn ask(session: &mut Session, queries: &[Query]) -> Done<Vec<Vec<Row>>> {
    let steps = queries.iter().map(Step::of);
    if let [_single] = queries {
        return Ok(rows(session.all(steps).await?));
    }
    let begin = [Step::Control(Cow::Borrowed(BEGIN))];
    let end = [Step::Control(Cow::Borrowed("COMMIT"))];
    let mut rows = rows(session.all(begin.into_iter().chain(steps).chain(end)).await?);
    rows.pop();
    Ok(rows.split_off(1))
}

fn rows(answers: Vec<super::session::Answer>) -> Vec<Vec<Row>> {
    answers.into_iter().map(|it| it.rows).collect()
}
