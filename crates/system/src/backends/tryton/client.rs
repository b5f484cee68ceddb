//! How Tryton is called: JSON-RPC over one session, and what its errors mean.
//!
//! Tryton answers business errors with status 200 and an `error` in the body, and most others with
//! HTML. Every call asks for gzip: Tryton names gzip for longer answers even where it does not pack
//! them, unless it was asked to.

mod session;
pub(super) mod wire;

use super::options::Options;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use canonical::{Clock, Cursor, Error, Kind, Page, PageRequest, Result};
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use session::Door;
pub(super) use session::Session;
use stack::outbound::{Answer, Retry, Upstream};
use std::sync::Arc;

/// The longest text of Tryton's own that a message of ours carries.
const QUOTE_MAX: usize = 300;
const RETRY_SECONDS: u32 = 5;

/// One Tryton database.
#[derive(Debug)]
pub(super) struct Client {
    upstream: Upstream,
    url: String,
    door: Door,
}

/// What a call does: decides whether it may be repeated, and what a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A `search_read`: one call for the records of a page and all that hangs on them.
pub(super) struct Search<'a> {
    pub(super) model: &'a str,
    pub(super) domain: Value,
    pub(super) limit: Option<u32>,
    pub(super) fields: &'a [&'a str],
}

/// A record, by its id.
pub(super) trait Record {
    fn id(&self) -> u64;
}

#[derive(Serialize)]
struct Request<'a> {
    id: u32,
    method: &'a str,
    params: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Reply {
    result: Option<Box<RawValue>>,
    error: Option<Vec<Value>>,
}

/// What a call came to, the session aside.
enum Outcome {
    Answered(Option<Box<RawValue>>),
    LoggedOut,
    /// Too many calls; to come back after so many seconds, where Tryton says.
    Limited(Option<u32>),
}

impl Client {
    pub(super) fn open(name: &str, options: &Options, clock: &Clock) -> Result<Self> {
        options.check()?;
        let base = options.base_url.trim_end_matches('/');
        Ok(Self {
            upstream: Upstream::open(name, &options.outbound)?,
            url: format!("{base}/{}/rpc/", options.database),
            door: Door::new(options, clock),
        })
    }

    pub(super) fn name(&self) -> &str {
        self.upstream.name()
    }

    /// The session in use, logged in if need be.
    pub(super) async fn session(&self) -> Result<Arc<Session>> {
        self.door.session(self, None).await
    }

    /// Calls a method of a model with `arguments`, the context of the session behind them. A call
    /// that finds the session gone was not carried out: it logs in again, once, and is repeated.
    ///
    /// # Errors
    /// `conflict` where Tryton refuses a write for a business reason, `upstream` where it refuses
    /// a read or cannot be understood, `unavailable`, `timed_out`.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        access: Access,
        method: &str,
        arguments: &impl Serialize,
    ) -> Result<T> {
        let arguments: Vec<Box<RawValue>> = raw(arguments).and_then(|it| self.parse(it.get()))?;
        let mut session = self.session().await?;
        for is_last in [false, true] {
            let params = arguments.iter().chain([&session.context]).map(AsRef::as_ref).collect();
            match self.exchange(access, method, params, Some(&session)).await? {
                Outcome::Answered(result) => {
                    return self.parse(result.as_deref().map_or("null", RawValue::get));
                }
                Outcome::Limited(seconds) => return Err(self.busy(seconds)),
                Outcome::LoggedOut if is_last => break,
                Outcome::LoggedOut => session = self.door.session(self, Some(&session)).await?,
            }
        }
        Err(self.upstream_error("ends every session at once"))
    }

    /// Records in the order of their ids, in one call.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(super) async fn search<T: DeserializeOwned>(&self, search: &Search<'_>) -> Result<Vec<T>> {
        let method = format!("model.{}.search_read", search.model);
        let order = [["id", "ASC"]];
        let arguments = (&search.domain, 0, search.limit, order, search.fields);
        self.call(Access::Read, &method, &arguments).await
    }

    /// One exchange: with `session`, or without for what needs none.
    async fn exchange(
        &self,
        access: Access,
        method: &str,
        params: Vec<&RawValue>,
        session: Option<&Session>,
    ) -> Result<Outcome> {
        let body = serde_json::to_vec(&Request { id: 1, method, params })
            .map_err(|it| Error::internal("a call to Tryton could not be written").because(it))?;
        let retry = if access == Access::Read { Retry::Safe } else { Retry::Never };
        let answer = self
            .upstream
            .send(retry, |client| {
                let request = client.post(&self.url).header(CONTENT_TYPE, "application/json");
                let request = match session {
                    Some(it) => request.header(AUTHORIZATION, it.authorization.clone()),
                    None => request,
                };
                request.body(body.clone())
            })
            .await?;
        match answer.status {
            StatusCode::OK => self.reply(access, &answer),
            StatusCode::UNAUTHORIZED => Ok(Outcome::LoggedOut),
            StatusCode::TOO_MANY_REQUESTS => Ok(Outcome::Limited(retry_after(&answer))),
            _ => Err(self.refusal(method, &answer)),
        }
    }

    fn reply(&self, access: Access, answer: &Answer) -> Result<Outcome> {
        let text = std::str::from_utf8(&answer.body)
            .map_err(|it| self.upstream_error("answers in no known encoding").because(it))?;
        let reply: Reply = self.parse(text)?;
        match reply.error {
            None => Ok(Outcome::Answered(reply.result)),
            Some(error) => match fault(self.name(), access, &error) {
                Some(error) => Err(error),
                None => Ok(Outcome::LoggedOut),
            },
        }
    }

    fn refusal(&self, method: &str, answer: &Answer) -> Error {
        let name = self.name();
        let cause = format!("{} to {method}: {}", answer.status, excerpt(&answer.body));
        let error = match answer.status.as_u16() {
            // 503 is also Tryton's word for a row that another transaction holds
            502 | 503 => self.busy(retry_after(answer)),
            504 => Error::timed_out(format!("{name} did not finish in time")),
            403 => self.upstream_error("does not allow the call; check the user's groups"),
            _ => self.upstream_error("answers with an error of its own"),
        };
        error.because(cause)
    }

    fn busy(&self, seconds: Option<u32>) -> Error {
        Error::unavailable(format!("{} is too busy or not there now", self.name()))
            .retry_after(seconds.unwrap_or(RETRY_SECONDS))
    }

    fn parse<T: DeserializeOwned>(&self, text: &str) -> Result<T> {
        serde_json::from_str(text).map_err(|error| {
            self.upstream_error("answers with what cannot be understood").because(error)
        })
    }

    fn upstream_error(&self, what: &str) -> Error {
        Error::upstream(format!("{} {what}", self.name()))
    }
}

