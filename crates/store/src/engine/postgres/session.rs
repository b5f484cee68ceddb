//! A session: a connection, its prepared statements, and many questions at once on it.

use super::failure::Failure;
use super::news::News;
use super::place::Place;
use crate::batch::{Query, Val};
use crate::row::Row;
use canonical::{Error, Result as Told};
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, Client, Statement};

/// `pg_xact_status` is as old as this.
const VERSION_MIN: i64 = 130_000;
const STATEMENTS_MAX: usize = 512;
/// No question of ours has an answer this long; a fault must not fill the memory.
const ROWS_MAX: usize = 100_000;
/// Longer than the server takes to give up by itself.
const ANSWER_WAIT: Duration = Duration::from_secs(40);

const SETTINGS: &str = "
    SET client_min_messages = error;
    SET timezone = 'UTC';
    SET jit = off;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';";

/// A process that stands still must not hold up the others for longer than they wait for it: it is
/// cut off before they give up. Every question has an index: a plan made while the tables were
/// small must not walk them when they have grown.
const LIMITS: &str = "
    SET statement_timeout = '30s';
    SET lock_timeout = '15s';
    SET idle_in_transaction_session_timeout = '8s';
    SET enable_seqscan = off;";

type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One of several things that are sent together and done in their order.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// Statements without arguments, and without an answer.
    Control(Cow<'static, str>),
    /// A statement with its arguments.
    Ask(&'a str, &'a [Val]),
}

impl<'a> Step<'a> {
    pub(crate) const fn new(sql: &'a str, args: &'a [Val]) -> Self {
        Self::Ask(sql, args)
    }

    pub(crate) fn of(query: &'a Query) -> Self {
        Self::Ask(&query.sql, &query.args)
    }
}

/// What a step gave.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) changed: u64,
    pub(crate) rows: Vec<Row>,
}

