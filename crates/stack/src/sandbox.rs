//! The sandbox issuer: tokens for `demo` and for tests, signed with a key of this machine.

use crate::token::{Algorithm, Issuer, Jwks};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use canonical::{Clock, Error, Result, Role, SupplierId};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Serialize;
use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// The `iss` of its tokens.
pub const ISSUER: &str = "urn:threeway:sandbox";
/// The `aud` of its tokens.
pub const AUDIENCE: &str = "threeway";
/// The longest a token of it is good.
pub const TTL_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

const SYSTEM_READS: [&str; 15] = [
    "system.suppliers.read",
    "system.items.read",
    "system.facilities.read",
    "system.cost_centers.read",
    "system.purchase_orders.read",
    "system.receipts.read",
    "system.payables.read",
    "system.contracts.read",
    "system.usages.read",
    "system.rates.read",
    "system.recalls.read",
    "system.inventory_balances.read",
    "system.fiscal_periods.read",
    "system.journals.read",
    "system.changes.read",
];
const CONSUMPTION_READS: [&str; 2] = ["consumption.timeline.read", "consumption.exceptions.read"];
const PURCHASING: [&str; 8] = [
    "process.requisitions.read",
    "process.requisitions.write",
    "process.requisitions.approve",
    "process.purchase_orders.read",
    "process.purchase_orders.dispatch",
    "process.acknowledgements.submit",
    "process.ship_notices.submit",
    "process.flows.read",
];
const OPERATION: [&str; 3] =
    ["process.dead_letters.read", "process.replays.create", "process.changes.create"];

/// The scopes of a role: the one list.
#[must_use]
pub fn scopes(role: Role) -> Vec<&'static str> {
    let own: &[&str] = match role {
        Role::Ap => &[
            "process.match.evaluate",
            "process.invoices.submit",
            "process.invoices.read",
            "process.documents.read",
            "process.holds.release",
            "process.cases.read",
            "process.cases.write",
            "process.purchase_orders.read",
            "process.accounting.read",
            "process.accounting.write",
            "process.flows.read",
        ],
        Role::Planner => &[
            "process.match.evaluate",
            "process.policies.simulate",
            "process.documents.read",
            "process.cases.read",
            "process.cases.write",
        ],
        Role::Analyst => &[],
        Role::Supplier => &[
            "process.invoices.submit",
            "process.invoices.read",
            "process.documents.read",
            "process.purchase_orders.read",
            "process.acknowledgements.submit",
            "process.ship_notices.submit",
            "consumption.timeline.read",
        ],
        Role::Operator => &[
            "process.invoices.read",
            "process.documents.read",
            "process.policies.simulate",
            "process.cases.read",
            "process.requisitions.read",
            "process.purchase_orders.read",
            "process.flows.read",
        ],
        Role::Admin => &[
            "process.match.evaluate",
            "process.invoices.submit",
            "process.invoices.read",
            "process.documents.read",
            "process.holds.release",
            "process.cases.read",
            "process.cases.write",
            "process.policies.simulate",
            "system.payables.create",
            "system.payments.create",
            "system.purchase_orders.write",
            "system.receipts.create",
            "system.journals.write",
            "process.accounting.read",
            "process.accounting.write",
        ],
    };
    let more: &[&[&str]] = match role {
        Role::Ap => &[&SYSTEM_READS, &CONSUMPTION_READS],
        Role::Operator => &[&OPERATION, &SYSTEM_READS, &CONSUMPTION_READS],
        Role::Planner => &[&PURCHASING, &SYSTEM_READS, &CONSUMPTION_READS],
        Role::Admin => &[&OPERATION, &PURCHASING, &SYSTEM_READS, &CONSUMPTION_READS],
        Role::Analyst => &[&CONSUMPTION_READS],
        Role::Supplier => &[],
    };
    own.iter().chain(more.iter().copied().flatten()).copied().collect()
}

/// An issuer with its private key.
pub struct Sandbox {
    key: EncodingKey,
    key_id: String,
    public: String,
    clock: Clock,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    iat: i64,
    exp: i64,
    role: &'static str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier_id: Option<&'a SupplierId>,
}

