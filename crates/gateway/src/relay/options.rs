//! What a person sets of the relay.

use super::message;
use async_nats::ServerAddr;
use canonical::FieldError;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

const WINDOW_MAX: u32 = 1000;
const REPLICAS_MAX: usize = 5;

/// The relay of events to NATS JetStream.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The servers; empty where events are not relayed.
    pub servers: Vec<String>,
    /// The stream that the events go to, and nothing else.
    pub stream: String,
    /// What subjects begin with.
    pub subject_prefix: String,
    /// Whether the stream is made where it is missing.
    pub create_stream: bool,
    /// On how many servers of a cluster a stream that is made here is kept.
    pub replicas: usize,
    /// How long a stream that is made here keeps an event; 0 for ever.
    pub max_age_days: u32,
    /// The most events that are published and not yet acknowledged.
    pub window: u32,
    /// How long the broker may take to answer.
    pub timeout_ms: u64,
    /// Who we are to the broker; empty where it asks for nothing or for something else.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// A token instead.
    pub token: String,
    /// A file of credentials instead: a user's JWT with its key.
    pub credentials_file: PathBuf,
    /// Authorities to trust beside those that the machine trusts.
    pub ca_file: PathBuf,
    /// Our certificate, where the broker asks for one.
    pub certificate_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("servers", &self.servers.len())
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Whether events are relayed at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !self.servers.is_empty()
    }

    /// Under which name the store keeps how far the relay is.
    #[must_use]
    pub(crate) fn place(&self) -> String {
        format!("relay:{}", self.stream)
    }

    /// What is of no use in it, each with its key.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut unless = |is_fine: bool, key: &str, detail: &str| {
            if !is_fine {
                let pointer = format!("/relay/{key}");
                faults.push(FieldError { pointer, detail: detail.to_owned() });
            }
        };
        for server in &self.servers {
            // ok: the cause is left out, it may show a piece of a password
            let is_fine = server.parse::<ServerAddr>().is_ok_and(|it| !it.has_user_pass());
            let right = "a server is written as nats://HOST:PORT or tls://HOST:PORT; who we are \
                         stands in keys of its own";
            unless(is_fine, "servers", right);
        }
        let right = "a stream has a name of letters, digits, - and _";
        unless(message::is_plain(&self.stream), "stream", right);
        let right = "subjects begin with words of letters, digits, - and _, with dots between";
        let words = self.subject_prefix.split('.').all(message::is_plain);
        unless(words, "subject_prefix", right);
        let right = format!("between 1 and {WINDOW_MAX} events may wait for the broker");
        unless((1..=WINDOW_MAX).contains(&self.window), "window", &right);
        let right = format!("a stream is kept on 1 to {REPLICAS_MAX} servers");
        unless((1..=REPLICAS_MAX).contains(&self.replicas), "replicas", &right);
        unless(self.timeout_ms > 0, "timeout_ms", "0 would wait for no answer");
        self.check_access(unless);
        faults
    }

    fn check_access(&self, mut unless: impl FnMut(bool, &str, &str)) {
        let has_file = !self.credentials_file.as_os_str().is_empty();
        let ways = [!self.user.is_empty(), !self.token.is_empty(), has_file];
        let ways = ways.into_iter().filter(|it| *it).count();
        unless(ways <= 1, "user", "name a user, a token or a file of credentials, and one of them");
        let is_whole = self.user.is_empty() == self.password.is_empty();
        unless(is_whole, "password", "a user has a password, and a password its user");
        let has = |it: &Path| !it.as_os_str().is_empty();
        let is_pair = has(&self.certificate_file) == has(&self.key_file);
        unless(is_pair, "key_file", "a certificate needs its key, and a key its certificate");
        for (key, file) in [
            ("credentials_file", &self.credentials_file),
            ("ca_file", &self.ca_file),
            ("certificate_file", &self.certificate_file),
            ("key_file", &self.key_file),
        ] {
            unless(!has(file) || file.is_file(), key, "there is no such file");
        }
    }
}
