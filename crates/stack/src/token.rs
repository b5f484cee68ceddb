//! Bearer tokens: whose they are, verified against the issuers' keys.
//!
//! Time comes from a clock that is handed in, also for `exp` and `nbf`.

mod claims;
mod keys;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use canonical::{Clock, Error, Principal, Result};
use claims::{Claims, Validity};
use jsonwebtoken::{Validation, decode, decode_header};
use keys::Keys;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const TOKEN_BYTES_MAX: usize = 8 << 10;
const CACHED_TOKENS_MAX: u64 = 10_000;

/// Which tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Whose tokens are taken.
    pub issuers: Vec<Issuer>,
    /// How far an issuer's clock may be from ours.
    pub skew_seconds: u32,
    /// How long a verified token is trusted without verifying it again, at most 60 s and never past
    /// its end.
    pub cached_seconds: u32,
    /// The shortest time between two fetches of one issuer's keys.
    pub refetch_seconds_min: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { issuers: Vec::new(), skew_seconds: 30, cached_seconds: 60, refetch_seconds_min: 30 }
    }
}

/// Somebody whose tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The `iss` of its tokens, to the letter.
    pub issuer: String,
    /// What must be among the `aud` of its tokens.
    pub audience: String,
    /// The signatures that are taken.
    #[serde(default = "Algorithm::all")]
    pub algorithms: Vec<Algorithm>,
    /// Where its public keys are, as a JWK set (RFC 7517).
    pub jwks: Jwks,
    /// The claim with the supplier that a principal acts for.
    #[serde(default = "supplier_claim")]
    pub supplier_claim: String,
    /// The claim with the role.
    #[serde(default = "role_claim")]
    pub role_claim: String,
    /// The claim with the scopes, separated by blanks.
    #[serde(default = "scope_claim")]
    pub scope_claim: String,
}

/// A way to sign. Others, and above all `none` and those with a shared secret, are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSA with SHA-256, PKCS #1 v1.5.
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

/// Where an issuer's public keys are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jwks {
    /// A file, read again by each refresh.
    File(PathBuf),
    /// A URL with `https`, or with `http` on this machine.
    Url(String),
    /// The JWK set itself.
    Inline(String),
}

impl Algorithm {
    fn all() -> Vec<Self> {
        vec![Self::RS256, Self::ES256, Self::EdDSA]
    }