impl Sandbox {
    /// An issuer whose key lives as long as this process.
    ///
    /// # Errors
    /// `internal` where no key can be made.
    pub fn ephemeral(clock: Clock) -> Result<Self> {
        Self::with_key(&new_key()?, clock)
    }

    /// The issuer whose key is in this file (PKCS #8, readable by its owner alone); makes the file
    /// where there is none.
    ///
    /// # Errors
    /// `internal` where the file cannot be read or written, or holds no key.
    pub fn load_or_create(path: &Path, clock: Clock) -> Result<Self> {
        let unusable = |it: std::io::Error| {
            Error::internal(format!("the sandbox key {} cannot be used", path.display()))
                .because(it)
        };
        let key = match fs::read(path) {
            Ok(it) => it,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path, &new_key()?).map_err(unusable)?;
                // Whoever came first wrote the key that counts.
                fs::read(path).map_err(unusable)?
            }
            Err(error) => return Err(unusable(error)),
        };
        Self::with_key(&key, clock)
    }

    /// A token for a role.
    ///
    /// Without `scopes` it has all scopes of the role; with them it has these alone, whatever the
    /// role.
    ///
    /// # Errors
    /// `invalid` for a supplier's token without a supplier, a scope with blanks, or a time to live
    /// of nothing or over [`TTL_MAX`].
    pub fn issue(
        &self,
        role: Role,
        supplier: Option<&SupplierId>,
        wanted: &[String],
        ttl: Duration,
    ) -> Result<String> {
        if role == Role::Supplier && supplier.is_none() {
            return Err(Error::invalid("a supplier's token needs a supplier"));
        }
        if ttl.is_zero() || ttl > TTL_MAX {
            return Err(Error::invalid("a token is good for 1 second to 366 days"));
        }
        let plain = |it: &String| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some(scope) = wanted.iter().find(|it| !plain(it)) {
            return Err(Error::invalid(format!("{scope:?} is not a scope")));
        }
        let scope = if wanted.is_empty() { scopes(role).join(" ") } else { wanted.join(" ") };
        let now = (self.clock)().as_second();
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: supplier.map_or_else(|| role.name().to_owned(), |it| format!("{role}:{it}")),
            iat: now,
            exp: now.saturating_add_unsigned(ttl.as_secs().max(1)),
            role: role.name(),
            scope,
            supplier_id: supplier,
        };
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.kid = Some(self.key_id.clone());
        encode(&header, &claims, &self.key)
            .map_err(|it| Error::internal("the token could not be signed").because(it))
    }

    /// The options by which an authenticator takes this issuer's tokens.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        let (key_id, public) = (&self.key_id, &self.public);
        let jwks = serde_json::json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key_id, "x": public
        }] });
        Issuer {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            algorithms: vec![Algorithm::EdDSA],
            jwks: Jwks::Inline(jwks.to_string()),
            supplier_claim: "supplier_id".to_owned(),
            role_claim: "role".to_owned(),
            scope_claim: "scope".to_owned(),
        }
    }

    fn with_key(pkcs8: &[u8], clock: Clock) -> Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8)
            .map_err(|it| Error::internal("the sandbox key is not an Ed25519 key").because(it))?;
        let public = pair.public_key().as_ref();
        let key_id = URL_SAFE_NO_PAD.encode(digest(&SHA256, public).as_ref());
        let public = URL_SAFE_NO_PAD.encode(public);
        Ok(Self { key: EncodingKey::from_ed_der(pkcs8), key_id, public, clock })
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

fn new_key() -> Result<Vec<u8>> {
    let failed = |it| Error::internal("no key could be made").because(it);
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    Ok(pair.to_pkcs8().map_err(failed)?.as_ref().to_vec())
}

/// Writes the key beside its place and links it in, so that nobody ever reads half a key.
fn create(path: &Path, key: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension(format!("{:016x}", crate::random::bits() >> 64));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(key)?;
    file.sync_all()?;
    let linked = match fs::hard_link(&beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&beside)?;
    linked
}
