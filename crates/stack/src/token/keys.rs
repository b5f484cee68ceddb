//! An issuer's public keys: by key id, read again in the background, stale rather than gone.

use super::{Issuer, Jwks};
use crate::outbound::{self, Retry, Upstream};
use arc_swap::ArcSwapOption;
use canonical::{Error, Result};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

const KEYS_MAX: usize = 100;

pub(super) struct Keys {
    name: String,
    source: Source,
    /// `None` until they could be read once.
    current: ArcSwapOption<Set>,
    refetch_min: Duration,
    /// When they were last asked for; held while asking, so that one asks at a time.
    asked: Mutex<Option<Instant>>,
}

enum Source {
    Here(Jwks),
    There { url: String, upstream: Upstream },
}

type Set = HashMap<String, Arc<Key>>;

pub(super) struct Key {
    decoding: DecodingKey,
    algorithm: Algorithm,
}

impl Key {
    pub(super) const fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm
    }
}

impl Keys {
    pub(super) fn open(issuer: &Issuer, refetch_min: Duration) -> Result<Self> {
        let name = issuer.issuer.clone();
        let (source, current) = match &issuer.jwks {
            Jwks::Url(url) => (there(&name, url)?, None),
            Jwks::Inline(text) => (Source::Here(issuer.jwks.clone()), Some(text.clone())),
            Jwks::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|it| {
                    Error::invalid(format!("the keys of {name} are not in {}", path.display()))
                        .because(it)
                })?;
                (Source::Here(issuer.jwks.clone()), Some(text))
            }
        };
        let current = current.map(|it| parse(&name, it.as_bytes())).transpose()?.map(Arc::new);
        let current = ArcSwapOption::new(current);
        Ok(Self { name, source, current, refetch_min, asked: Mutex::new(None) })
    }

    /// The key of this id; a token without an id fits an issuer with one key. An unknown id may be
    /// a new key, so it makes us ask again, but not often.
    pub(super) async fn find(&self, id: Option<&str>) -> Result<Arc<Key>> {
        if let Some(key) = self.known(id) {
            return Ok(key);
        }
        let mut asked = self.asked.lock().await;
        if let Some(key) = self.known(id) {
            return Ok(key);
        }
        if asked.is_none_or(|it| it.elapsed() >= self.refetch_min) {
            *asked = Some(Instant::now());
            if let Err(error) = self.load().await {
                tracing::warn!(issuer = %self.name, ?error, "keys could not be read");
            }
        }
        drop(asked);
        match self.known(id) {
            Some(key) => Ok(key),
            None if self.current.load().is_none() => {
                Err(Error::unavailable("the keys of the token's issuer could not be read yet"))
            }
            None => Err(Error::unauthenticated("the token's key is not one of its issuer's")),
        }
    }

    /// Reads the keys again; on failure the known ones stay.
    pub(super) async fn refresh(&self) -> Result<()> {
        let mut asked = self.asked.lock().await;
        *asked = Some(Instant::now());
        self.load().await
    }

    fn known(&self, id: Option<&str>) -> Option<Arc<Key>> {
        let set = self.current.load();
        let set = set.as_ref()?;
        match id {
            Some(id) => set.get(id).cloned(),
            None if set.len() == 1 => set.values().next().cloned(),
            None => None,
        }
    }

    async fn load(&self) -> Result<()> {
        let unreadable = || Error::unavailable(format!("the keys of {} cannot be read", self.name));
        let bytes = match &self.source {
            Source::Here(Jwks::File(path)) => {
                tokio::fs::read(path).await.map_err(|it| unreadable().because(it))?
            }
            Source::Here(Jwks::Inline(_) | Jwks::Url(_)) => return Ok(()),
            Source::There { url, upstream } => {
                let answer = upstream.send(Retry::Safe, |it| it.get(url)).await?;
                if !answer.status.is_success() {
                    return Err(unreadable().because(format!("status {}", answer.status)));
                }
                answer.body.to_vec()
            }
        };
        self.current.store(Some(Arc::new(parse(&self.name, &bytes)?)));
        Ok(())
    }
}

fn there(name: &str, url: &str) -> Result<Source> {
    let parsed = Url::parse(url).map_err(|it| {
        Error::invalid(format!("the keys of {name} are not at a URL: {url}")).because(it)
    })?;
    let here = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if parsed.scheme() != "https" && !(here && parsed.scheme() == "http") {
        let message = format!("the keys of {name} must come over https, not from {url}");
        return Err(Error::invalid(message));
    }
    let options = outbound::Options {
        timeout_ms: 3_000,
        concurrency: 2,
        answer_bytes_max: 1 << 20,
        ..outbound::Options::default()
    };
    let upstream = Upstream::open(&format!("the keys of {name}"), &options)?;
    Ok(Source::There { url: url.to_owned(), upstream })
}

/// The usable keys of a JWK set. What is not for signatures, or of a kind that is not taken, is
/// left out: other users of the issuer may need it.
fn parse(name: &str, bytes: &[u8]) -> Result<Set> {
    #[derive(Deserialize)]
    struct Wire {
        keys: Vec<Value>,
    }
    let unusable = || Error::invalid(format!("the keys of {name} are not a JWK set"));
    let wire: Wire = serde_json::from_slice(bytes).map_err(|it| unusable().because(it))?;
    let set: Set = wire
        .keys
        .into_iter()
        .take(KEYS_MAX)
        .filter_map(|it| serde_json::from_value::<Jwk>(it).ok())
        .enumerate()
        .filter_map(|(index, it)| {
            let key = key(&it)?;
            Some((it.common.key_id.unwrap_or_else(|| format!("#{index}")), Arc::new(key)))
        })
        .collect();
    if set.is_empty() {
        return Err(unusable().because("no key in it is for RS256, ES256 or EdDSA"));
    }
    Ok(set)
}

fn key(jwk: &Jwk) -> Option<Key> {
    if matches!(&jwk.common.public_key_use, Some(it) if *it != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(it) if it.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(it) if it.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    // An RSA key may say that it is for another of the RSA algorithms only.
    if let Some(declared) = jwk.common.key_algorithm
        && !matches!(
            (declared, algorithm),
            (KeyAlgorithm::RS256, Algorithm::RS256)
                | (KeyAlgorithm::ES256, Algorithm::ES256)
                | (KeyAlgorithm::EdDSA, Algorithm::EdDSA)
        )
    {
        return None;
    }
    Some(Key { decoding: DecodingKey::from_jwk(jwk).ok()?, algorithm })
}
