//! How the other side is called, and what its answers mean.
//!
//! Reads by key go out in pieces that any proxy lets through, at the same time. Every write carries
//! a key made of what it writes, and the other side recognises the write itself besides: a repeat
//! does no harm, and nothing is lost by repeating.

pub(super) mod answer;
mod token;

use super::options::Options;
use answer::{excerpt, problem, retry_after};
use canonical::{Error, FieldError, Kind, Page, PageRequest, Result};
use futures_util::future::try_join_all;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stack::outbound::{Answer, Retry, Upstream};
use std::collections::BTreeSet;
use token::Token;

/// The most keys of one call.
pub(super) const KEYS_MAX: usize = 50;
/// The longest query of one call, so that proxies on the way let it through.
const QUERY_CHARS_MAX: usize = 6_000;
const RETRY_SECONDS: u32 = 5;
const KEY_HEADER: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";

/// A parameter of a query.
pub(super) type Parameter = (&'static str, String);

/// One gateway.
#[derive(Debug)]
pub(super) struct Client {
    upstream: Upstream,
    base: Url,
    token: Token,
}

/// What a write came to.
#[derive(Debug)]
pub(super) struct Written<T> {
    pub(super) value: T,
    /// Whether the answer is the one that was given before under the same key.
    pub(super) replayed: bool,
}

/// What is asked.
struct Request<'a> {
    method: Method,
    url: Url,
    /// The key and the body of a write.
    write: Option<(&'a str, Vec<u8>)>,
}

impl Client {
    pub(super) fn open(name: &str, options: &Options) -> Result<Self> {
        options.check()?;
        let base = format!("{}/system/v1", options.url.trim_end_matches('/'));
        let base = Url::parse(&base)
            .map_err(|it| Error::invalid_field("/url", "not an address").because(it))?;
        Ok(Self {
            upstream: Upstream::open(name, &options.outbound)?,
            base,
            token: Token::open(options)?,
        })
    }

    /// The document at a path; `None` where there is none.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Option<T>> {
        // ok: no URL can name these, so nothing is there
        if path.iter().any(|it| matches!(*it, "." | "..")) {
            return Ok(None);
        }
        self.read(self.url(path, &[])?).await
    }

    /// A page of a list.
    ///
    /// # Errors
    /// `invalid` for a cursor that is not the other side's; `limited`, `unavailable`, `timed_out`;
    /// `upstream` where it refuses what it should not, or cannot be understood.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        noun: &str,
        mut query: Vec<Parameter>,
        page: &PageRequest,
    ) -> Result<Page<T>> {
        query.push(("limit", page.limit.to_string()));
        query.extend(page.cursor.iter().map(|it| ("cursor", it.0.clone())));
        let found = self.read(self.url(&[noun], &query)?).await?;
        found.ok_or_else(|| self.keeps_no(noun))
    }

    /// All of some keys, each once; `more` goes with every piece. No keys are no call.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub(super) async fn keyed<T: DeserializeOwned>(
        &self,
        noun: &str,
        keys: BTreeSet<Parameter>,
        more: &[Parameter],
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for page in self.pieces::<Page<T>>(noun, keys, more).await? {
            if page.next_cursor.is_some() {
                return Err(self.upstream_error("answers a part of what was asked"));
            }
            all.extend(page.items);
        }
        Ok(all)
    }

    /// What is said of each piece of some keys.
    ///
    /// # Errors
    /// As [`Client::list`].
    pub(super) async fn pieces<T: DeserializeOwned>(
        &self,
        noun: &str,
        keys: BTreeSet<Parameter>,
        more: &[Parameter],
    ) -> Result<Vec<T>> {
        let asked = pieces(keys).into_iter().map(async |mut piece| {
            piece.extend_from_slice(more);
            let found = self.read(self.url(&[noun], &piece)?).await?;
            found.ok_or_else(|| self.keeps_no(noun))
        });
        try_join_all(asked).await
    }

    /// Writes under a key; `None` where the other side does not know what it is about.
    ///
    /// # Errors
    /// `invalid`, `conflict` and `idempotency_key_reused` as the other side says; `limited`,
    /// `unavailable`, `timed_out`, `upstream` where the result is unknown.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        key: &str,
        body: &impl Serialize,
    ) -> Result<Option<Written<T>>> {
        let body = serde_json::to_vec(body)
            .map_err(|it| Error::internal("a document could not be written").because(it))?;
        let request = Request { method, url: self.url(path, &[])?, write: Some((key, body)) };
        let answer = self.exchange(&request).await?;
        let replayed = answer.headers.get(REPLAYED).is_some_and(|it| it == "true");
        Ok(self.taken(&request, &answer)?.map(|value| Written { value, replayed }))
    }

    pub(super) fn upstream_error(&self, what: &str) -> Error {
        Error::upstream(format!("{} {what}", self.upstream.name()))
    }

    /// The other side has no such noun.
    pub(super) fn keeps_no(&self, noun: &str) -> Error {
        self.upstream_error(&format!("keeps no {noun}, or takes none; check what is routed to it"))
    }

    async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<Option<T>> {
        let request = Request { method: Method::GET, url, write: None };
        let answer = self.exchange(&request).await?;
        self.taken(&request, &answer)
    }

    fn url(&self, path: &[&str], query: &[Parameter]) -> Result<Url> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        } else {
            return Err(Error::internal("the address of a back end has no path"));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// One exchange; another one where the token was replaced meanwhile.
    async fn exchange(&self, request: &Request<'_>) -> Result<Answer> {
        let token = self.token.current().await;
        let answer = self.send(request, &token).await?;
        if answer.status == StatusCode::UNAUTHORIZED
            && let Some(other) = self.token.other_than(&token).await
        {
            return self.send(request, &other).await;
        }
        Ok(answer)
    }

    async fn send(&self, request: &Request<'_>, token: &http::HeaderValue) -> Result<Answer> {
        // ok: a write is recognised by its key and by what it says
        let send = self.upstream.send(Retry::Safe, |client| {
            let asked = client.request(request.method.clone(), request.url.clone());
            let asked = asked.header(AUTHORIZATION, token.clone());
            match &request.write {
                Some((key, body)) => asked
                    .header(CONTENT_TYPE, "application/json")
                    .header(KEY_HEADER, *key)
                    .body(body.clone()),
                None => asked,
            }
        });
        send.await
    }

    /// What an answer says; `None` where it says that there is nothing.
    fn taken<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        answer: &Answer,
    ) -> Result<Option<T>> {
        if matches!(answer.status, StatusCode::OK | StatusCode::CREATED) {
            let read = answer::read(&answer.body).map_err(|error| {
                self.upstream_error("answers with what cannot be understood").because(error)
            });
            return read.map(Some);
        }
        match problem(&answer.headers, &answer.body) {
            Some(problem) if problem.code == "not_found" => Ok(None),
            problem => {
                let error = match (problem, &request.write) {
                    (Some(it), Some(_)) if it.code == "invalid" => invalid(it),
                    (Some(it), _) => self.refusal(&it, &answer.headers),
                    (None, _) => self.stranger(answer),
                };
                Err(error.because(format!(
                    "{} {}: {} {}",
                    request.method,
                    request.url.path(),
                    answer.status,
                    excerpt(&answer.body)
                )))
            }
        }
    }

    /// What a problem means here.
    fn refusal(&self, problem: &answer::Problem, headers: &HeaderMap) -> Error {
        let (name, seconds) = (self.upstream.name(), retry_after(headers));
        let detail = &problem.detail;
        let after = |error: Error| match seconds {
            Some(seconds) => error.retry_after(seconds),
            None => error,
        };
        match problem.code.as_str() {
            // the same request is still being answered
            "conflict" if seconds.is_some() => {
                after(Error::unavailable(format!("{name} is at it; ask again")))
            }
            "conflict" => Error::conflict(format!("{name} refuses: {detail}")),
            "idempotency_key_reused" => Error::key_reused(format!("{name} refuses: {detail}")),
            "limited" => Error::limited(
                format!("{name} was asked too often"),
                seconds.unwrap_or(RETRY_SECONDS),
            ),
            "unavailable" => after(Error::unavailable(format!("{name}: {detail}"))),
            "timed_out" => after(Error::timed_out(format!("{name}: {detail}"))),
            "upstream" => after(Error::upstream(format!("{name}: {detail}"))),
            "invalid" if problem.errors.iter().any(|it| it.pointer == "?cursor") => {
                Error::invalid_field("?cursor", "not a cursor of this list; start without one")
            }
            "unauthenticated" => self.upstream_error("does not take the token that it is shown"),
            "forbidden" => self.upstream_error("does not allow the call; check the token's scopes"),
            "invalid" => {
                self.upstream_error("does not take the question; it may be too old for us")
            }
            _ => self.upstream_error("answers with an error of its own"),
        }
    }

    /// What an answer means that is none of a gateway's: of a proxy, or of another server.
    fn stranger(&self, answer: &Answer) -> Error {
        let name = self.upstream.name();
        let seconds = retry_after(&answer.headers).unwrap_or(RETRY_SECONDS);
        match answer.status.as_u16() {
            429 => Error::limited(format!("{name} was asked too often"), seconds),
            502 | 503 => {
                Error::unavailable(format!("{name} is not there now")).retry_after(seconds)
            }
            504 => Error::timed_out(format!("{name} did not answer in time")),
            _ => self.upstream_error("does not answer as a gateway does; check its address"),
        }
    }
}

