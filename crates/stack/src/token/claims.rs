//! What a verified token says: who, what they may, for how long. Pure.

use super::Issuer;
use canonical::{Error, Principal, Result, Role};
use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use serde_json::{Map, Value};

pub(super) type Claims = Map<String, Value>;

/// When a token is good, in seconds since 1970 (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    ends: i64,
    starts: i64,
}

impl Validity {
    pub(super) fn of(claims: &Claims) -> Result<Self> {
        let Some(ends) = seconds(claims.get("exp")) else {
            return Err(Error::unauthenticated("the token does not say when it ends (exp)"));
        };
        let starts = match claims.get("nbf") {
            None => i64::MIN,
            some => seconds(some)
                .ok_or_else(|| Error::unauthenticated("the token's start (nbf) is no number"))?,
        };
        Ok(Self { ends, starts })
    }

    pub(super) fn check(self, now: i64, skew_seconds: u32) -> Result<()> {
        let skew = i64::from(skew_seconds);
        if now >= self.ends.saturating_add(skew) {
            return Err(Error::unauthenticated("the token has expired; get a new one"));
        }
        if now.saturating_add(skew) < self.starts {
            return Err(Error::unauthenticated("the token is not good yet (nbf)"));
        }
        Ok(())
    }
}

/// The principal of verified claims. A claim that could restrict a principal is never passed over:
/// where it cannot be read, the token is refused.
pub(super) fn principal(claims: &Claims, issuer: &Issuer) -> Result<Principal> {
    let subject = text(claims, "sub")?.unwrap_or_default();
    if subject.is_empty() {
        return Err(Error::unauthenticated("the token does not say whose it is (sub)"));
    }
    let role = text(claims, &issuer.role_claim)?;
    // A role that is not one of ours restricts nothing and picks no plan.
    let role = role.and_then(|it| it.trim().to_ascii_lowercase().parse::<Role>().ok());
    let supplier_id = match text(claims, &issuer.supplier_claim)? {
        Some(id) => Some(id.parse().map_err(|it: &str| {
            Error::unauthenticated("the token's supplier is not a supplier id").because(it)
        })?),
        None => None,
    };
    if role == Some(Role::Supplier) && supplier_id.is_none() {
        return Err(Error::unauthenticated("a supplier's token must say which supplier it is for"));
    }
    let scopes = text(claims, &issuer.scope_claim)?.unwrap_or_default();
    Ok(Principal {
        id: format!("{}|{subject}", issuer.issuer),
        role,
        scopes: scopes.split_ascii_whitespace().map(ToOwned::to_owned).collect(),
        supplier_id,
    })
}

/// The library's refusal in our words.
pub(super) fn refusal(error: JwtError, issuer: &Issuer) -> Error {
    let message = match error.kind() {
        ErrorKind::InvalidAudience => {
            format!("the token is not for {} (aud)", issuer.audience)
        }
        ErrorKind::MissingRequiredClaim(name) => format!("the token has no {name}"),
        _ => "the token's signature or form is not right".to_owned(),
    };
    Error::unauthenticated(message).because(error)
}

fn text<'a>(claims: &'a Claims, name: &str) -> Result<Option<&'a str>> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(it)) => Ok(Some(it)),
        Some(_) => Err(Error::unauthenticated(format!("the token's claim {name} is not a text"))),
    }
}

fn seconds(value: Option<&Value>) -> Option<i64> {
    let number = value?.as_number()?;
    // RFC 7519 allows fractions of a second; whole ones are near enough.
    number.as_i64().or_else(|| number.to_string().split('.').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Algorithm, Jwks};
    use serde_json::json;

    fn issuer() -> Issuer {
        Issuer {
            issuer: "https://id.example".to_owned(),
            audience: "threeway".to_owned(),
            algorithms: Algorithm::all(),
            jwks: Jwks::Inline(String::new()),
            supplier_claim: "supplier_id".to_owned(),
            role_claim: "role".to_owned(),
            scope_claim: "scope".to_owned(),
        }
    }

    fn of(claims: &Value) -> Result<Principal> {
        principal(claims.as_object().unwrap(), &issuer())
    }

    #[test]
    fn a_principal_is_issuer_and_subject_with_scopes() {
        let principal = of(&json!({ "sub": "u", "role": "ap", "scope": " a.b  c.d " })).unwrap();
        assert_eq!(principal.id, "https://id.example|u");
        assert_eq!(principal.role, Some(Role::Ap));
        assert_eq!(principal.scopes.len(), 2);
        assert_eq!(principal.supplier_id, None);
    }

    #[test]
    fn a_supplier_is_never_unrestricted() {
        for claims in [
            json!({ "sub": "u", "role": "supplier" }),
            json!({ "sub": "u", "role": " Supplier" }),
            json!({ "sub": "u", "role": "supplier", "supplier_id": "" }),
            json!({ "sub": "u", "role": "supplier", "supplier_id": null }),
            json!({ "sub": "u", "role": ["supplier"] }),
            json!({ "sub": "u", "role": "ap", "supplier_id": 7 }),
        ] {
            let error = of(&claims).unwrap_err();
            assert_eq!(error.kind(), canonical::Kind::Unauthenticated, "{claims}");
        }
        let principal = of(&json!({ "sub": "u", "role": "supplier", "supplier_id": "SUP-1" }));
        assert_eq!(principal.unwrap().supplier_id.unwrap().as_str(), "SUP-1");
    }

    #[test]
    fn a_token_is_good_from_its_start_to_its_end_give_or_take_the_skew() {
        let claims = json!({ "exp": 1_000.7, "nbf": 500 });
        let validity = Validity::of(claims.as_object().unwrap()).unwrap();
        for (now, good) in [(469, false), (470, true), (1_029, true), (1_030, false)] {
            assert_eq!(validity.check(now, 30).is_ok(), good, "{now}");
        }
        assert!(Validity::of(json!({ "exp": "soon" }).as_object().unwrap()).is_err());
        assert!(Validity::of(json!({ "nbf": 5 }).as_object().unwrap()).is_err());
        assert!(Validity::of(json!({ "exp": 5, "nbf": "x" }).as_object().unwrap()).is_err());
    }
}
