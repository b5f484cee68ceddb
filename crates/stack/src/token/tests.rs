use super::*;
use crate::sandbox::{self, Sandbox};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair,
};
use axum::Router;
use canonical::{Kind, Role};
use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::SeqCst};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const NOW: i64 = 1_790_000_000;

/// A clock that stands until it is set.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(NOW));
    let read = Arc::clone(&now);
    (Arc::new(move || Timestamp::from_second(read.load(SeqCst)).unwrap()), now)
}

fn issuer(jwks: Jwks) -> Issuer {
    Issuer {
        issuer: "https://id.example".to_owned(),
        audience: "threeway".to_owned(),
        algorithms: Algorithm::all(),
        jwks,
        supplier_claim: supplier_claim(),
        role_claim: role_claim(),
        scope_claim: scope_claim(),
    }
}

fn open(issuers: Vec<Issuer>, clock: Clock) -> Authenticator {
    Authenticator::open(&Options { issuers, ..Options::default() }, clock).unwrap()
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": ["other", "threeway"], "sub": "u",
        "exp": NOW + 600, "scope": "a.b", "role": "ap"
    })
}

/// A key pair for a test: how it signs, and its public half.
struct Pair {
    algorithm: jsonwebtoken::Algorithm,
    key: EncodingKey,
    jwk: Value,
}

impl Pair {
    fn rsa() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = pair.public_key();
        let text = |it: &[u8]| URL_SAFE_NO_PAD.encode(it);
        let n = text(public.modulus().big_endian_without_leading_zero());
        let e = text(public.exponent().big_endian_without_leading_zero());
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let body = base64::engine::general_purpose::STANDARD.encode(pkcs8.as_ref());
        let label = ["PRIVATE", "KEY"].join(" ");
        let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        Self {
            algorithm: jsonwebtoken::Algorithm::RS256,
            key: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
            jwk: json!({ "kty": "RSA", "kid": "rsa", "n": n, "e": e, "alg": "RS256" }),
        }
    }

    fn ec() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..]);
        Self {
            algorithm: jsonwebtoken::Algorithm::ES256,
            key: EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref()),
            jwk: json!({ "kty": "EC", "crv": "P-256", "kid": "ec",
                         "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) }),
        }
    }

    fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = kid.map(ToOwned::to_owned);
        encode(&header, claims, &self.key).unwrap()
    }
}

fn set(pairs: &[&Pair]) -> String {
    json!({ "keys": pairs.iter().map(|it| &it.jwk).collect::<Vec<_>>() }).to_string()
}

async fn refused(authenticator: &Authenticator, token: &str, words: &str) {
    let error = authenticator.authenticate(token).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthenticated, "{error:?}");
    assert!(error.message().contains(words), "{words}: {error:?}");
}

#[tokio::test]
async fn tokens_of_every_algorithm_are_taken() {
    let (rsa, ec) = (Pair::rsa(), Pair::ec());
    let authenticator = open(vec![issuer(Jwks::Inline(set(&[&rsa, &ec])))], clock().0);
    for (pair, kid) in [(&rsa, "rsa"), (&ec, "ec")] {
        let token = pair.sign(Some(kid), &claims());
        let principal = authenticator.authenticate(&token).await.unwrap();
        assert_eq!(principal.id, "https://id.example|u");
        assert_eq!(principal.role, Some(Role::Ap));
    }
}

#[tokio::test]
async fn a_token_that_is_not_right_is_refused_with_the_reason() {
    let (rsa, ec) = (Pair::rsa(), Pair::ec());
    let authenticator = open(vec![issuer(Jwks::Inline(set(&[&rsa, &ec])))], clock().0);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        rsa.sign(Some("rsa"), &claims)
    };
    refused(&authenticator, &with("aud", json!("other")), "not for threeway").await;
    refused(&authenticator, &with("iss", json!("https://evil.example")), "issuer").await;
    refused(&authenticator, &with("exp", json!(NOW - 31)), "expired").await;
    refused(&authenticator, &with("exp", Value::Null), "").await;
    refused(&authenticator, &with("nbf", json!(NOW + 31)), "not good yet").await;
    refused(&authenticator, &with("sub", json!("")), "whose it is").await;
    refused(&authenticator, &with("role", json!("supplier")), "which supplier").await;
    refused(&authenticator, &rsa.sign(Some("ec"), &claims()), "does not fit its key").await;
    refused(&authenticator, &rsa.sign(Some("gone"), &claims()), "not one of its issuer's").await;
    refused(&authenticator, &rsa.sign(None, &claims()), "not one of its issuer's").await;
    refused(&authenticator, &Pair::rsa().sign(Some("rsa"), &claims()), "signature").await;
    refused(&authenticator, "", "JSON web token").await;
    refused(&authenticator, "a.b.c", "JSON web token").await;
    refused(&authenticator, &"x".repeat(9_000), "8 KiB").await;
}