fn invalid(problem: answer::Problem) -> Error {
    if problem.errors.is_empty() {
        return Error::invalid(problem.detail);
    }
    let fields = problem.errors.into_iter();
    let fields = fields.map(|it| FieldError { pointer: it.pointer, detail: it.detail });
    Error::invalid_fields(fields.collect())
}

/// Keys in pieces: few enough, and short enough.
pub(super) fn pieces(keys: BTreeSet<Parameter>) -> Vec<Vec<Parameter>> {
    let mut pieces: Vec<Vec<Parameter>> = Vec::new();
    let mut room = 0;
    for key in keys {
        // a byte may take three characters
        let length = key.0.len() + 2 + 3 * key.1.len();
        match pieces.last_mut() {
            Some(piece) if piece.len() < KEYS_MAX && length <= room => {
                room -= length;
                piece.push(key);
            }
            _ => {
                room = QUERY_CHARS_MAX.saturating_sub(length);
                pieces.push(vec![key]);
            }
        }
    }
    pieces
}

/// A filter of a list, where it is set.
pub(super) fn filter(name: &'static str, value: Option<impl ToString>) -> Option<Parameter> {
    value.map(|it| (name, it.to_string()))
}

/// Another document under the same numbers is a conflict, whoever notices it.
pub(super) fn one_number<T>(written: Result<Option<T>>) -> Result<Option<T>> {
    written.map_err(|error| match error.kind() {
        Kind::KeyReused => {
            Error::conflict("there is another one under the same number already").because(error)
        }
        _ => error,
    })
}
