//! An answer of the gateway, read whole.

use axum::body::Bytes;
use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use serde_json::Value;

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked, for the words of a failing test.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub bytes: Bytes,
    /// The body as JSON; `null` where it is none.
    pub json: Value,
}

impl Answer {
    pub(crate) async fn read(asked: String, response: Response) -> Self {
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { asked, status: head.status.as_u16(), headers: head.headers, bytes, json }
    }

    /// A header's text; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The body of an answer with this status.
    ///
    /// # Panics
    /// Where it has another.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.words());
        &self.json
    }

    /// A refusal: whole, as `application/problem+json` (RFC 9457), with this status and code.
    ///
    /// # Panics
    /// Where it is anything else.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &Self {
        let words = self.words();
        assert_eq!(self.status, status, "{words}");
        assert_eq!(self.json["code"], code, "{words}");
        self.is_problem()
    }

    /// A refusal of any kind.
    ///
    /// # Panics
    /// Where it is not a whole problem document.
    #[track_caller]
    pub fn is_problem(&self) -> &Self {
        let (words, body) = (self.words(), &self.json);
        assert_eq!(self.header("content-type"), "application/problem+json", "{words}");
        assert_eq!(body["status"], self.status, "{words}");
        let code = body["code"].as_str().unwrap_or_default();
        assert_eq!(body["type"], format!("urn:threeway:problem:{code}"), "{words}");
        for field in ["code", "title", "detail", "request_id"] {
            assert!(body[field].as_str().is_some_and(|it| !it.is_empty()), "{field}: {words}");
        }
        assert_eq!(body["request_id"], self.header("x-request-id"), "{words}");
        for error in body["errors"].as_array().into_iter().flatten() {
            assert!(error["pointer"].is_string() && error["detail"].is_string(), "{words}");
        }
        self
    }

    /// The pointers of the fields at fault, in their order.
    #[must_use]
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array().into_iter().flatten();
        errors.filter_map(|it| it["pointer"].as_str()).collect()
    }

    /// The codes of the reasons of a decision, in their order.
    #[must_use]
    pub fn reasons(&self) -> Vec<&str> {
        let reasons = self.json["reasons"].as_array().into_iter().flatten();
        reasons.filter_map(|it| it["code"].as_str()).collect()
    }

    /// The answer for a person who reads why a test failed.
    #[must_use]
    pub fn words(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let short: String = text.chars().take(2_000).collect();
        format!("{} -> {} {short}", self.asked, self.status)
    }
}
