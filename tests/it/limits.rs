//! How much a principal may ask, and what is on its way out: said in headers, refused with 429.

use canonical::Role;
use tests::{Answer, TestGateway, demo};

const ORDERS: &str = "/system/v1/purchase-orders";

/// The number after `name=` in a `RateLimit` field.
fn parameter(answer: &Answer, name: &str) -> u32 {
    let text = answer.header("ratelimit");
    let found = text.split(';').find_map(|it| it.strip_prefix(&format!("{name}=")));
    found.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text:?}"))
}

#[tokio::test]
async fn every_answer_says_what_is_left() {
    let gateway = TestGateway::start().await;
    let first = gateway.ap().get(ORDERS).await;
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=6000;w=60");
    assert_eq!(parameter(&first, "r"), 999);
    let second = gateway.ap().submit(&demo::invoice("matched")).await;
    assert!((998..=999).contains(&parameter(&second, "r")), "{:?}", second.headers);
    let nobody = gateway.nobody().get(ORDERS).await;
    assert_eq!(nobody.header("ratelimit"), "", "nobody has no plan");
}

#[tokio::test]
async fn a_plan_that_is_used_up_is_429_until_it_is_refilled() {
    let plan = "{ requests = 3, window_seconds = 3600, burst = 3 }";
    let gateway = TestGateway::alone(&[("THREEWAY__INBOUND__LIMITS__ROLES__AP__ALL", plan)]).await;
    for left in (0..3).rev() {
        let answer = gateway.ap().get(ORDERS).await;
        assert_eq!(answer.status, 200);
        assert_eq!(parameter(&answer, "r"), left);
    }
    let before = gateway.event_position().await;
    let refused = gateway.ap().submit(&demo::invoice("matched")).await;
    refused.refused(429, "limited");
    assert_eq!(gateway.event_position().await, before);
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=1_200).contains(&wait), "a third of an hour gives one: {wait}");
    assert_eq!(parameter(&refused, "r"), 0);
    assert_eq!(parameter(&refused, "t"), wait);
    assert_eq!(gateway.admin().get(ORDERS).await.status, 200, "a plan is for one principal");
    assert_eq!(gateway.role(Role::Operator).get(ORDERS).await.status, 200);
}

#[tokio::test]
async fn an_operation_may_have_a_quota_and_a_cost_of_its_own() {
    let one = "{ submit_invoice = { requests = 1, window_seconds = 3600, burst = 1 } }";
    let gateway = TestGateway::alone(&[
        ("THREEWAY__INBOUND__LIMITS__ROLES__AP__OPERATIONS", one),
        (
            "THREEWAY__INBOUND__LIMITS__ROLES__AP__ALL",
            "{ requests = 100, window_seconds = 3600, burst = 100 }",
        ),
        ("THREEWAY__INBOUND__LIMITS__COSTS__EVALUATE_MATCH", "40"),
    ])
    .await;
    let answer = gateway.ap().submit(&demo::invoice("matched")).await;
    assert_eq!(answer.header("ratelimit-policy"), "\"submit_invoice\";q=1;w=3600");
    gateway.ap().submit(&demo::invoice("matched")).await.refused(429, "limited");
    for (status, left) in [(200, 60), (200, 20), (429, 0)] {
        let body = demo::invoice("matched");
        let answer = gateway.ap().post("/process/v1/match-evaluations", &body).await;
        assert_eq!(answer.status, status, "{}", answer.words());
        assert_eq!(parameter(&answer, "r"), left);
    }
    assert_eq!(gateway.ap().get(ORDERS).await.status, 200, "there is enough left for a read");
}

#[tokio::test]
async fn suppliers_are_counted_one_by_one() {
    let plan = "{ requests = 1, window_seconds = 3600, burst = 1 }";
    let gateway =
        TestGateway::alone(&[("THREEWAY__INBOUND__LIMITS__ROLES__SUPPLIER__ALL", plan)]).await;
    let path = "/process/v1/invoices";
    assert_eq!(gateway.supplier("SUP-1001").get(path).await.status, 200);
    gateway.supplier("SUP-1001").get(path).await.refused(429, "limited");
    assert_eq!(gateway.supplier("SUP-1002").get(path).await.status, 200);
}

#[tokio::test]
async fn what_is_refused_for_its_token_costs_nothing() {
    let plan = "{ requests = 1, window_seconds = 3600, burst = 1 }";
    let gateway =
        TestGateway::alone(&[("THREEWAY__INBOUND__LIMITS__ROLES__ANALYST__ALL", plan)]).await;
    let analyst = gateway.role(Role::Analyst);
    for _ in 0..3 {
        analyst.get(ORDERS).await.refused(403, "forbidden");
    }
    assert_eq!(analyst.get("/consumption/v1/exceptions").await.status, 200);
    analyst.get("/consumption/v1/exceptions").await.refused(429, "limited");
}

#[tokio::test]
async fn an_operation_on_its_way_out_says_so() {
    let deprecated = r#"[
        { what = "list_items", deprecated_at = "2026-06-30T23:59:59Z",
          sunset_at = "2027-06-30T23:59:59Z", link = "https://example.org/items" },
        { what = "/consumption/v1/", deprecated_at = "2027-01-01T00:00:00Z",
          link = "https://example.org/v2" },
    ]"#;
    let deprecated = deprecated.replace('\n', " ");
    let gateway = TestGateway::with(&[("THREEWAY__INBOUND__DEPRECATED", &deprecated)]).await;
    let items = gateway.admin().get("/system/v1/items").await;
    assert_eq!(items.status, 200);
    assert_eq!(items.header("deprecation"), "@1782863999");
    assert_eq!(items.header("sunset"), "Wed, 30 Jun 2027 23:59:59 GMT");
    let link = "<https://example.org/items>; rel=\"deprecation\"; type=\"text/html\"";
    assert_eq!(items.header("link"), link);
    let whole = gateway.admin().get("/consumption/v1/exceptions").await;
    assert_eq!(whole.header("deprecation"), "@1798761600");
    assert_eq!(whole.header("sunset"), "");
    let other = gateway.admin().get(ORDERS).await;
    assert_eq!(other.header("deprecation"), "");
}

#[tokio::test]
async fn a_browser_may_read_the_headers_where_its_origin_is_allowed() {
    let origins = r#"["https://portal.example"]"#;
    let gateway = TestGateway::with(&[("THREEWAY__INBOUND__CORS__ORIGINS", origins)]).await;
    for (origin, allowed) in
        [("https://portal.example", "https://portal.example"), ("https://evil.example", "")]
    {
        let request = http::Request::get(ORDERS).header("origin", origin);
        let answer = gateway.admin().send(request.body("".into()).unwrap()).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        let refused = http::Request::get(ORDERS).header("origin", origin);
        let refused = gateway.nobody().send(refused.body("".into()).unwrap()).await;
        refused.refused(401, "unauthenticated");
        assert_eq!(refused.header("access-control-allow-origin"), allowed, "refusals as well");
    }
}
