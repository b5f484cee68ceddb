//! `postgres://USER@HOST/DATABASE`: how a connection is made. No message repeats a part of the URL:
//! any part may hold a password, or a piece of one that was not escaped.

use super::tls::Tls;
use canonical::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

const RIGHT: &str = "a store in PostgreSQL is written as postgres://USER@HOST/DATABASE or \
                     postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters as %XX";

/// What may stand after `?`.
const OPTIONS: [&str; 5] =
    ["sslmode", "sslrootcert", "application_name", "connect_timeout", "hostaddr"];

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;
/// Bytes that the other side does not acknowledge for so long end the connection.
const USER_TIMEOUT: Duration = Duration::from_secs(25);

/// A database on a server.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(super) config: Config,
    trust: Trust,
}

/// Whose certificates count.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// Anybody's: `prefer` keeps out who listens, not who stands between.
    Anybody,
    /// Those that this machine trusts.
    Machine,
    /// Those that the authorities in this file signed.
    File(PathBuf),
}

impl Place {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let mut config: Config = match place.parse() {
            Ok(config) => config,
            // ok: the cause is left out, it may show a piece of the password
            Err(_cause) => return wrong("the store's URL cannot be read"),
        };
        if config.get_user().is_none_or(str::is_empty) {
            return wrong("the store's URL names no user");
        }
        if config.get_hosts().is_empty() {
            return wrong("the store's URL names no host");
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return wrong("the store's URL names no database");
        }
        config
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES)
            .tcp_user_timeout(USER_TIMEOUT)
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .application_name("threeway");
        let mut it = Self { config, trust: Trust::Anybody };
        let options = options.split('&').filter(|it| !it.is_empty());
        for option in options {
            it.set(option.split_once('=').unwrap_or((option, "")))?;
        }
        Ok(it)
    }

    fn set(&mut self, (name, value): (&str, &str)) -> Result<()> {
        let config = &mut self.config;
        match name {
            "sslmode" => {
                let mode = match value {
                    "disable" => SslMode::Disable,
                    "prefer" => SslMode::Prefer,
                    "require" | "verify-ca" | "verify-full" => SslMode::Require,
                    _ => return wrong("sslmode is disable, prefer, require or verify-full"),
                };
                config.ssl_mode(mode);
                if mode == SslMode::Require && matches!(self.trust, Trust::Anybody) {
                    self.trust = Trust::Machine;
                }
            }
            "sslrootcert" if Path::new(value).is_file() => self.trust = Trust::File(value.into()),
            "sslrootcert" => return wrong("sslrootcert names no file"),
            "application_name" => drop(config.application_name(value)),
            "connect_timeout" => match value.parse() {
                Ok(seconds @ 1..=60) => drop(config.connect_timeout(Duration::from_secs(seconds))),
                Ok(_) | Err(_) => return wrong("connect_timeout is 1 to 60 seconds"),
            },
            "hostaddr" => match value.parse() {
                Ok(address) => drop(config.hostaddr(address)),
                Err(_cause) => return wrong("hostaddr is an IP address"),
            },
            _ => {
                let options = OPTIONS.join(", ");
                return wrong(&format!(
                    "what follows \"?\" is not an option; these are: {options}"
                ));
            }
        }
        Ok(())
    }

    /// Without the password.
    pub(crate) fn shown(&self) -> String {
        let hosts: Vec<String> = self.config.get_hosts().iter().map(shown).collect();
        let part = Option::unwrap_or_default;
        let (user, database) = (part(self.config.get_user()), part(self.config.get_dbname()));
        format!("postgres://{user}@{}/{database}", hosts.join(","))
    }

    pub(super) fn tls(&self) -> Result<Tls> {
        Tls::new(&self.trust)
    }
}

fn shown(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

fn wrong<T>(what: &str) -> Result<T> {
    Err(Error::invalid(format!("{what}; {RIGHT}")))
}
