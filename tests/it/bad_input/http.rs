//! Requests that are wrong before anybody reads their body.

use super::{EVALUATIONS, send};
use axum::body::Body;
use futures_util::stream;
use http::Request;
use std::convert::Infallible;
use std::io;
use tests::{INVOICES, TestGateway, demo};

const LIMIT: usize = 10 << 20;

#[tokio::test]
async fn a_media_type_that_is_not_read_is_refused() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched").to_string();
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/pdf",
        "application/octet-stream",
        "json",
        "*/*",
    ] {
        for path in [INVOICES, EVALUATIONS] {
            let answer = send(&gateway, media_type, path, body.clone()).await;
            answer.refused(415, "unsupported_media_type");
        }
    }
    for media_type in ["application/edi-x12", "application/xml"] {
        let answer = send(&gateway, media_type, EVALUATIONS, body.clone()).await;
        answer.refused(415, "unsupported_media_type");
    }
    let bare = Request::post(INVOICES).header("idempotency-key", "k").body(body.into());
    gateway.ap().send(bare.unwrap()).await.refused(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_media_type_is_read_whatever_its_case_and_parameters() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched").to_string();
    let first = send(&gateway, "Application/JSON; charset=UTF-8", INVOICES, body.clone()).await;
    assert_eq!(first.expect(202)["outcome"], "matched");
    let marked = [b"\xef\xbb\xbf", body.as_bytes()].concat();
    let second = send(&gateway, "application/json", INVOICES, marked).await;
    assert_eq!(second.expect(202)["outcome"], "exception", "a byte order mark is no fault");
}

#[tokio::test]
async fn a_document_under_another_formats_name_is_refused() {
    let gateway = TestGateway::start().await;
    let json = demo::invoice("matched").to_string();
    let x12 = super::x12::document();
    let xml = super::xml::document();
    for (media_type, body) in [
        ("application/json", &x12),
        ("application/json", &xml),
        ("application/edi-x12", &json),
        ("application/edi-x12", &xml),
        ("application/xml", &json),
        ("application/xml", &x12),
        ("text/xml", &x12),
    ] {
        let answer = send(&gateway, media_type, INVOICES, body.clone()).await;
        answer.refused(400, "invalid");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_declared_or_not() {
    let gateway = TestGateway::start().await;
    for path in [INVOICES, EVALUATIONS] {
        let declared = send(&gateway, "application/json", path, vec![b' '; LIMIT + 1]).await;
        declared.refused(413, "too_large");
        let chunk = || Ok::<_, Infallible>(vec![b' '; 64 << 10]);
        let chunks = (0..=LIMIT / (64 << 10)).map(move |_| chunk());
        let body = Body::from_stream(stream::iter(chunks));
        send(&gateway, "application/json", path, body).await.refused(413, "too_large");
        let lie = Request::post(path)
            .header("content-type", "application/json")
            .header("content-length", "99999999999")
            .header("idempotency-key", "k");
        let answer = gateway.ap().send(lie.body(Body::from("{}")).unwrap()).await;
        answer.refused(413, "too_large");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_off_leaves_nothing() {
    let gateway = TestGateway::start().await;
    let body = demo::invoice("matched").to_string();
    for path in [INVOICES, EVALUATIONS] {
        let half = body.as_bytes()[..200].to_vec();
        let broken = || io::Error::from(io::ErrorKind::ConnectionReset);
        let chunks = vec![Ok(half), Err(broken())];
        let answer =
            send(&gateway, "application/json", path, Body::from_stream(stream::iter(chunks))).await;
        answer.refused(400, "invalid");
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_at_the_deadline() {
    let gateway = TestGateway::with(&[("THREEWAY__INBOUND__TIMEOUT_MS", "100")]).await;
    for path in [INVOICES, EVALUATIONS] {
        let body = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
        let answer = gateway.admin().post_as("application/json", path, body).await;
        answer.refused(504, "timed_out");
    }
    assert_eq!(gateway.event_position().await, 0);
}

#[tokio::test]
async fn hostile_paths_and_queries_are_refused() {
    let gateway = TestGateway::start().await;
    let long = "x".repeat(5_000);
    for path in [
        format!("{INVOICES}/%00"),
        format!("{INVOICES}/%ff%fe"),
        format!("{INVOICES}/{long}"),
        format!("{INVOICES}/..%2f..%2fetc%2fpasswd"),
        format!("{INVOICES}/'%20OR%20'1'='1"),
        format!("{INVOICES}?supplier={long}"),
        format!("{INVOICES}?limit=99999999999999999999"),
        format!("{INVOICES}?limit=1&limit=2"),
        format!("{INVOICES}?cursor=n9223372036854775808"),
        format!("{INVOICES}?cursor=n1.1"),
        format!("{INVOICES}?cursor={}", "n".repeat(1_025)),
        "/consumption/v1/timeline?invoice=%00".to_owned(),
        format!("/consumption/v1/timeline?correlation_id={long}"),
        "/consumption/v1/timeline?receipt='%3B--".to_owned(),
    ] {
        let answer = gateway.admin().get(&path).await;
        assert!(matches!(answer.status, 400 | 404), "{}", answer.words());
        answer.is_problem();
    }
    let sql = format!("{INVOICES}?supplier='%20OR%20'1'='1");
    assert_eq!(gateway.admin().get(&sql).await.expect(200)["items"], serde_json::json!([]));
}
