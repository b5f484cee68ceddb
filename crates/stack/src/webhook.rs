//! Webhooks that come in: who sent one, by its signature (Standard Webhooks, version 1), and
//! whether it is fresh. They may come late, in any order and again; what follows from that is up to
//! the operation that takes them.

use crate::Secret;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canonical::{Error, Result};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which message it is: the same for each try to deliver it.
pub const ID: HeaderName = HeaderName::from_static("webhook-id");
/// When this try was signed: seconds since 1970.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The signatures, separated by blanks: several while a secret is changed for another.
pub const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// How far the time of a signature may be from ours, before and after it.
const TOLERANCE_SECONDS: u64 = 300;
const ID_CHARS_MAX: usize = 255;
/// The most signatures that one message is tried by.
const SIGNATURES_MAX: usize = 8;
/// How secrets are written down.
const PREFIX: &str = "whsec_";
const SECRET_BYTES_MIN: usize = 24;

/// Somebody who sends webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// What it signs with: `whsec_` and the base64 of at least 24 bytes. Any of them is taken, so
    /// that one can be changed for another without a message lost.
    pub secrets: Vec<Secret>,
}

/// Whose webhooks are taken.
#[derive(Debug, Default)]
pub struct Senders(BTreeMap<String, Vec<hmac::Key>>);

impl Senders {
    /// Reads the secrets, by the senders' names.
    ///
    /// # Errors
    /// `invalid` naming the sender without a secret or with one that is of no use.
    pub fn open(senders: &BTreeMap<String, Sender>) -> Result<Self> {
        let keys = senders.iter().map(|(name, sender)| {
            let keys: Option<Vec<_>> = sender.secrets.iter().map(key).collect();
            let keys = keys.filter(|it| !it.is_empty()).ok_or_else(|| {
                let pointer = format!("/inbound/webhooks/{name}/secrets");
                let detail = format!(
                    "each is {PREFIX} and the base64 of at least {SECRET_BYTES_MIN} bytes, and \
                     there is at least one"
                );
                Error::invalid_field(pointer, detail)
            })?;
            Ok((name.clone(), keys))
        });
        keys.collect::<Result<_>>().map(Self)
    }