/// A connection and what was prepared on it.
pub(crate) struct Session {
    client: Client,
    driver: Option<Driver>,
    statements: HashMap<String, Statement>,
    /// The number of the server's process.
    pub(super) process: i32,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("process", &self.process).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects. News are told where they are wanted.
    pub(super) async fn open(place: &Place, news: Option<&News>) -> Told<Self> {
        let connect = place.config.connect(place.tls()?);
        let connected = timeout(ANSWER_WAIT, connect).await.map_err(|_late| Failure::Late)?;
        let (client, mut connection) = connected.map_err(Failure::Connect)?;
        let news = news.cloned();
        let driver = async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                hear(&message, news.as_ref());
            }
        };
        let statements = HashMap::new();
        let mut it = Self { client, driver: Some(Box::pin(driver)), statements, process: 0 };
        it.control(SETTINGS).await?;
        let sql = "SELECT pg_backend_pid(), CAST(current_setting('server_version_num') AS BIGINT),
                current_setting('server_encoding')";
        let mut row = it.rows(&Query::new(sql, [])).await?.pop();
        let Some(row) = &mut row else { return Err(Error::internal("the server has no version")) };
        it.process = row.count()?;
        if row.int()? < VERSION_MIN {
            return Err(Error::unavailable("the store's PostgreSQL is older than version 13"));
        }
        if row.text()? != "UTF8" {
            return Err(Error::unavailable("the store's database is not encoded as UTF8"));
        }
        Ok(it)
    }

    /// Connects, and bounds how long anything may take.
    pub(super) async fn open_limited(place: &Place) -> Told<Self> {
        let mut it = Self::open(place, None).await?;
        it.limit().await?;
        Ok(it)
    }

    pub(super) async fn limit(&mut self) -> Told<()> {
        Ok(self.control(LIMITS).await?)
    }

    /// Runs something that uses the client, while the connection moves.
    async fn drive<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
        let Some(connection) = driver else { return work.await };
        let over = match select(pin!(work), connection).await {
            Either::Left((done, _connection)) => return done,
            Either::Right(((), work)) => work.await,
        };
        // ok: a future that is done is not asked again
        *driver = None;
        over
    }

    /// Lets the connection move for a while, so that news come in; false where it is lost.
    pub(super) async fn listen(&mut self, time: Duration) -> bool {
        Self::drive(&mut self.driver, tokio::time::sleep(time)).await;
        self.driver.is_some()
    }

    /// Runs statements without arguments.
    pub(crate) async fn control(&mut self, sql: impl Into<Cow<'static, str>>) -> Done<()> {
        self.all([Step::Control(sql.into())]).await.map(drop)
    }

    pub(crate) async fn rows(&mut self, query: &Query) -> Done<Vec<Row>> {
        let mut answers = self.all([Step::of(query)]).await?;
        Ok(answers.pop().unwrap_or_default().rows)
    }

    /// Runs the steps; the first that fails is what all say.
    pub(crate) async fn all<'a>(
        &mut self,
        steps: impl IntoIterator<Item = Step<'a>>,
    ) -> Done<Vec<Answer>> {
        let steps: Vec<Step<'a>> = steps.into_iter().collect();
        for step in &steps {
            if let Step::Ask(sql, _args) = step {
                self.prepare(sql).await?;
            }
        }
        self.each(&steps).await.into_iter().collect()
    }

    /// Makes a statement ready, outside of a transaction: one that cannot be would end it.
    pub(super) async fn prepare(&mut self, sql: &str) -> Done<()> {
        if self.statements.contains_key(sql) {
            return Ok(());
        }
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        let prepare = timeout(ANSWER_WAIT, self.client.prepare(sql));
        let prepared = Self::drive(&mut self.driver, prepare).await;
        let statement = prepared.map_err(|_late| Failure::Late)??;
        self.statements.insert(sql.to_owned(), statement);
        Ok(())
    }

    /// Sends the steps, all of them prepared, in one go, and gives what each answered.
    pub(super) async fn each(&mut self, steps: &[Step<'_>]) -> Vec<Done<Answer>> {
        let (client, statements) = (&self.client, &self.statements);
        let asked = async {
            let mut asked = Vec::with_capacity(steps.len());
            for step in steps {
                // ok: a step is sent when it is first polled, so they go out in their order
                let mut step = Box::pin(ask(client, statements, step));
                let early = poll_fn(|cx| Poll::Ready(step.as_mut().poll(cx))).await;
                asked.push((step, early));
            }
            let mut answers = Vec::with_capacity(steps.len());
            for (step, early) in asked {
                answers.push(match early {
                    Poll::Ready(answer) => answer,
                    Poll::Pending => step.await,
                });
            }
            answers
        };
        match Self::drive(&mut self.driver, timeout(ANSWER_WAIT, asked)).await {
            Ok(answers) => answers,
            Err(_late) => steps.iter().map(|_| Err(Failure::Late)).collect(),
        }
    }
}

fn hear(message: &AsyncMessage, news: Option<&News>) {
    if let (AsyncMessage::Notification(it), Some(news)) = (message, news) {
        news.heard_from(it.process_id());
    }
}

/// What the server made of it.
pub(crate) type Done<T> = Result<T, Failure>;

async fn ask(
    client: &Client,
    statements: &HashMap<String, Statement>,
    step: &Step<'_>,
) -> Done<Answer> {
    let (sql, args) = match step {
        Step::Control(sql) => {
            client.batch_execute(sql).await?;
            return Ok(Answer::default());
        }
        Step::Ask(sql, args) => (sql, args),
    };
    // ok: it is always there; else the client prepares it itself, a little later
    let stream = match statements.get(*sql) {
        Some(statement) => client.query_raw(statement, *args).await?,
        None => client.query_raw(*sql, *args).await?,
    };
    let mut stream = pin!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.next().await {
        if rows.len() == ROWS_MAX {
            return Err(Failure::TooMany);
        }
        let row = row?;
        let values: Result<Vec<Val>, _> =
            (0..row.len()).map(|column| row.try_get(column)).collect();
        rows.push(Row::new(values?));
    }
    Ok(Answer { changed: stream.rows_affected().unwrap_or_default(), rows })
}
