//! Who may ask what: no operation without a token, none without its scope, none with a token that
//! is not quite right, and every refusal is a problem document.

use canonical::Role;
use http::Request;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use stack::sandbox::{AUDIENCE, ISSUER};
use std::time::Duration;
use tests::contract::all_operations;
use tests::{Answer, Caller, TestGateway};

const ORDERS: &str = "/system/v1/purchase-orders";

async fn ask(caller: &Caller, method: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json").header("idempotency-key", "k");
    caller.send(request.body("{}".into()).unwrap()).await
}

#[tokio::test]
async fn without_a_token_no_operation_answers() {
    let gateway = TestGateway::start().await;
    for operation in all_operations() {
        let path = operation.example_path();
        let answer = ask(&gateway.nobody(), &operation.method, &path).await;
        answer.refused(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"threeway\"");
    }
}

#[tokio::test]
async fn with_every_scope_but_its_own_no_operation_answers() {
    let gateway = TestGateway::start().await;
    let operations = all_operations();
    for operation in &operations {
        let others = operations.iter().map(|it| it.scope.as_str());
        let others: Vec<&str> = others.filter(|it| *it != operation.scope).collect();
        let caller = gateway.scoped(&others);
        let answer = ask(&caller, &operation.method, &operation.example_path()).await;
        answer.refused(403, "forbidden");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("insufficient_scope"), "{challenge}");
        assert!(challenge.contains(&operation.scope), "{challenge}");
    }
}

#[tokio::test]
async fn its_own_scope_alone_opens_an_operation() {
    let gateway = TestGateway::start().await;
    for operation in all_operations() {
        let caller = gateway.scoped(&[&operation.scope]);
        let answer = ask(&caller, &operation.method, &operation.example_path()).await;
        let is_in = !matches!(answer.status, 401 | 403 | 405 | 500..);
        assert!(is_in, "{}: {}", operation.id, answer.words());
    }
}

#[tokio::test]
async fn a_role_reads_what_it_is_for_and_no_more() {
    let gateway = TestGateway::start().await;
    for (role, path, status) in [
        (Role::Ap, "/process/v1/invoices", 200),
        (Role::Ap, "/consumption/v1/exceptions", 200),
        (Role::Planner, "/system/v1/cost-centers", 200),
        (Role::Planner, "/process/v1/invoices", 403),
        (Role::Analyst, "/consumption/v1/exceptions", 200),
        (Role::Analyst, ORDERS, 403),
        (Role::Operator, ORDERS, 200),
        (Role::Admin, ORDERS, 200),
    ] {
        let answer = gateway.role(role).get(path).await;
        assert_eq!(answer.status, status, "{role}: {}", answer.words());
    }
    let supplier = gateway.supplier("SUP-1001");
    supplier.get(ORDERS).await.refused(403, "forbidden");
    supplier.get("/consumption/v1/exceptions").await.refused(403, "forbidden");
}

/// Claims of a good token, with these changed; `null` takes one away.
fn claims(gateway: &TestGateway, changed: &Value) -> Value {
    let now = gateway.clock().now().as_second();
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "admin", "iat": now, "exp": now + 600,
        "role": "admin", "scope": "system.purchase_orders.read",
    });
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

#[tokio::test]
async fn a_token_that_is_not_quite_right_is_no_token() {
    let gateway = TestGateway::start().await;
    let now = gateway.clock().now().as_second();
    let header = Header::new(Algorithm::EdDSA);
    let good = gateway.sign(&header, &claims(&gateway, &json!({})));
    assert_eq!(gateway.bearer(good).get(ORDERS).await.status, 200);
    for (what, changed) in [
        ("another issuer", json!({ "iss": "https://id.example" })),
        ("no issuer", json!({ "iss": null })),
        ("another audience", json!({ "aud": "another" })),
        ("no audience", json!({ "aud": null })),
        ("expired", json!({ "exp": now - 31 })),
        ("no end", json!({ "exp": null })),
        ("an end in words", json!({ "exp": "tomorrow" })),
        ("not yet good", json!({ "nbf": now + 31 })),
        ("nobody's", json!({ "sub": null })),
        ("an empty subject", json!({ "sub": "" })),
        ("scopes as a list", json!({ "scope": ["system.purchase_orders.read"] })),
        ("a supplier without a supplier", json!({ "role": "supplier" })),
        ("a supplier that is a number", json!({ "supplier_id": 1001 })),
    ] {
        let token = gateway.sign(&header, &claims(&gateway, &changed));
        let answer = gateway.bearer(token).get(ORDERS).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.words());
        answer.refused(401, "unauthenticated");
        assert!(answer.header("www-authenticate").contains("invalid_token"), "{what}");
    }
    for token in forged(&gateway) {
        gateway.bearer(token).get(ORDERS).await.refused(401, "unauthenticated");
    }
}