    /// Whether this sender signed this message, not long ago.
    ///
    /// # Errors
    /// `unauthenticated`; it does not tell a sender who is unknown from a bad signature.
    pub fn verify(
        &self,
        sender: &str,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<()> {
        let (id, time) = (one(headers, &ID)?, one(headers, &TIMESTAMP)?);
        let signatures = one(headers, &SIGNATURE)?;
        if id.is_empty() || id.chars().count() > ID_CHARS_MAX {
            let message = format!("{ID} is from 1 to {ID_CHARS_MAX} characters long");
            return Err(Error::unauthenticated(message));
        }
        let second: i64 = time.parse().map_err(|it| {
            Error::unauthenticated(format!("{TIMESTAMP} is seconds since 1970")).because(it)
        })?;
        if second.abs_diff(now.as_second()) > TOLERANCE_SECONDS {
            let message =
                format!("{TIMESTAMP} is more than {TOLERANCE_SECONDS} s from our clock: sign anew");
            return Err(Error::unauthenticated(message));
        }
        let message = [id.as_bytes(), b".", time.as_bytes(), b".", body].concat();
        let keys = self.0.get(sender).map(Vec::as_slice).unwrap_or_default();
        let is_good = signatures
            .split(' ')
            .take(SIGNATURES_MAX)
            .filter_map(tag)
            .any(|tag| keys.iter().any(|key| hmac::verify(key, &message, &tag).is_ok()));
        if is_good { Ok(()) } else { Err(Error::unauthenticated("the signature is not good")) }
    }
}

/// The signature of a message, as [`SIGNATURE`] carries it.
///
/// # Errors
/// `invalid` where the secret is of no use.
pub fn sign(secret: &Secret, id: &str, second: i64, body: &[u8]) -> Result<String> {
    let key = key(secret).ok_or_else(|| Error::invalid("the secret is of no use"))?;
    let message = [format!("{id}.{second}.").as_bytes(), body].concat();
    Ok(format!("v1,{}", STANDARD.encode(hmac::sign(&key, &message))))
}

fn key(secret: &Secret) -> Option<hmac::Key> {
    let bytes = STANDARD.decode(secret.reveal().strip_prefix(PREFIX)?).ok()?;
    (bytes.len() >= SECRET_BYTES_MIN).then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn tag(signature: &str) -> Option<Vec<u8>> {
    STANDARD.decode(signature.strip_prefix("v1,")?).ok()
}

fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Error::unauthenticated(format!("{name} is needed once")));
    };
    let unreadable = || Error::unauthenticated(format!("{name} is not text"));
    value.to_str().map_err(|it| unreadable().because(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const NOW: i64 = 1_614_265_330;

    fn secret(letter: char) -> Secret {
        let text = STANDARD.encode([u8::try_from(letter).unwrap(); 32]);
        Secret::from(format!("{PREFIX}{text}").as_str())
    }

    fn senders() -> Senders {
        let sender = Sender { secrets: vec![secret('a'), secret('b')] };
        Senders::open(&BTreeMap::from([("erp".to_owned(), sender)])).unwrap()
    }

    fn headers(signature: &str, second: i64) -> HeaderMap {
        let text = |it: &str| HeaderValue::from_str(it).unwrap();
        HeaderMap::from_iter([
            (ID, text("msg_1")),
            (TIMESTAMP, text(&second.to_string())),
            (SIGNATURE, text(signature)),
        ])
    }

    fn is_taken(sender: &str, signature: &str, second: i64, body: &str) -> bool {
        let now = Timestamp::from_second(NOW).unwrap();
        senders().verify(sender, &headers(signature, second), body.as_bytes(), now).is_ok()
    }

    /// The example that the specification's own libraries are tested with.
    #[test]
    fn the_published_example_is_signed_to_the_letter() {
        let secret = Secret::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn any_secret_of_the_sender_is_good_and_no_other() {
        for (letter, good) in [('a', true), ('b', true), ('c', false)] {
            let signed = sign(&secret(letter), "msg_1", NOW, b"{}").unwrap();
            assert_eq!(is_taken("erp", &signed, NOW, "{}"), good, "{letter}");
            // one of several, as while a secret is changed for another
            assert_eq!(is_taken("erp", &format!("v1,AAAA v1a,x {signed}"), NOW, "{}"), good);
            assert!(!is_taken("wms", &signed, NOW, "{}"), "{letter}");
        }
    }

    #[test]
    fn what_was_changed_after_signing_is_refused() {
        let signed = sign(&secret('a'), "msg_1", NOW, b"{}").unwrap();
        assert!(!is_taken("erp", &signed, NOW, "{ }"));
        assert!(!is_taken("erp", &signed, NOW + 1, "{}"));
        assert!(!is_taken("erp", "", NOW, "{}"));
        let other = sign(&secret('a'), "msg_2", NOW, b"{}").unwrap();
        assert!(!is_taken("erp", &other, NOW, "{}"));
    }

    #[test]
    fn what_was_signed_long_ago_or_in_the_future_is_refused() {
        for (seconds, good) in [(-301, false), (-300, true), (300, true), (301, false)] {
            let second = NOW + seconds;
            let signed = sign(&secret('a'), "msg_1", second, b"{}").unwrap();
            assert_eq!(is_taken("erp", &signed, second, "{}"), good, "{seconds}");
        }
        assert!(!is_taken("erp", "v1,AAAA", i64::MIN, "{}"));
    }

    #[test]
    fn each_header_is_there_once() {
        let now = Timestamp::from_second(NOW).unwrap();
        let signed = sign(&secret('a'), "msg_1", NOW, b"{}").unwrap();
        let good = headers(&signed, NOW);
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let (mut without, mut twice) = (good.clone(), good.clone());
            without.remove(&name);
            twice.append(&name, good[&name].clone());
            for headers in [without, twice] {
                let error = senders().verify("erp", &headers, b"{}", now).unwrap_err();
                assert!(error.message().contains(name.as_str()), "{error}");
            }
        }
    }

    #[test]
    fn a_sender_has_a_secret_of_some_length() {
        for secrets in [vec![], vec!["whsec_"], vec!["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]] {
            let secrets = secrets.into_iter().map(Secret::from).collect();
            let senders = BTreeMap::from([("erp".to_owned(), Sender { secrets })]);
            let error = Senders::open(&senders).unwrap_err();
            assert_eq!(error.fields()[0].pointer, "/inbound/webhooks/erp/secrets");
        }
    }
}
