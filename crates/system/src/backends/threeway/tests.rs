use super::client::{KEYS_MAX, answer, pieces};
use super::supplier::written;
use super::*;
use crate::{OrderFilter, PurchaseOrders};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use canonical::{
    Error, ExternalId, Item, Kind, NewPayment, Page, PageRequest, PayableId, PurchaseOrder,
};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What one call is answered with: status, `Retry-After`, body; problems by their media type.
type Line = (u16, Option<u32>, Value);

/// The other side: answers call number n with the n-th line, then with the last.
struct Other {
    url: String,
    seen: Arc<Mutex<Vec<(String, String)>>>,
    _serving: JoinSet<()>,
}

type Script = (Arc<Mutex<Vec<(String, String)>>>, Vec<Line>);

async fn reply(State((seen, script)): State<Script>, request: Request) -> Response {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|it| it.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let call = {
        let mut seen = seen.lock().unwrap();
        let asked = format!("{} {}", request.method(), request.uri());
        seen.push((asked, header("authorization") + &header("idempotency-key")));
        seen.len() - 1
    };
    let (status, after, body) = &script[call.min(script.len() - 1)];
    let is_problem = body.get("code").is_some();
    let media_type = if is_problem { "application/problem+json" } else { "application/json" };
    let status = StatusCode::from_u16(*status).unwrap();
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert("content-type", media_type.parse().unwrap());
    if let Some(after) = after {
        response.headers_mut().insert("retry-after", (*after).into());
    }
    response
}

