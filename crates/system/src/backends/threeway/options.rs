//! How another Threeway is reached: `[backends.NAME]` with `kind = "threeway"`.

use canonical::{Error, FieldError, Result};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use stack::Secret;
use stack::outbound;
use std::path::PathBuf;

/// How another gateway is reached.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Where its public listener is, without the path of the API: `https://threeway.example.org`.
    pub url: String,
    /// The token that it knows us by; its scopes are what we may do there.
    #[serde(default)]
    pub token: Option<Secret>,
    /// The file with that token, in place of `token`. It is read again when it changes, and when
    /// the other side refuses the token, so that a token can be replaced while we run.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Whether what changes there is followed. Turn it off where its back ends tell no changes.
    #[serde(default = "yes")]
    pub follow: bool,
    /// Which of its back ends is followed, by its name there; needed where several tell changes.
    #[serde(default)]
    pub follow_back_end: Option<String>,
    /// Deadlines, repeats and limits of the calls.
    #[serde(default)]
    pub outbound: outbound::Options,
}

impl Options {
    /// Everything that can be wrong without asking the other side.
    ///
    /// # Errors
    /// `invalid` with a pointer per fault.
    pub fn check(&self) -> Result<()> {
        let mut fields = Vec::new();
        let mut fault = |pointer: &str, detail: &str| {
            fields.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
        };
        let url = reqwest::Url::parse(&self.url);
        let plain = |it: &reqwest::Url| {
            matches!(it.scheme(), "http" | "https")
                && it.has_host()
                && it.query().is_none()
                && it.fragment().is_none()
                && it.username().is_empty()
                && it.password().is_none()
        };
        if !url.is_ok_and(|it| plain(&it)) {
            fault("/url", "not an address such as \"https://threeway.example.org\"");
        }
        match (&self.token, &self.token_file) {
            (None, None) => fault("/token_file", "name a file with a token, or give a token"),
            (Some(_), Some(_)) => fault("/token_file", "give a token or a file with it, not both"),
            (Some(token), None) if bearer(token.reveal()).is_none() => {
                fault("/token", "not a token: visible characters without blanks");
            }
            _ => {}
        }
        if !self.follow && self.follow_back_end.is_some() {
            fault("/follow_back_end", "names what is followed, and follow is off");
        }
        if fields.is_empty() { Ok(()) } else { Err(Error::invalid_fields(fields)) }
    }
}

/// The header that shows a token; never printed.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|it| it.is_ascii_graphic()) {
        return None;
    }
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

const fn yes() -> bool {
    true
}
