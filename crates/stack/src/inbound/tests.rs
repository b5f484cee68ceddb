use super::*;
use crate::context;
use crate::extract::{Json, Raw};
use crate::idempotency::{Claim, Stored};
use axum::Extension;
use axum::body::Body;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use canonical::{Principal, Role};
use http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use tower::ServiceExt as _;

type Answers = HashMap<(String, String, String), Stored>;

/// Keeps answers in memory, as a store would within its transaction.
#[derive(Debug, Default)]
struct Kept(Mutex<Answers>);

#[async_trait::async_trait]
impl Results for Kept {
    async fn find(&self, principal: &str, operation: &str, key: &str) -> Result<Option<Stored>> {
        let slot = (principal.to_owned(), operation.to_owned(), key.to_owned());
        Ok(self.0.lock().unwrap().get(&slot).cloned())
    }

    async fn keep(&self, claim: &Claim, answer: &Stored) -> Result<()> {
        let slot = (claim.principal.clone(), claim.operation.clone(), claim.key.clone());
        self.0.lock().unwrap().entry(slot).or_insert_with(|| answer.clone());
        Ok(())
    }
}

struct House {
    router: Router,
    sandbox: Sandbox,
    effects: Arc<AtomicU32>,
}

fn document() -> OpenApi {
    let operation = |id: &str, keyed: bool| {
        json!({
            "operationId": id, "security": [{ "token": [format!("test.{id}")] }], "responses": {},
            "parameters": [{ "name": "Idempotency-Key", "in": "header", "required": keyed,
                             "schema": { "type": "string" } }],
        })
    };
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "t", "version": "1" },
        "paths": {
            "/v1/read/{id}": { "get": operation("read", false) },
            "/v1/write": { "post": operation("write", true) },
            "/v1/slow": { "get": operation("slow", false) },
            "/v1/bug": { "get": operation("bug", false) },
            "/v1/leak": { "get": operation("leak", false) },
            "/v1/raw": { "post": operation("raw", false) },
        }
    });
    serde_json::from_value(document).unwrap()
}

async fn read(Extension(principal): Extension<Principal>) -> Json<Value> {
    Json(json!({ "principal": principal.id, "request_id": context::request_id() }))
}

async fn raw(raw: Raw) -> Json<usize> {
    Json(raw.bytes.len())
}

