//! Somebody who asks the gateway, with or without a token.

use crate::Answer;
use axum::Router;
use axum::body::Body;
use http::{Request, header};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tower::ServiceExt as _;

/// Where invoices are submitted.
pub const INVOICES: &str = "/process/v1/invoices";

/// Somebody who asks the gateway; cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    routers: Vec<Router>,
    turn: Arc<AtomicUsize>,
    token: Option<String>,
    keys: Arc<AtomicU64>,
}

impl Caller {
    /// Somebody who asks one of these after the other.
    pub(crate) fn new(
        routers: Vec<Router>,
        turn: &Arc<AtomicUsize>,
        token: Option<String>,
        keys: &Arc<AtomicU64>,
    ) -> Self {
        Self { routers, turn: Arc::clone(turn), token, keys: Arc::clone(keys) }
    }

    /// A key that was not used before.
    #[must_use]
    pub fn fresh_key(&self) -> String {
        format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as("application/json", path, body.to_string()).await
    }

    /// Posts anything, under a fresh key.
    pub async fn post_as(&self, media_type: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, media_type)
            .header("idempotency-key", self.fresh_key());
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Puts JSON under a fresh key.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        let request = Request::put(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", self.fresh_key());
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Submits `{"invoice":{…}}` under a fresh key.
    pub async fn submit(&self, body: &Value) -> Answer {
        self.post(INVOICES, body).await
    }

    /// Submits `{"invoice":{…}}` under this key.
    pub async fn submit_under(&self, key: &str, body: &Value) -> Answer {
        let request = Request::post(INVOICES)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Sends a request as it is; the token is added where it has none.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if let Some(token) = &self.token
            && !request.headers().contains_key(header::AUTHORIZATION)
        {
            let bearer = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        let asked = format!("{} {}", request.method(), request.uri());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.routers.len();
        let response = self.routers[turn].clone().oneshot(request).await.unwrap();
        Answer::read(asked, response).await
    }
}