#[tokio::test]
async fn shared_secrets_and_unsigned_tokens_are_refused() {
    let rsa = Pair::rsa();
    let authenticator = open(vec![issuer(Jwks::Inline(set(&[&rsa])))], clock().0);
    let secret = EncodingKey::from_secret(rsa.jwk["n"].as_str().unwrap().as_bytes());
    let mut header = Header::new(jsonwebtoken::Algorithm::HS256);
    header.kid = Some("rsa".to_owned());
    let token = encode(&header, &claims(), &secret).unwrap();
    refused(&authenticator, &token, "algorithm is not taken").await;
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let token = format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims()));
    refused(&authenticator, &token, "JSON web token").await;
}

#[tokio::test]
async fn a_token_that_was_good_is_not_good_past_its_end() {
    let (clock, now) = clock();
    let sandbox = Sandbox::ephemeral(Arc::clone(&clock)).unwrap();
    let authenticator = open(vec![sandbox.issuer()], clock);
    let token = sandbox.issue(Role::Admin, None, &[], Duration::from_secs(20)).unwrap();
    assert_eq!(
        authenticator.authenticate(&token).await.unwrap().scopes.len(),
        sandbox::scopes(Role::Admin).len()
    );
    now.store(NOW + 49, SeqCst);
    authenticator.authenticate(&token).await.unwrap();
    now.store(NOW + 50, SeqCst);
    refused(&authenticator, &token, "expired").await;
}

#[tokio::test]
async fn keys_behind_a_url_are_fetched_on_an_unknown_id_and_stay_when_the_url_fails() {
    let (old, new) = (Pair::ec(), Pair::ec());
    let served = Arc::new(Mutex::new(set(&[&old])));
    let fetches = Arc::new(AtomicU32::new(0));
    let router = Router::new().fallback({
        let (served, fetches) = (Arc::clone(&served), Arc::clone(&fetches));
        move || {
            fetches.fetch_add(1, SeqCst);
            std::future::ready(served.lock().unwrap().clone())
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });

    let options = Options {
        issuers: vec![issuer(Jwks::Url(url))],
        refetch_seconds_min: 3_600,
        ..Options::default()
    };
    let authenticator = Authenticator::open(&options, clock().0).unwrap();
    authenticator.authenticate(&old.sign(Some("ec"), &claims())).await.unwrap();
    assert_eq!(fetches.load(SeqCst), 1);
    for _ in 0..3 {
        refused(&authenticator, &old.sign(Some("unknown"), &claims()), "not one of").await;
    }
    assert_eq!(fetches.load(SeqCst), 1, "unknown keys do not make us ask again and again");

    *served.lock().unwrap() = set(&[&new]);
    authenticator.refresh().await.unwrap();
    authenticator.authenticate(&new.sign(Some("ec"), &claims())).await.unwrap();
    refused(&authenticator, &old.sign(Some("ec"), &claims()), "signature").await;

    *served.lock().unwrap() = "nonsense".to_owned();
    assert!(authenticator.refresh().await.is_err());
    authenticator.authenticate(&new.sign(Some("ec"), &claims())).await.unwrap();
}

#[tokio::test]
async fn an_issuer_whose_keys_never_came_is_unavailable_and_not_a_refusal() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    drop(listener);
    let authenticator = open(vec![issuer(Jwks::Url(url))], clock().0);
    let token = Pair::ec().sign(Some("ec"), &claims());
    assert_eq!(authenticator.authenticate(&token).await.unwrap_err().kind(), Kind::Unavailable);
}

#[test]
fn keys_come_over_https_or_from_this_machine() {
    for url in ["http://id.example/jwks", "http://localhost:x@evil.example/", "ftp://a", "nothing"]
    {
        let options =
            Options { issuers: vec![issuer(Jwks::Url(url.to_owned()))], ..Options::default() };
        assert!(Authenticator::open(&options, clock().0).is_err(), "{url}");
    }
}

#[test]
fn the_sandbox_refuses_what_makes_no_sense() {
    let sandbox = Sandbox::ephemeral(clock().0).unwrap();
    let hour = Duration::from_secs(3_600);
    assert!(sandbox.issue(Role::Supplier, None, &[], hour).is_err());
    assert!(sandbox.issue(Role::Ap, None, &[], Duration::ZERO).is_err());
    assert!(sandbox.issue(Role::Ap, None, &["two words".to_owned()], hour).is_err());
    assert!(sandbox.issue(Role::Supplier, Some(&"SUP-1".parse().unwrap()), &[], hour).is_ok());
}

#[tokio::test]
async fn the_sandbox_key_is_kept_in_a_file_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = std::env::temp_dir().join(format!("threeway-{:032x}", crate::random::bits()));
    let path = folder.join("sandbox.key");
    let first = Sandbox::load_or_create(&path, clock().0).unwrap();
    let second = Sandbox::load_or_create(&path, clock().0).unwrap();
    assert_eq!(first.issuer(), second.issuer());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::write(&path, "nonsense").unwrap();
    assert!(Sandbox::load_or_create(&path, clock().0).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}