fn router(kept: &Arc<Kept>, effects: &Arc<AtomicU32>) -> Router {
    let (kept, effects) = (Arc::clone(kept), Arc::clone(effects));
    let write = async move |Extension(claim): Extension<Claim>, Json(body): Json<Value>| {
        if body == json!("slow") {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(body != json!("panic"), "the handler has a bug");
        let told = json!({ "effect": effects.fetch_add(1, SeqCst) });
        let bytes = Bytes::from(told.to_string());
        let is_other = body == json!("overtaken by another");
        let fingerprint = if is_other { "another".to_owned() } else { claim.fingerprint };
        let slot = (claim.principal, claim.operation, claim.key);
        kept.0.lock().unwrap().insert(slot, Stored { fingerprint, status: 202, body: bytes });
        if is_other || body == json!("overtaken") {
            return Err(crate::Problem(Error::conflict("it is done already")));
        }
        Ok((http::StatusCode::ACCEPTED, Json(told)))
    };
    let slow = || async {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    };
    let bug = || async {
        assert_eq!(1, 2, "secret-of-the-bug");
    };
    let leak = || async {
        Err::<(), _>(crate::Problem(Error::upstream("erp is odd").because("secret-of-the-cause")))
    };
    Router::new()
        .route("/v1/read/{id}", get(read))
        .route("/v1/write", post(write))
        .route("/v1/slow", get(slow))
        .route("/v1/bug", get(bug))
        .route("/v1/leak", get(leak))
        .route("/v1/raw", post(raw))
}

fn house(options: &Options) -> House {
    let clock: Clock = Arc::new(|| Timestamp::from_second(1_790_000_000).unwrap());
    let sandbox = Sandbox::ephemeral(Arc::clone(&clock)).unwrap();
    let (kept, effects) = (Arc::new(Kept::default()), Arc::new(AtomicU32::new(0)));
    let results: Arc<dyn Results> = Arc::clone(&kept) as Arc<dyn Results>;
    let parts = Parts::open(options, &[document()], results, Some(&sandbox), clock).unwrap();
    let router = apply(router(&kept, &effects), &parts).unwrap();
    House { router, sandbox, effects }
}

/// An answer, read whole.
#[derive(Debug)]
struct Seen {
    status: u16,
    headers: http::HeaderMap,
    text: String,
}

impl Seen {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Self { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// What every refusal is.
    #[track_caller]
    fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(body["code"], code, "{self:?}");
        assert_eq!(body["status"], status, "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        assert_eq!(body["request_id"], self.header("x-request-id"), "{self:?}");
        assert!(!self.text.contains("secret"), "{self:?}");
        body
    }
}

impl House {
    fn token(&self, role: Role, scopes: &[&str]) -> String {
        let scopes: Vec<_> = scopes.iter().map(|it| format!("test.{it}")).collect();
        self.sandbox.issue(role, None, &scopes, Duration::from_secs(60)).unwrap()
    }

    /// A request with a token for everything.
    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let all = ["read", "write", "slow", "bug", "leak", "raw"];
        let token = format!("Bearer {}", self.token(Role::Ap, &all));
        Request::builder().method(method).uri(path).header("authorization", token)
    }

    async fn send(&self, request: http::request::Builder, body: impl Into<Body>) -> Seen {
        let request = request.body(body.into()).unwrap();
        Seen::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Seen {
        self.send(self.request("GET", path), Body::empty()).await
    }

    async fn write(&self, key: &str, body: &Value) -> Seen {
        let request = self.request("POST", "/v1/write").header("idempotency-key", key);
        let request = request.header("content-type", "application/json");
        self.send(request, body.to_string()).await
    }
}

#[tokio::test]
async fn a_good_request_is_answered_and_carries_its_id() {
    let house = house(&Options::default());
    let request = house.request("GET", "/v1/read/1").header("x-request-id", "mine-1");
    let seen = house.send(request, Body::empty()).await;
    assert_eq!((seen.status, seen.header("x-request-id")), (200, "mine-1"));
    assert!(seen.text.contains("\"request_id\":\"mine-1\""), "{seen:?}");
    let request = house.request("GET", "/v1/read/1").header("x-request-id", "not plain\"");
    let seen = house.send(request, Body::empty()).await;
    assert_eq!((seen.status, seen.header("x-request-id").len()), (200, 26));
}

#[tokio::test]
async fn without_a_token_every_operation_is_401_whatever_the_body() {
    let house = house(&Options::default());
    for (method, path) in [("GET", "/v1/read/1"), ("POST", "/v1/write"), ("POST", "/v1/raw")] {
        let request = Request::builder().method(method).uri(path);
        let seen = house.send(request, "{ not json").await;
        seen.problem(401, "unauthenticated");
        assert_eq!(seen.header("www-authenticate"), "Bearer realm=\"threeway\"");
        let request =
            Request::builder().method(method).uri(path).header("authorization", "Bearer x");
        let seen = house.send(request, Body::empty()).await;
        seen.problem(401, "unauthenticated");
        assert!(seen.header("www-authenticate").contains("invalid_token"), "{seen:?}");
    }
}

#[tokio::test]
async fn a_token_without_the_scope_is_403() {
    let house = house(&Options::default());
    let token = format!("Bearer {}", house.token(Role::Ap, &["write"]));
    let request = Request::builder().uri("/v1/read/1").header("authorization", token);
    let seen = house.send(request, Body::empty()).await;
    let body = seen.problem(403, "forbidden");
    assert!(body["detail"].as_str().unwrap().contains("test.read"), "{body}");
    assert!(seen.header("www-authenticate").contains("insufficient_scope"));
}

#[tokio::test]
async fn what_is_not_an_operation_is_404_or_405() {
    let house = house(&Options::default());
    house.get("/v1/nothing").await.problem(404, "not_found");
    house.get("/").await.problem(404, "not_found");
    let seen = house.send(house.request("DELETE", "/v1/write"), Body::empty()).await;
    seen.problem(405, "method_not_allowed");
    assert_eq!(seen.header("allow"), "POST");
    house
        .send(Request::builder().uri("/v1/nothing"), Body::empty())
        .await
        .problem(404, "not_found");
    let seen = house.send(house.request("HEAD", "/v1/read/1"), Body::empty()).await;
    assert_eq!(seen.status, 200);
}

#[tokio::test]
async fn neither_a_panic_nor_a_cause_reaches_the_answer() {
    let house = house(&Options::default());
    house.get("/v1/bug").await.problem(500, "internal");
    let seen = house.get("/v1/leak").await;
    seen.problem(502, "upstream");
    assert_eq!(seen.header("retry-after"), "30");
}

#[tokio::test(start_paused = true)]
async fn a_request_ends_at_its_deadline() {
    let house = house(&Options::default());
    let started = tokio::time::Instant::now();
    let seen = house.get("/v1/slow").await;
    seen.problem(504, "timed_out");
    assert_eq!(started.elapsed().as_secs(), 10);
    assert!(!seen.header("retry-after").is_empty());
}

#[tokio::test(start_paused = true)]
async fn more_at_once_than_allowed_is_refused_at_once() {
    let house = house(&Options { concurrency: 1, ..Options::default() });
    let (slow, refused) = tokio::join!(house.get("/v1/slow"), house.get("/v1/read/1"));
    slow.problem(504, "timed_out");
    refused.problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(house.get("/v1/read/1").await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_with_and_without_a_length() {
    let house = house(&Options { body_bytes_max: 10, ..Options::default() });
    let chunks = |count: usize| {
        let chunk = || Ok::<_, std::io::Error>(Bytes::from_static(b"12345"));
        Body::from_stream(futures_util::stream::iter((0..count).map(move |_| chunk())))
    };
    let seen = house.send(house.request("POST", "/v1/raw"), chunks(2)).await;
    assert_eq!((seen.status, seen.text.as_str()), (200, "10"));
    let seen = house.send(house.request("POST", "/v1/raw"), chunks(3)).await;
    seen.problem(413, "too_large");
    let request = house.request("POST", "/v1/raw").header("content-length", "11");
    house.send(request, "12345678901").await.problem(413, "too_large");
    let request = house.request("POST", "/v1/write").header("idempotency-key", "k");
    house.send(request, chunks(3)).await.problem(413, "too_large");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_invalid() {
    let house = house(&Options::default());
    let parts = [Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("secret reset"))];
    let body = Body::from_stream(futures_util::stream::iter(parts));
    house.send(house.request("POST", "/v1/raw"), body).await.problem(400, "invalid");
}

#[tokio::test]
async fn answers_say_what_is_left_of_the_plan_and_the_end_of_it_is_429() {
    let mut options = Options::default();
    let quota = |requests, burst| Quota { requests, window_seconds: 60, burst };
    let plan = Plan {
        all: quota(60, 3),
        operations: [("raw".to_owned(), quota(1, 1))].into_iter().collect(),
    };
    options.limits.roles.insert("ap".to_owned(), plan);
    options.limits.costs.insert("leak".to_owned(), 2);
    // Every plan must afford one request of every cost.
    let house = house(&options);
    let seen = house.get("/v1/read/1").await;
    assert_eq!(seen.header("ratelimit-policy"), "\"default\";q=60;w=60");
    assert_eq!(seen.header("ratelimit"), "\"default\";r=2;t=1");
    assert_eq!(house.get("/v1/leak").await.header("ratelimit"), "\"default\";r=0;t=3");
    let seen = house.get("/v1/read/1").await;
    seen.problem(429, "limited");
    assert_eq!(seen.header("retry-after"), "1");
    assert_eq!(seen.header("ratelimit"), "\"default\";r=0;t=1");
    let seen = house.send(house.request("POST", "/v1/raw"), "x").await;
    assert_eq!((seen.status, seen.header("ratelimit-policy")), (200, "\"raw\";q=1;w=60"));
    let seen = house.send(house.request("POST", "/v1/raw"), "x").await;
    seen.problem(429, "limited");
    assert!((59..=60).contains(&seen.header("retry-after").parse::<u32>().unwrap()));
}

#[test]
fn a_plan_that_names_nothing_real_stops_the_start() {
    let table = Table::read(&[document()]).unwrap();
    let plan = || Options::default().limits.default;
    let mut role = LimitOptions::default();
    role.roles.insert("boss".to_owned(), plan());
    let mut operation = LimitOptions::default();
    operation.costs.insert("gone".to_owned(), 1);
    let mut zero = LimitOptions::default();
    zero.default.all.requests = 0;
    let mut dear = LimitOptions::default();
    dear.costs.insert("read".to_owned(), 1_000);
    for (options, words) in
        [(role, "boss"), (operation, "gone"), (zero, "default"), (dear, "afford one read")]
    {
        let error = Limiter::open(&options, &table).unwrap_err();
        assert!(error.message().contains(words), "{error}");
    }
    assert!(Limiter::open(&LimitOptions::default(), &table).is_ok());
}

#[tokio::test]
async fn the_same_key_and_body_is_answered_once_and_replayed() {
    let house = house(&Options::default());
    let first = house.write("k-1", &json!("a")).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (202, ""));
    let again = house.write("k-1", &json!("a")).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, "true"));
    assert_eq!(
        (again.text.as_str(), again.header("content-type")),
        (&*first.text, "application/json")
    );
    assert_eq!(house.effects.load(SeqCst), 1);
    house.write("k-1", &json!("b")).await.problem(422, "idempotency_key_reused");
    assert_eq!(house.write("k-2", &json!("a")).await.status, 202);
    assert_eq!(house.effects.load(SeqCst), 2);
}

#[tokio::test]
async fn what_another_process_answered_meanwhile_is_the_answer() {
    let house = house(&Options::default());
    let same = house.write("k-1", &json!("overtaken")).await;
    assert_eq!((same.status, same.header("idempotency-replayed")), (202, "true"));
    assert_eq!(same.text, json!({ "effect": 0 }).to_string());
    let other = house.write("k-2", &json!("overtaken by another")).await;
    other.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_key_belongs_to_its_principal() {
    let house = house(&Options::default());
    house.write("k-1", &json!("a")).await;
    let token = format!("Bearer {}", house.token(Role::Admin, &["write"]));
    let request = Request::builder().method("POST").uri("/v1/write").header("authorization", token);
    let request = request.header("idempotency-key", "k-1");
    let seen = house.send(request.header("content-type", "application/json"), "\"b\"").await;
    assert_eq!(seen.status, 202);
}

#[tokio::test]
async fn a_missing_or_odd_key_is_400() {
    let house = house(&Options::default());
    let request = house.request("POST", "/v1/write").header("content-type", "application/json");
    house.send(request, "\"a\"").await.problem(400, "invalid");
    for key in [&"x".repeat(256), "", "two words"] {
        house.write(key, &json!("a")).await.problem(400, "invalid");
    }
    assert_eq!(house.write(&"x".repeat(255), &json!("a")).await.status, 202);
    let request = house.request("POST", "/v1/write").header("content-type", "application/json");
    let request = request.header("idempotency-key", "a").header("idempotency-key", "b");
    house.send(request, "\"a\"").await.problem(400, "invalid");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_being_answered_is_409_and_free_afterwards() {
    let house = house(&Options::default());
    let body = json!("slow");
    let (first, second) = tokio::join!(house.write("k", &body), house.write("k", &body));
    assert_eq!(first.status, 202);
    second.problem(409, "conflict");
    assert_eq!(second.header("retry-after"), "1");
    assert_eq!(house.write("k", &body).await.header("idempotency-replayed"), "true");
    assert_eq!(house.effects.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_free_after_a_panic_and_after_the_caller_went_away() {
    let house = house(&Options::default());
    for _ in 0..2 {
        house.write("k", &json!("panic")).await.problem(500, "internal");
    }
    let body = json!("slow");
    let gone = house.write("k2", &body);
    assert!(tokio::time::timeout(Duration::from_millis(100), gone).await.is_err());
    assert_eq!(house.write("k2", &json!("slow")).await.status, 202);
}

#[tokio::test]
async fn a_read_has_a_tag_and_who_knows_it_gets_304() {
    let house = house(&Options::default());
    let request = || house.request("GET", "/v1/read/1").header("x-request-id", "r");
    let seen = house.send(request(), Body::empty()).await;
    let tag = seen.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{seen:?}");
    let other = format!("\"other\", {tag}");
    for known in [tag.as_str(), "*", &other] {
        let seen = house.send(request().header("if-none-match", known), Body::empty()).await;
        assert_eq!((seen.status, seen.text.as_str()), (304, ""));
        assert_eq!(seen.header("etag"), tag);
        assert!(!seen.header("ratelimit").is_empty());
    }
    let seen = house.send(request().header("if-none-match", "\"other\""), Body::empty()).await;
    assert_eq!(seen.status, 200);
}

#[tokio::test]
async fn an_operation_on_its_way_out_says_so() {
    let deprecated = Deprecated {
        what: "/v1/read/".to_owned(),
        deprecated_at: Timestamp::from_second(1_688_169_599).unwrap(),
        sunset_at: None,
        link: "https://example.org/moving".to_owned(),
    };
    let house = house(&Options { deprecated: vec![deprecated], ..Options::default() });
    assert_eq!(house.get("/v1/read/1").await.header("deprecation"), "@1688169599");
    assert_eq!(house.get("/v1/leak").await.header("deprecation"), "");
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_read_refusals_too() {
    let cors = CorsOptions {
        origins: vec!["https://portal.example".to_owned()],
        ..CorsOptions::default()
    };
    let house = house(&Options { cors, ..Options::default() });
    let request = Request::builder().uri("/v1/read/1").header("origin", "https://portal.example");
    let seen = house.send(request, Body::empty()).await;
    seen.problem(401, "unauthenticated");
    assert_eq!(seen.header("access-control-allow-origin"), "https://portal.example");
    let preflight = Request::builder().method("OPTIONS").uri("/v1/write");
    let preflight = preflight.header("origin", "https://portal.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    let seen = house.send(preflight, Body::empty()).await;
    assert_eq!(seen.status, 200);
    assert!(seen.header("access-control-allow-headers").contains("idempotency-key"));
    let request = Request::builder().uri("/v1/read/1").header("origin", "https://evil.example");
    let seen = house.send(request, Body::empty()).await;
    assert_eq!(seen.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn public_pages_need_no_token_and_refuse_as_problems() {
    let House { router, sandbox, effects } = house(&Options::default());
    let public = Router::new().route("/docs", get(|| async { "hello" }));
    let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    let public = apply_public(public, &Options::default(), &clock).unwrap();
    let house = House { router: router.merge(public), sandbox, effects };
    let seen = house.send(Request::builder().uri("/docs"), Body::empty()).await;
    assert_eq!((seen.status, seen.text.as_str()), (200, "hello"));
    let request = Request::builder().method("POST").uri("/docs");
    house.send(request, Body::empty()).await.problem(405, "method_not_allowed");
    house.send(Request::builder().uri("/nothing"), Body::empty()).await.problem(404, "not_found");
}

#[test]
fn an_option_out_of_its_range_is_named() {
    let options = Options { timeout_ms: 0, ..Options::default() };
    let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    let error = apply_public(Router::new(), &options, &clock).unwrap_err();
    assert!(error.message().contains("/inbound/timeout_ms"), "{error}");
}

#[test]
fn options_refuse_unknown_keys_and_default_as_a_whole() {
    let options: Options = serde_json::from_value(json!({})).unwrap();
    assert_eq!(options, Options::default());
    let error = serde_json::from_value::<Options>(json!({ "timeout": 1 })).unwrap_err();
    assert!(error.to_string().contains("timeout_ms"), "{error}");
}