/// Tokens that nobody signed, or that somebody else did.
fn forged(gateway: &TestGateway) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let claims = claims(gateway, &json!({}));
    let good = gateway.sign(&Header::new(Algorithm::EdDSA), &claims);
    let parts: Vec<&str> = good.split('.').collect();
    let (head, signature) = (parts[0], parts[2]);
    let more = {
        let mut more = claims.clone();
        more["scope"] = json!("system.purchase_orders.read process.invoices.submit");
        part(&more)
    };
    let unsigned = |alg: &str| part(&json!({ "alg": alg, "typ": "JWT" }));
    let shared = jsonwebtoken::EncodingKey::from_secret(b"threeway");
    let shared = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &shared).unwrap();
    let mut stranger = Header::new(Algorithm::EdDSA);
    stranger.kid = Some("another".to_owned());
    vec![
        format!("{}.{}.", unsigned("none"), part(&claims)),
        format!("{}.{}.{signature}", unsigned("none"), part(&claims)),
        format!("{}.{}.", unsigned("None"), part(&claims)),
        format!("{}.{}.{signature}", unsigned("HS256"), part(&claims)),
        format!("{head}.{more}.{signature}"),
        format!("{head}.{}.", parts[1]),
        format!("{head}.{}", parts[1]),
        shared,
        gateway.sign(&stranger, &claims),
        "x".to_owned(),
        "..".to_owned(),
        "a.b.c.d.e".to_owned(),
        format!("{good}{}", "A".repeat(9_000)),
    ]
}

#[tokio::test]
async fn a_token_ends_when_it_says_also_after_it_was_seen() {
    let gateway = TestGateway::start().await;
    let caller = gateway.bearer(gateway.token(Role::Admin, Duration::from_secs(60)));
    assert_eq!(caller.get(ORDERS).await.status, 200);
    gateway.clock().advance(Duration::from_secs(91));
    caller.get(ORDERS).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn another_gateways_tokens_open_nothing() {
    let (ours, theirs) = (TestGateway::start().await, TestGateway::start().await);
    let token = theirs.token(Role::Admin, Duration::from_secs(60));
    ours.bearer(token).get(ORDERS).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn what_is_not_there_is_said_as_a_problem() {
    let gateway = TestGateway::start().await;
    let callers = [gateway.nobody(), gateway.admin()];
    for caller in &callers {
        for path in ["/nowhere", "/system/v2/items", "/process/v1", "/process/v1/invoices/a/b"] {
            caller.get(path).await.refused(404, "not_found");
        }
        for (method, path) in [
            ("DELETE", "/process/v1/invoices"),
            ("PUT", "/system/v1/items"),
            ("PATCH", "/consumption/v1/timeline"),
            ("GET", "/process/v1/match-evaluations"),
        ] {
            let answer = ask(caller, method, path).await;
            answer.refused(405, "method_not_allowed");
            assert!(!answer.header("allow").is_empty(), "{}", answer.words());
        }
    }
    let admin = gateway.admin();
    for path in [
        "/system/v1/items/NOTHING",
        "/system/v1/purchase-orders/PO-0",
        "/system/v1/payables/PAY-0",
        "/process/v1/invoices/inv_0",
        "/consumption/v1/timeline?purchase_order=PO-0",
    ] {
        admin.get(path).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_question_that_is_not_one_names_the_parameter() {
    let gateway = TestGateway::start().await;
    for (path, pointer) in [
        ("/system/v1/items?limit=0", "?limit"),
        ("/system/v1/items?limit=201", "?limit"),
        ("/system/v1/items?limit=ten", "?limit"),
        ("/system/v1/items?cursor=", "?cursor"),
        ("/system/v1/items?colour=red", "?colour"),
        ("/process/v1/invoices?state=lost", "?state"),
        ("/process/v1/invoices?reason=XXX-99", "?reason"),
        ("/process/v1/invoices?colour=red", "?colour"),
        ("/consumption/v1/exceptions?limit=-1", "?limit"),
    ] {
        let answer = gateway.admin().get(path).await;
        answer.refused(400, "invalid");
        assert_eq!(answer.pointers(), [pointer], "{}", answer.words());
    }
    for path in [
        "/system/v1/items?cursor=rubbish",
        "/process/v1/invoices?cursor=rubbish",
        "/consumption/v1/exceptions?cursor=n1",
        "/consumption/v1/timeline",
        "/consumption/v1/timeline?purchase_order=PO-1001&invoice=X",
    ] {
        gateway.admin().get(path).await.refused(400, "invalid");
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let gateway = TestGateway::start().await;
    let fine = gateway.admin().get(ORDERS).await;
    assert!(!fine.header("x-request-id").is_empty());
    let request = Request::get("/nowhere").header("x-request-id", "mine-1").body("".into());
    let answer = gateway.nobody().send(request.unwrap()).await;
    answer.refused(404, "not_found");
    assert_eq!(answer.header("x-request-id"), "mine-1");
}
