//! What every request passes through, outermost first. This file is the list; each policy has a
//! file of its own.

mod auth;
mod body_limit;
mod conditional;
mod cors;
mod deadline;
mod idempotency;
mod limit;
mod panic;
mod policy;
mod refusal;
mod request_id;
mod shed;
#[cfg(test)]
mod tests;
mod trace;
mod version;

pub use cors::Options as CorsOptions;
pub use limit::{Limiter, Options as LimitOptions, Plan, Quota};
pub use version::Deprecated;

use crate::idempotency::Results;
use crate::operations::Table;
use crate::sandbox::Sandbox;
use crate::token::{self, Authenticator};
use crate::webhook;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use canonical::{Clock, Error, Result};
use http::header;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use utoipa::openapi::OpenApi;

/// How requests are received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The longest a request may take, from its head to the head of its answer.
    pub timeout_ms: u64,
    /// The most requests at once; further ones are refused with 503.
    pub concurrency: usize,
    /// The longest body that is read.
    pub body_bytes_max: usize,
    /// Which web pages of other origins may read answers.
    pub cors: CorsOptions,
    /// Whose tokens are taken.
    pub auth: token::Options,
    /// Whose webhooks are taken, by the sender's name.
    pub webhooks: BTreeMap<String, webhook::Sender>,
    /// How many requests a principal may send.
    pub limits: LimitOptions,
    /// Operations that are on their way out.
    pub deprecated: Vec<Deprecated>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout_ms: 10_000,
            concurrency: 512,
            body_bytes_max: 10 << 20,
            cors: CorsOptions::default(),
            auth: token::Options::default(),
            webhooks: BTreeMap::new(),
            limits: LimitOptions::default(),
            deprecated: Vec::new(),
        }
    }
}

/// What the policies work with.
#[derive(Clone)]
pub struct Parts {
    /// How requests are received.
    pub options: Options,
    /// What the documents say about each operation.
    pub operations: Arc<Table>,
    /// Makes principals from tokens; the gateway calls its `refresh`.
    pub authenticator: Arc<Authenticator>,
    /// Makes principals from the signatures of webhooks.
    pub senders: Arc<webhook::Senders>,
    /// Counts requests; the gateway calls its `retain_recent`.
    pub limiter: Arc<Limiter>,
    /// Where answers to keyed requests are kept.
    pub results: Arc<dyn Results>,
    /// The time, for request ids and tokens.
    pub clock: Clock,
}

impl Parts {
    /// Opens what the options and the documents ask for; `sandbox` is one more issuer, if given.
    ///
    /// # Errors
    /// `invalid` naming the option that is of no use, `internal` naming the operation whose
    /// document has a gap.
    pub fn open(
        options: &Options,
        documents: &[OpenApi],
        results: Arc<dyn Results>,
        sandbox: Option<&Sandbox>,
        clock: Clock,
    ) -> Result<Self> {
        let operations = Arc::new(Table::read(documents)?);
        let mut auth = options.auth.clone();
        auth.issuers.extend(sandbox.map(Sandbox::issuer));
        let authenticator = Authenticator::open(&auth, Arc::clone(&clock)).map_err(|error| {
            let key = "/inbound/auth/issuers";
            Error::invalid_field(key, error.message()).because(error)
        })?;
        Ok(Self {
            authenticator: Arc::new(authenticator),
            senders: Arc::new(webhook::Senders::open(&options.webhooks)?),
            limiter: Arc::new(Limiter::open(&options.limits, &operations)?),
            options: options.clone(),
            operations,
            results,
            clock,
        })
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Puts the whole list around the APIs. What is not an operation is answered with 404 or 405.
///
/// # Errors
/// `invalid` naming the option that is of no use.
pub fn apply(router: Router, parts: &Parts) -> Result<Router> {
    let versions = Arc::new(version::Register::open(&parts.options.deprecated, &parts.operations)?);
    let keyed = idempotency::Keyed::new(Arc::clone(&parts.results));
    let door = auth::Door {
        authenticator: Arc::clone(&parts.authenticator),
        senders: Arc::clone(&parts.senders),
        clock: Arc::clone(&parts.clock),
    };
    let inner = ServiceBuilder::new()
        // 9: from here on somebody is asking
        .layer(from_fn_with_state(door, auth::authenticate))
        // 10: after auth: may this principal call this operation?
        .layer(from_fn_with_state(Arc::clone(&parts.operations), policy::authorize))
        // 11: per principal, so after auth; before anything that costs
        .layer(from_fn_with_state(Arc::clone(&parts.limiter), limit::limit))
        // 12: tells those who may call it that the operation is on its way out
        .layer(from_fn_with_state(versions, version::announce))
        // 13: after refusals, before effects
        .layer(from_fn_with_state(keyed, idempotency::answer_once))
        // 14: last, so that a hit still obeys 1 to 13
        .layer(from_fn(conditional::compare));
    // A fallback makes the list run for unknown paths, too; policy 10 answers them.
    let router = router.fallback(policy::nothing_here).layer(inner);
    outer(router, &parts.options, &parts.operations, &parts.clock)
}

/// Puts the outer part of the list, 1 to 8, around pages that everybody may see.
///
/// # Errors
/// `invalid` naming the option that is of no use.
pub fn apply_public(router: Router, options: &Options, clock: &Clock) -> Result<Router> {
    outer(router, options, &Arc::new(Table::default()), clock)
}

fn outer(
    router: Router,
    options: &Options,
    operations: &Arc<Table>,
    clock: &Clock,
) -> Result<Router> {
    options.check()?;
    let observer = trace::Observer {
        operations: Arc::clone(operations),
        timeout: Duration::from_millis(options.timeout_ms),
    };
    let list = ServiceBuilder::new()
        // 1: before anything can log them
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION, header::COOKIE]))
        // 2: everything below can name the request
        .layer(from_fn_with_state(Arc::clone(clock), request_id::name))
        // 3: sees every answer, also the refused ones; sets the request's context
        .layer(from_fn_with_state(observer, trace::observe))
        // 4: outside all that may refuse, or browsers cannot read the refusal
        .layer(cors::layer(&options.cors)?)
        // 5: a bug is a 500, not a lost connection; a bare refusal becomes a problem
        .layer(from_fn(panic::catch))
        .layer(from_fn(refusal::reword))
        // 6: bounds all below; what is left is handed on to outbound calls
        .layer(from_fn(deadline::bound))
        // 7: refuse early and cheaply
        .layer(from_fn_with_state(shed::Gate::new(options.concurrency), shed::admit))
        // 8: before anyone reads a body
        .layer(from_fn_with_state(options.body_bytes_max, body_limit::limit));
    Ok(router.layer(list))
}

impl Options {
    fn check(&self) -> Result<()> {
        let most = tokio::sync::Semaphore::MAX_PERMITS;
        let numbers = [
            ("timeout_ms", self.timeout_ms == 0),
            ("concurrency", self.concurrency == 0 || self.concurrency > most),
            ("body_bytes_max", self.body_bytes_max == 0),
        ];
        match numbers.iter().find(|(_, wrong)| *wrong) {
            Some((key, _)) => {
                Err(Error::invalid_field(format!("/inbound/{key}"), "it is out of its range"))
            }
            None => Ok(()),
        }
    }
}
