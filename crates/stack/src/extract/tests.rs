use super::*;
use axum::Router;
use axum::routing::{get, post};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    quantity: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Invoice {
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Request {
    invoice: Invoice,
}

#[track_caller]
fn check(body: &str, pointer: &str, words: &str) {
    let error = from_slice::<Request>(body.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), canonical::Kind::Invalid);
    let named = error.fields().first().map(|it| it.pointer.as_str()).unwrap_or_default();
    assert_eq!(named, pointer, "{error:?}");
    assert!(error.message().contains(words), "{error:?}");
}

#[test]
fn a_wrong_field_is_named_by_its_pointer() {
    check(
        r#"{"invoice":{"lines":[{"quantity":"x"}]}}"#,
        "/invoice/lines/0/quantity",
        "expected u32",
    );
    check(r#"{"invoice":{"lines":[{"quantity":1},{}]}}"#, "/invoice/lines/1/quantity", "missing");
    check(r#"{"invoice":{"lines":[]},"a/b~c":1}"#, "/a~1b~0c", "expected `invoice`");
    check(r#"{"invoice":{"lines":[],"typo":1}}"#, "/invoice/typo", "expected `lines`");
    check(r#"{"invoice":{"lines":[],"lines":[]}}"#, "/invoice/lines", "twice");
    check(r#"{"invoice":{"lines":[{"quantity":1e400}]}}"#, "/invoice/lines/0/quantity", "kind");
}

#[test]
fn what_is_not_json_is_refused_with_line_and_column() {
    check("", "", "empty");
    check("{\n \"invoice\": nope}", "", "line 2, column 14");
    check(r#"{"invoice":{"lines":[{"quantity":NaN}]}}"#, "", "line 1");
    check(r#"{"invoice":{"lines":[]}} tail"#, "", "trailing characters");
    check("1", "", "expected");
}

#[test]
fn deep_nesting_is_invalid_and_not_a_crash() {
    let error = from_slice::<serde_json::Value>("[".repeat(100_000).as_bytes()).unwrap_err();
    assert!(error.message().contains("recursion limit"), "{error:?}");
}

#[test]
fn a_detail_is_never_as_long_as_the_value_it_complains_about() {
    let body = format!(r#"{{"invoice":"{}"}}"#, "x".repeat(10_000));
    let error = from_slice::<Request>(body.as_bytes()).unwrap_err();
    assert!(error.message().len() < 400);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    state: String,
    limit: Option<u32>,
    #[serde(default)]
    id: Vec<u8>,
}

async fn list(Query(filter): Query<Filter>) -> Json<String> {
    Json(format!("{} {:?} {:?}", filter.state, filter.limit, filter.id))
}

async fn read_order(Path(number): Path<canonical::PurchaseOrderNumber>) -> Json<String> {
    Json(number.to_string())
}

async fn submit(Json(request): Json<Request>) -> Json<Request> {
    Json(request)
}

async fn answer(request: http::request::Builder, body: &str) -> (StatusCode, serde_json::Value) {
    let router = Router::new()
        .route("/list", get(list))
        .route("/orders/{number}", get(read_order))
        .route("/submit", post(submit));
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_wrong_query_names_its_parameter() {
    for (query, pointer) in [
        ("state=x&limit=abc", "?limit"),
        ("state=x&typo=1", "?typo"),
        ("limit=1", "?state"),
        ("state=x&state=y", "?state"),
        ("state=x&limit=1&limit=2", "?limit"),
        ("state=x&id=1&id=two", "?id"),
    ] {
        let request = http::Request::get(format!("/list?{query}"));
        let (status, body) = answer(request, "").await;
        assert_eq!(status, 400, "{query} {body}");
        assert_eq!(body["errors"][0]["pointer"], pointer, "{query} {body}");
    }
}

#[tokio::test]
async fn a_parameter_may_be_repeated_where_several_are_taken() {
    for (query, expected) in [
        ("state=a%20b", "a b None []"),
        ("id=7&state=x&limit=3", "x Some(3) [7]"),
        ("id=7&state=x&id=9", "x None [7, 9]"),
    ] {
        let request = http::Request::get(format!("/list?{query}"));
        let (status, body) = answer(request, "").await;
        assert_eq!((status.as_u16(), &body), (200, &serde_json::json!(expected)), "{query}");
    }
}

#[tokio::test]
async fn a_wrong_path_names_its_part() {
    let (status, body) = answer(http::Request::get("/orders/%20x"), "").await;
    assert_eq!(
        (status, &body["errors"][0]["pointer"]),
        (StatusCode::BAD_REQUEST, &"{number}".into())
    );
    let (status, _) = answer(http::Request::get("/orders/%FF"), "").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn another_media_type_is_unsupported() {
    let request = http::Request::post("/submit").header("content-type", "text/plain");
    assert_eq!(answer(request, "{}").await.0, 415);
    assert_eq!(answer(http::Request::post("/submit"), "{}").await.0, 415);
    let request =
        http::Request::post("/submit").header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(answer(request, r#"{"invoice":{"lines":[]}}"#).await.0, 200);
}

#[test]
fn a_limit_is_1_to_200() {
    assert_eq!(page(None, None).unwrap().limit, 50);
    assert_eq!(page(Some(200), Some("c".to_owned())).unwrap().limit, 200);
    for limit in [0, 201, u32::MAX] {
        assert_eq!(page(Some(limit), None).unwrap_err().fields()[0].pointer, "?limit");
    }
    assert!(page(None, Some("c".repeat(2000))).is_err());
}

proptest::proptest! {
    #[test]
    fn whatever_the_bytes_they_are_read_or_invalid(bytes: Vec<u8>) {
        if let Err(error) = from_slice::<Request>(&bytes) {
            proptest::prop_assert_eq!(error.kind(), canonical::Kind::Invalid);
        }
    }
}

#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
struct Pair {
    one: u8,
    two: Vec<Inner>,
    #[serde(default)]
    three: Option<Inner>,
}

#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
struct Inner {
    name: String,
}

#[test]
fn an_array_is_no_object() {
    let fine = r#"{"one":1,"two":[{"name":"a"}],"three":{"name":"b"}}"#;
    let read: Pair = from_slice(fine.as_bytes()).unwrap();
    assert_eq!((read.two.len(), read.three.is_some()), (1, true));
    for (body, pointer) in [
        (r#"[1,[{"name":"a"}]]"#, ""),
        (r#"{"one":1,"two":[{"name":"a"},["b"]]}"#, "/two/1"),
        (r#"{"one":1,"two":[],"three":["b"]}"#, "/three"),
    ] {
        let error = from_slice::<Pair>(body.as_bytes()).unwrap_err();
        let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
        assert!(pointers.contains(&pointer) || pointer.is_empty(), "{body}: {error:?}");
    }
}