/// What the `error` of a reply means; `None` where it means that nobody is logged in.
pub(super) fn fault(name: &str, access: Access, error: &[Value]) -> Option<Error> {
    let kind = error.first().and_then(Value::as_str).unwrap_or_default();
    let details = error.get(1);
    let text = |index| details.and_then(|it| it.get(index)).and_then(Value::as_str);
    let cause = excerpt(Value::from(error).to_string().as_bytes());
    let error = match (kind, access) {
        ("LoginException", _) => return None,
        ("UserError", Access::Write) => {
            Error::conflict(format!("{name} refuses: {}", quote(text(0).unwrap_or_default())))
        }
        // A warning asks a person; nobody here may say yes in their place.
        ("UserWarning", _) => Error::conflict(format!(
            "{name} asks for a decision ({}): {}",
            quote(text(0).unwrap_or_default().rsplit('.').next().unwrap_or_default()),
            quote(text(1).unwrap_or_default())
        )),
        ("ConcurrencyException", _) => {
            Error::conflict(format!("{name} has changed the record meanwhile; read it again"))
        }
        _ => Error::upstream(format!("{name} cannot carry out the call")),
    };
    Some(error.because(cause))
}

/// An argument of a call.
pub(super) fn raw(value: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(value)
        .map_err(|it| Error::internal("a call to Tryton could not be written").because(it))
}

/// A page of records that were read with one more than the page holds.
pub(super) fn page<W: Record, T>(
    noun: &str,
    request: &PageRequest,
    mut rows: Vec<W>,
    convert: impl FnMut(W) -> Result<T>,
) -> Result<Page<T>> {
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|it| cursor(noun, &[it.id()])).filter(|_| has_more);
    let items = rows.into_iter().map(convert).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: last })
}

/// A cursor of the list `noun` that goes on after these ids.
pub(super) fn cursor(noun: &str, ids: &[u64]) -> Cursor {
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    Cursor(URL_SAFE_NO_PAD.encode(format!("{noun}:{}", ids.join("."))))
}

/// After which ids the list `noun` goes on: as many as `N`, zeros at the start.
///
/// # Errors
/// `invalid` for a cursor that is not one of this list.
pub(super) fn after<const N: usize>(noun: &str, request: &PageRequest) -> Result<[u64; N]> {
    let Some(Cursor(text)) = &request.cursor else { return Ok([0; N]) };
    let ids = |text: &str| -> Option<[u64; N]> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let ids = plain.strip_prefix(noun)?.strip_prefix(':')?.split('.');
        let ids: Option<Vec<u64>> = ids.map(|it| it.parse().ok()).collect();
        ids?.try_into().ok()
    };
    ids(text).ok_or_else(|| {
        Error::invalid_field("?cursor", "not a cursor of this list; start without one")
    })
}

/// Whether the call may have been carried out although it failed.
pub(super) fn is_unknown(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unavailable | Kind::TimedOut | Kind::Upstream)
}

fn retry_after(answer: &Answer) -> Option<u32> {
    answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// One line of a text that came from outside.
fn quote(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars().filter(|it| !it.is_control()).take(QUOTE_MAX).collect()
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(QUOTE_MAX).collect()
}