impl Other {
    async fn answers(script: &[Line]) -> Self {
        let seen = Arc::default();
        let router = Router::new().fallback(reply).with_state((Arc::clone(&seen), script.to_vec()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/house", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, _serving: serving }
    }

    fn adapter(&self, more: &Value) -> Arc<Threeway> {
        let mut options = json!({
            "url": self.url, "token": "hush-hush-1", "outbound": { "retry": { "attempts": 0 } },
        });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options.as_object_mut().unwrap().retain(|_, it| !it.is_null());
        Threeway::open("other", &serde_json::from_value(options).unwrap()).unwrap()
    }

    fn seen(&self) -> Vec<(String, String)> {
        self.seen.lock().unwrap().clone()
    }
}

fn problem(status: u16, code: &str) -> Line {
    (status, None, json!({ "code": code, "detail": "so it is", "title": "t" }))
}

fn payment() -> NewPayment {
    serde_json::from_value(json!({
        "number": "CHK-1", "payable_id": "PAY-1", "paid_at": "2026-11-01T00:00:00Z",
        "amount": { "amount": "1.00", "currency": "USD" },
    }))
    .unwrap()
}

#[tokio::test]
async fn a_problem_of_the_other_side_says_what_to_do() {
    let page = PageRequest::default();
    let id: PayableId = "PAY-1".parse().unwrap();
    let cases: &[(u16, &str, Option<u32>, [Kind; 3])] = &[
        (404, "not_found", None, [Kind::NotFound, Kind::Upstream, Kind::NotFound]),
        (409, "conflict", None, [Kind::Conflict; 3]),
        (409, "conflict", Some(1), [Kind::Unavailable; 3]),
        (422, "idempotency_key_reused", None, [Kind::KeyReused, Kind::KeyReused, Kind::Conflict]),
        (400, "invalid", None, [Kind::Upstream, Kind::Upstream, Kind::Invalid]),
        (429, "limited", Some(7), [Kind::Limited; 3]),
        (503, "unavailable", Some(9), [Kind::Unavailable; 3]),
        (504, "timed_out", None, [Kind::TimedOut; 3]),
        (502, "upstream", None, [Kind::Upstream; 3]),
        (500, "internal", None, [Kind::Upstream; 3]),
        (401, "unauthenticated", None, [Kind::Upstream; 3]),
        (403, "forbidden", None, [Kind::Upstream; 3]),
        (418, "teapot", None, [Kind::Upstream; 3]),
    ];
    for (status, code, after, kinds) in cases {
        let (status, _, body) = problem(*status, code);
        let other = Other::answers(&[(status, *after, body)]).await;
        let adapter = other.adapter(&json!({}));
        let get = Payables::get(adapter.as_ref(), &id).await.unwrap_err();
        let list = Items::list(adapter.as_ref(), &page).await.unwrap_err();
        let pay = adapter.pay(&payment()).await.unwrap_err();
        let found: Vec<Kind> = [&get, &list, &pay].map(Error::kind).into();
        assert_eq!(found, kinds, "{code}");
        if let Some(after) = after {
            assert_eq!(list.retry_after_seconds(), Some(*after), "{code}");
        }
    }
}

#[tokio::test]
async fn whoever_is_no_gateway_is_told_from_one() {
    for (status, body, kind) in [
        (404, json!("<html>"), Kind::Upstream),
        (200, json!("<html>"), Kind::Upstream),
        (200, json!({ "id": "OTHER" }), Kind::Upstream),
        (301, json!(""), Kind::Upstream),
        (429, json!(""), Kind::Limited),
        (503, json!(""), Kind::Unavailable),
        (504, json!(""), Kind::TimedOut),
    ] {
        let other = Other::answers(&[(status, None, body)]).await;
        let adapter = other.adapter(&json!({}));
        let error = Facilities::get(adapter.as_ref(), &"F-1".parse().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        assert!(!error.message().contains("html"), "{error}");
    }
}

#[tokio::test]
async fn another_document_than_was_asked_for_is_not_taken() {
    let item = json!({ "id": "B", "description": "b", "base_uom": "EA" });
    let other = Other::answers(&[(200, None, item)]).await;
    let adapter = other.adapter(&json!({}));
    let error = Items::get(adapter.as_ref(), &"A".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Upstream);
    assert!(error.message().contains("another item"), "{error}");
}

#[tokio::test]
async fn many_keys_are_few_calls_and_no_key_is_none() {
    let page = json!({ "items": [], "next_cursor": null });
    let other = Other::answers(&[(200, None, page)]).await;
    let adapter = other.adapter(&json!({}));
    let items: &dyn Items = adapter.as_ref();
    let ids: Vec<_> = (0..120).map(|it| format!("I-{it}").parse().unwrap()).collect();
    assert!(items.get_many(&ids[..50]).await.unwrap().is_empty());
    assert_eq!(other.seen().len(), 1);
    assert!(items.get_many(&ids).await.unwrap().is_empty());
    assert_eq!(other.seen().len(), 4);
    items.get_many(&[]).await.unwrap();
    assert_eq!(other.seen().len(), 4);
    let first = &other.seen()[0].0;
    assert!(first.starts_with("GET /house/system/v1/items?id=I-0&id=I-1&"), "{first}");
}

#[test]
fn a_piece_is_as_long_as_a_proxy_lets_through() {
    let keys = |length: usize| (0..60).map(|it| ("id", format!("{it:0length$}"))).collect();
    assert_eq!(pieces(keys(2)).iter().map(Vec::len).collect::<Vec<_>>(), [KEYS_MAX, 10]);
    let long = pieces(keys(80));
    assert!(long.len() > 2 && long.iter().map(Vec::len).sum::<usize>() == 60);
}

#[tokio::test]
async fn a_list_passes_its_filters_and_the_cursor_on() {
    let page = json!({ "items": [], "next_cursor": "c+/2" });
    let other = Other::answers(&[(200, None, page)]).await;
    let adapter = other.adapter(&json!({}));
    let filter = OrderFilter {
        supplier_id: "A & B".parse().ok(),
        facility_id: None,
        status: Some(canonical::OrderStatus::Dispatched),
    };
    let page = PageRequest { limit: 3, cursor: Some(canonical::Cursor("c+/1".into())) };
    let found = PurchaseOrders::list(adapter.as_ref(), &filter, &page).await.unwrap();
    assert_eq!(found.next_cursor, Some(canonical::Cursor("c+/2".into())));
    let expected = "GET /house/system/v1/purchase-orders?supplier=A+%26+B&status=dispatched&\
                    limit=3&cursor=c%2B%2F1";
    assert_eq!(other.seen()[0].0, expected);
}

#[tokio::test]
async fn an_identifier_is_one_part_of_a_path() {
    let other = Other::answers(&[problem(404, "not_found")]).await;
    let adapter = other.adapter(&json!({}));
    for id in ["../payables", "a/b?c#d", ".", ".."] {
        let error = Items::get(adapter.as_ref(), &id.parse().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound, "{id}");
    }
    let asked: Vec<String> = other.seen().into_iter().map(|it| it.0).collect();
    let items = "GET /house/system/v1/items/";
    assert_eq!(asked, [format!("{items}..%2Fpayables"), format!("{items}a%2Fb%3Fc%23d")]);
}

#[test]
fn fields_of_a_newer_gateway_are_left_aside() {
    let page = json!({
        "items": [
            { "id": "A", "description": "a", "base_uom": "EA", "colour": { "id": "red" },
              "packaging": [{ "uom": "BX", "numerator": "10", "denominator": "1", "weight": 3 }] },
            { "id": "B", "description": "b", "base_uom": "EA", "colour": null },
        ],
        "next_cursor": null, "total": 2,
    });
    let page: Page<Item> = answer::read(page.to_string().as_bytes()).unwrap();
    assert_eq!(page.items.len(), 2);
    assert_eq!(page.items[0].packaging[0].numerator.to_string(), "10");
    let wrong = json!({ "items": [{ "id": 7, "colour": 1 }], "next_cursor": null });
    assert!(answer::read::<Page<Item>>(wrong.to_string().as_bytes()).is_err());
    assert!(answer::read::<PurchaseOrder>(b"{\"number\":").is_err());
}

#[test]
fn a_name_keeps_the_colons_of_its_system() {
    let name = |system: &str, key: &str| {
        written(&ExternalId { system: system.into(), entity: "supplier".into(), key: key.into() })
    };
    assert_eq!(name("duns", "99:1"), "duns:99:1");
    assert_eq!(name("x12:ZZ", "A"), "x12%3AZZ:A");
    assert_eq!(name("50%:", "A"), "50%25%3A:A");
}

#[tokio::test]
async fn a_token_is_read_again_when_it_is_refused_and_never_printed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hush-old\n").unwrap();
    let page = json!({ "items": [], "next_cursor": null });
    let script = [problem(401, "unauthenticated"), (200, None, page)];
    let other = Other::answers(&script).await;
    let adapter = other.adapter(&json!({ "token": null, "token_file": file.path() }));
    std::fs::write(file.path(), "hush-new\n").unwrap();
    Items::list(adapter.as_ref(), &PageRequest::default()).await.unwrap();
    let shown: Vec<String> = other.seen().into_iter().map(|it| it.1).collect();
    assert_eq!(shown, ["Bearer hush-old", "Bearer hush-new"]);
    assert!(!format!("{adapter:?}").contains("hush"), "{adapter:?}");
    let given = other.adapter(&json!({}));
    assert!(!format!("{given:?}").contains("hush"), "{given:?}");
    assert!(!serde_json::to_string(&given.options).unwrap().contains("hush"));
}

#[tokio::test]
async fn a_write_has_a_key_of_what_it_writes() {
    let other = Other::answers(&[problem(503, "unavailable")]).await;
    let adapter = other.adapter(&json!({ "outbound": { "retry": { "attempts": 1 } } }));
    let more = NewPayment { number: "CHK-2".to_owned(), ..payment() };
    for payment in [payment(), payment(), more] {
        adapter.pay(&payment).await.unwrap_err();
    }
    let keys: Vec<String> = other.seen().into_iter().map(|it| it.1).collect();
    assert_eq!(keys.len(), 6);
    assert!(keys[..4].iter().all(|it| *it == keys[0]), "{keys:?}");
    assert!(keys[4] == keys[5] && keys[4] != keys[0], "{keys:?}");
}

#[test]
fn options_are_checked_whole() {
    let check = |options: Value| {
        let options: Options = serde_json::from_value(options).unwrap();
        let error = options.check().err();
        let fields = error.iter().flat_map(Error::fields);
        fields.map(|it| it.pointer.clone()).collect::<Vec<_>>()
    };
    assert_eq!(check(json!({ "url": "other" })), ["/url", "/token_file"]);
    assert_eq!(check(json!({ "url": "https://a:b@other.example", "token": "x" })), ["/url"]);
    assert_eq!(check(json!({ "url": "https://other.example", "token": "x y" })), ["/token"]);
    let both = json!({ "url": "https://other.example", "token": "x", "token_file": "f" });
    assert_eq!(check(both), ["/token_file"]);
    let off = json!({ "url": "https://other.example", "token": "x", "follow": false, "follow_back_end": "e" });
    assert_eq!(check(off), ["/follow_back_end"]);
    assert!(check(json!({ "url": "https://other.example/house", "token": "x" })).is_empty());
}
