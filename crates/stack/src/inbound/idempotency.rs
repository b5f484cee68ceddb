//! Policy 13: same key, same answer. It looks up, replays and refuses; the answer itself is kept by
//! the store in the transaction of the effect, or else by this policy after it.

use super::trace::Asked;
use crate::idempotency::{Claim, Kept, Results, Stored};
use crate::operations::KEY_HEADER;
use crate::{Problem, extract};
use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::{Error, Principal, Result};
use http::{HeaderMap, HeaderValue, StatusCode, header, request};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

const KEY_CHARS_MAX: usize = 255;
const ANSWER_BYTES_MAX: usize = 16 << 20;
const REPLAYED: &str = "idempotency-replayed";

/// What the policy works with.
#[derive(Clone)]
pub(super) struct Keyed {
    results: Arc<dyn Results>,
    running: Arc<Running>,
}

impl Keyed {
    pub(super) fn new(results: Arc<dyn Results>) -> Self {
        Self { results, running: Arc::default() }
    }
}

pub(super) async fn answer_once(
    State(keyed): State<Keyed>,
    request: Request,
    next: Next,
) -> Response {
    let extensions = request.extensions();
    let (Some(principal), Some(Asked(operation))) =
        (extensions.get::<Principal>(), extensions.get::<Asked>())
    else {
        return next.run(request).await;
    };
    if !operation.needs_key {
        return next.run(request).await;
    }
    let (principal, operation) = (principal.id.clone(), operation.id.to_string());
    match keyed.claim(request, principal, operation).await {
        // The guard goes when the answer is made, and also when this future is dropped or panics.
        Ok(Begun::New(request, claim, _guard)) => {
            let response = next.run(*request).await;
            if response.status().is_success() {
                return keyed.keep(&claim, response).await;
            }
            keyed.answered_meanwhile(&claim).await.unwrap_or(response)
        }
        Ok(Begun::Done(stored)) => replay(stored),
        Err(error) => Problem(error).into_response(),
    }
}

enum Begun {
    New(Box<Request>, Box<Claim>, Guard),
    Done(Stored),
}

impl Keyed {
    async fn claim(&self, request: Request, principal: String, operation: String) -> Result<Begun> {
        let key = key(request.headers())?;
        let (mut head, body) = request.into_parts();
        let body = extract::read(body).await?;
        let fingerprint = fingerprint(&head, &body);
        let claim = Claim { principal, operation, key, fingerprint };
        let Some(guard) = self.running.enter(&claim) else {
            let message = "a request with this idempotency key is still running";
            return Err(Error::conflict(message).retry_after(1));
        };
        let found = self.results.find(&claim.principal, &claim.operation, &claim.key).await?;
        match found {
            None => {
                head.extensions.insert(claim.clone());
                let request = Request::from_parts(head, Body::from(body));
                Ok(Begun::New(Box::new(request), Box::new(claim), guard))
            }
            Some(stored) => Ok(Begun::Done(of_same(stored, &claim)?)),
        }
    }

    /// What another process answered under the key since it was looked up: then a refusal here says
    /// only that the effect is there already.
    async fn answered_meanwhile(&self, claim: &Claim) -> Option<Response> {
        let found = self.results.find(&claim.principal, &claim.operation, &claim.key).await;
        // ok: where it cannot be looked up, the refusal stands, and the key can be sent again
        let stored = found.ok().flatten()?;
        let told = of_same(stored, claim).map(replay);
        Some(told.unwrap_or_else(|error| Problem(error).into_response()))
    }

    /// Keeps what was answered, unless it is kept with its effect.
    async fn keep(&self, claim: &Claim, response: Response) -> Response {
        if response.extensions().get::<Kept>().is_some() {
            return response;
        }
        let (head, body) = response.into_parts();
        let body = match axum::body::to_bytes(body, ANSWER_BYTES_MAX).await {
            Ok(body) => body,
            Err(error) => {
                let message = "the answer is too large to be kept under its idempotency key";
                return Problem(Error::internal(message).because(error)).into_response();
            }
        };
        let (fingerprint, status) = (claim.fingerprint.clone(), head.status.as_u16());
        let answer = Stored { fingerprint, status, body: body.clone() };
        if let Err(error) = self.results.keep(claim, &answer).await {
            // the effect is there and repeats safely: the caller gets its answer
            let error: &dyn std::error::Error = &error;
            tracing::warn!(operation = claim.operation, error, "an answer was not kept");
        }
        Response::from_parts(head, Body::from(body))
    }
}

/// The answer to the same request; another one cannot have this key.
fn of_same(stored: Stored, claim: &Claim) -> Result<Stored> {
    if stored.fingerprint == claim.fingerprint {
        return Ok(stored);
    }
    Err(Error::key_reused("this idempotency key was used for another request; use a new one"))
}

fn key(headers: &HeaderMap) -> Result<String> {
    let mut values = headers.get_all(KEY_HEADER).iter();
    let Some(value) = values.next() else {
        return Err(Error::invalid("this operation needs an Idempotency-Key header"));
    };
    let plain = |it: &&str| {
        (1..=KEY_CHARS_MAX).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_graphic())
    };
    match value.to_str().ok().filter(plain) {
        Some(key) if values.next().is_none() => Ok(key.to_owned()),
        _ => Err(Error::invalid(
            "an Idempotency-Key is one text of 1 to 255 visible ASCII characters",
        )),
    }
}

fn fingerprint(head: &request::Parts, body: &[u8]) -> String {
    let target = head.uri.path_and_query().map_or("", |it| it.as_str());
    let media_type = head.headers.get(header::CONTENT_TYPE).map_or(&[][..], |it| it.as_bytes());
    let mut context = Context::new(&SHA256);
    for part in [head.method.as_str().as_bytes(), target.as_bytes(), media_type, body] {
        // With its length before it, no part can pass for the end of the one before.
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing into a String cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

fn replay(stored: Stored) -> Response {
    let Ok(status) = StatusCode::from_u16(stored.status) else {
        return Problem(Error::internal("a stored answer has no status")).into_response();
    };
    let mut response = (status, stored.body).into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// The keys that are being answered in this process.
#[derive(Debug, Default)]
struct Running(Mutex<HashSet<Slot>>);

type Slot = (String, String, String);

impl Running {
    fn enter(self: &Arc<Self>, claim: &Claim) -> Option<Guard> {
        let slot = (claim.principal.clone(), claim.operation.clone(), claim.key.clone());
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(slot.clone());
        new.then(|| Guard { running: Arc::clone(self), slot })
    }
}

/// Holds a key while it is being answered.
#[derive(Debug)]
struct Guard {
    running: Arc<Running>,
    slot: Slot,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.slot);
    }
}