    const fn outside(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::RS256 => jsonwebtoken::Algorithm::RS256,
            Self::ES256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

fn supplier_claim() -> String {
    "supplier_id".to_owned()
}

fn role_claim() -> String {
    "role".to_owned()
}

fn scope_claim() -> String {
    "scope".to_owned()
}

/// Makes principals from tokens.
pub struct Authenticator {
    options: Options,
    issuers: Vec<Trusted>,
    cache: moka::future::Cache<[u8; 32], Arc<Verified>>,
    clock: Clock,
}

struct Trusted {
    issuer: Issuer,
    keys: Keys,
    /// One per algorithm: the library wants all algorithms of one to be of the key's family.
    validations: Vec<(jsonwebtoken::Algorithm, Validation)>,
}

struct Verified {
    principal: Arc<Principal>,
    validity: Validity,
    verified_at_second: i64,
}

impl Authenticator {
    /// Reads the keys that are in files; those behind a URL come with the first
    /// [`refresh`](Self::refresh).
    ///
    /// # Errors
    /// `invalid` naming the issuer whose options or keys are of no use.
    pub fn open(options: &Options, clock: Clock) -> Result<Self> {
        let mut issuers: Vec<Trusted> = Vec::new();
        for issuer in &options.issuers {
            if issuers.iter().any(|it| it.issuer.issuer == issuer.issuer) {
                return Err(Error::invalid(format!("the issuer {} is there twice", issuer.issuer)));
            }
            issuers.push(Trusted::open(issuer, options)?);
        }
        let cached = Duration::from_secs(options.cached_seconds.min(60).into());
        let cache = moka::future::Cache::builder()
            .max_capacity(CACHED_TOKENS_MAX)
            .time_to_live(cached)
            .build();
        Ok(Self { options: options.clone(), issuers, cache, clock })
    }

    /// Reads every issuer's keys again. The gateway calls this at the start and then now and again;
    /// where keys cannot be read, the ones known before stay in use.
    ///
    /// # Errors
    /// `unavailable`, `invalid`: the first failure, after trying all.
    pub async fn refresh(&self) -> Result<()> {
        let mut result = Ok(());
        for trusted in &self.issuers {
            result = result.and(trusted.keys.refresh().await);
        }
        self.cache.invalidate_all();
        result
    }

    /// The principal of a token.
    ///
    /// # Errors
    /// `unauthenticated` saying what is wrong with the token, `unavailable` where the issuer's keys
    /// could never be read.
    pub async fn authenticate(&self, token: &str) -> Result<Arc<Principal>> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Error::unauthenticated("the token is longer than 8 KiB"));
        }
        let now = (self.clock)().as_second();
        let hash = hash(token);
        if let Some(known) = self.cache.get(&hash).await
            && now.abs_diff(known.verified_at_second) <= u64::from(self.options.cached_seconds)
        {
            known.validity.check(now, self.options.skew_seconds)?;
            return Ok(Arc::clone(&known.principal));
        }
        let verified = Arc::new(self.verify(token, now).await?);
        self.cache.insert(hash, Arc::clone(&verified)).await;
        Ok(Arc::clone(&verified.principal))
    }

    async fn verify(&self, token: &str, now: i64) -> Result<Verified> {
        let header = decode_header(token).map_err(|it| malformed().because(it))?;
        if header.crit.is_some() {
            return Err(Error::unauthenticated("the token needs an extension that is not known"));
        }
        let name = unverified_issuer(token)?;
        let Some(trusted) = self.issuers.iter().find(|it| it.issuer.issuer == name) else {
            return Err(Error::unauthenticated("the token's issuer is not one of ours"));
        };
        let Some((_, validation)) = trusted.validations.iter().find(|it| it.0 == header.alg) else {
            return Err(Error::unauthenticated("the token's algorithm is not taken"));
        };
        let key = trusted.keys.find(header.kid.as_deref()).await?;
        if !key.fits(header.alg) {
            return Err(Error::unauthenticated("the token's algorithm does not fit its key"));
        }
        let token = decode::<Claims>(token, key.decoding(), validation)
            .map_err(|it| claims::refusal(it, &trusted.issuer))?;
        let validity = Validity::of(&token.claims)?;
        validity.check(now, self.options.skew_seconds)?;
        let principal = Arc::new(claims::principal(&token.claims, &trusted.issuer)?);
        Ok(Verified { principal, validity, verified_at_second: now })
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.issuers.iter().map(|it| &it.issuer.issuer).collect();
        f.debug_struct("Authenticator").field("issuers", &names).finish_non_exhaustive()
    }
}

impl Trusted {
    fn open(issuer: &Issuer, options: &Options) -> Result<Self> {
        if issuer.algorithms.is_empty() {
            let message = format!("the issuer {} has no algorithms", issuer.issuer);
            return Err(Error::invalid(message));
        }
        let validation = |it: &Algorithm| (it.outside(), validation(issuer, it.outside()));
        let validations = issuer.algorithms.iter().map(validation).collect();
        let keys = Keys::open(issuer, Duration::from_secs(options.refetch_seconds_min.into()))?;
        Ok(Self { issuer: issuer.clone(), keys, validations })
    }
}

fn validation(issuer: &Issuer, algorithm: jsonwebtoken::Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[&issuer.audience]);
    validation.set_issuer(&[&issuer.issuer]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    // The library would read the system's clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// Who a token says it is from, to know whose keys to verify it with.
fn unverified_issuer(token: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct Peek {
        iss: String,
    }
    let payload = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|it| malformed().because(it))?;
    let peek: Peek = serde_json::from_slice(&bytes).map_err(|it| malformed().because(it))?;
    Ok(peek.iss)
}

fn malformed() -> Error {
    Error::unauthenticated("the token is not a JSON web token with an issuer")
}

/// Tokens are kept as hashes only, so that the cache holds nothing that can be used.
fn hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}
