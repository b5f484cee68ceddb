//! One session for all calls: logged in once, by one caller at a time, and again when Tryton has
//! forgotten it. A login that was refused is not tried again for a while: Tryton answers each try
//! more slowly than the last and in the end locks the user out, the right password included.

use super::super::options::Options;
use super::{Access, Client, Outcome, raw};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use canonical::{Clock, Error, Result};
use http::HeaderValue;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use stack::Secret;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The longest that a caller waits for the login of another, outside of any request.
const LOGIN_WAIT: Duration = Duration::from_secs(30);

/// What of a user's preferences decides over calls.
const CONTEXT: &[&str] = &["company", "company_filter", "employee", "groups"];

/// A logged-in user, and what is known of the company it works in.
pub(in super::super) struct Session {
    pub(in super::super) authorization: HeaderValue,
    pub(in super::super) context: Box<RawValue>,
    pub(in super::super) company: Company,
}

/// The company whose books these are.
#[derive(Clone, Debug, Deserialize)]
pub(in super::super) struct Company {
    pub(in super::super) id: u64,
    pub(in super::super) timezone: Option<String>,
    #[serde(rename = "party.")]
    pub(in super::super) party: CompanyParty,
}

/// The company as a party.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in super::super) struct CompanyParty {
    pub(in super::super) id: u64,
    pub(in super::super) code: Option<String>,
    pub(in super::super) name: Option<String>,
}

/// Where sessions come from.
pub(super) struct Door {
    login: String,
    password: Secret,
    company: Option<u32>,
    pause_seconds: u32,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    session: Option<Arc<Session>>,
    closed_until: Option<Timestamp>,
}

impl Door {
    pub(super) fn new(options: &Options, clock: &Clock) -> Self {
        Self {
            login: options.login.clone(),
            password: options.password.clone(),
            company: options.company,
            pause_seconds: options.login_pause_seconds.max(1),
            clock: Arc::clone(clock),
            state: Mutex::default(),
        }
    }

    /// The session in use; another one than `gone`, logged in if need be.
    pub(super) async fn session(
        &self,
        client: &Client,
        gone: Option<&Arc<Session>>,
    ) -> Result<Arc<Session>> {
        let wait = stack::context::remaining(LOGIN_WAIT);
        let mut state = tokio::time::timeout(wait, self.state.lock()).await.map_err(|it| {
            Error::timed_out(format!("{} did not answer a login in time", client.name()))
                .because(it)
        })?;
        if let Some(session) = &state.session
            && gone.is_none_or(|it| !Arc::ptr_eq(it, session))
        {
            return Ok(Arc::clone(session));
        }
        state.session = None;
        self.is_open(client, &state)?;
        match self.enter(client).await {
            Ok(session) => {
                let session = Arc::new(session);
                state.session = Some(Arc::clone(&session));
                state.closed_until = None;
                Ok(session)
            }
            Err((error, None)) => Err(error),
            Err((error, Some(seconds))) => {
                let until = (self.clock)().as_second().saturating_add(i64::from(seconds));
                state.closed_until = Timestamp::from_second(until).ok();
                Err(error)
            }
        }
    }

    fn is_open(&self, client: &Client, state: &State) -> Result<()> {
        let Some(until) = state.closed_until else { return Ok(()) };
        let left = until.as_second() - (self.clock)().as_second();
        if left <= 0 {
            return Ok(());
        }
        let message = format!("{} refused our login; the next try is later", client.name());
        Err(Error::unavailable(message).retry_after(u32::try_from(left).unwrap_or(u32::MAX)))
    }

    /// Logs in, once. An error comes with the seconds for which no further login is to be tried.
    async fn enter(&self, client: &Client) -> Result<Session, (Error, Option<u32>)> {
        let name = client.name();
        let arguments = (&self.login, json!({ "password": self.password.reveal() }), "en");
        let arguments = raw(&arguments).and_then(|it| client.parse(it.get()));
        let arguments: Vec<Box<RawValue>> = arguments.map_err(|it| (it, None))?;
        let params = arguments.iter().map(AsRef::as_ref).collect();
        let reply = client.exchange(Access::Write, "common.db.login", params, None).await;
        let token = match reply {
            Ok(Outcome::Answered(Some(result))) => result,
            Ok(Outcome::Answered(None) | Outcome::LoggedOut) => {
                tracing::error!(backend.name = name, "the login was refused");
                let error = client.upstream_error("refuses our login; check user and password");
                return Err((error.retry_after(self.pause_seconds), Some(self.pause_seconds)));
            }
            Ok(Outcome::Limited(seconds)) => {
                // Tryton does not say until when, so we rest as after a refused login
                let pause = seconds.unwrap_or_default().max(self.pause_seconds);
                tracing::error!(backend.name = name, "too many logins; {pause} s of rest");
                let error = Error::unavailable(format!("{name} takes no more logins for now"));
                return Err((error.retry_after(pause), Some(pause)));
            }
            Err(error) => return Err((error, None)),
        };
        self.settle(client, &token).await.map_err(|it| (it, None))
    }

    /// Reads what calls need to carry: the user's context, and the company.
    async fn settle(&self, client: &Client, token: &RawValue) -> Result<Session> {
        let reply: (u64, String) = match client.parse::<Vec<Value>>(token.get())?.as_slice() {
            [Value::Number(user), Value::String(token), ..] => {
                (user.as_u64().unwrap_or_default(), token.clone())
            }
            _ => return Err(client.upstream_error("answers a login with no session")),
        };
        let plain = format!("{}:{}:{}", self.login, reply.0, reply.1);
        let mut authorization =
            HeaderValue::try_from(format!("Session {}", STANDARD.encode(plain)))
                .map_err(|it| Error::internal("a session is no header").because(it))?;
        authorization.set_sensitive(true);
        let blank = Company { id: 0, timezone: None, party: CompanyParty::default() };
        let mut session = Session { authorization, context: raw(&json!({}))?, company: blank };

        let method = "model.res.user.get_preferences";
        let preferences = self.read(client, &session, method, &[raw(&true)?]).await?;
        let mut context: Map<String, Value> = client.parse(preferences.get())?;
        context.retain(|key, _| CONTEXT.contains(&key.as_str()));
        // names and symbols of units are translated; ours are keyed by the English ones
        context.insert("language".to_owned(), "en".into());
        if let Some(company) = self.company {
            context.insert("company".to_owned(), company.into());
        }
        let Some(company) = context.get("company").and_then(Value::as_u64) else {
            let error = client.upstream_error("has no company for our user; set one, or `company`");
            return Err(error);
        };
        session.context = raw(&context)?;
        session.company = self.company(client, &session, company).await?;
        Ok(session)
    }

    async fn company(&self, client: &Client, session: &Session, id: u64) -> Result<Company> {
        let params = [
            raw(&json!([["id", "=", id]]))?,
            raw(&0)?,
            raw(&1)?,
            raw(&Value::Null)?,
            raw(&["timezone", "party.code", "party.name"])?,
        ];
        let rows = self.read(client, session, "model.company.company.search_read", &params).await?;
        let rows: Vec<Company> = client.parse(rows.get())?;
        rows.into_iter()
            .next()
            .ok_or_else(|| client.upstream_error("does not know the company that is configured"))
    }

    async fn read(
        &self,
        client: &Client,
        session: &Session,
        method: &str,
        arguments: &[Box<RawValue>],
    ) -> Result<Box<RawValue>> {
        let params = arguments.iter().chain([&session.context]).map(AsRef::as_ref).collect();
        match client.exchange(Access::Read, method, params, Some(session)).await? {
            Outcome::Answered(Some(result)) => Ok(result),
            Outcome::Limited(seconds) => Err(client.busy(seconds)),
            Outcome::Answered(None) | Outcome::LoggedOut => {
                Err(client.upstream_error("ends every session at once"))
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("company", &self.company).finish_non_exhaustive()
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("login", &self.login).finish_non_exhaustive()
    }
}
