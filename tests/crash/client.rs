//! One client: it submits, one request after the other, until nobody answers.

use crate::invoices::{Request, Stream};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tests::INVOICES;
use tests::binary::Running;

/// Where to submit, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    /// Whether the back end may be away: then a request may be refused for now.
    is_refused: bool,
}

/// Between a refusal and the next try.
const PAUSE: Duration = Duration::from_millis(30);

/// A request that was answered with `202`.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) request: Request,
    /// The answer, byte for byte.
    pub(crate) text: String,
    /// It said that it was given before.
    pub(crate) was_replayed: bool,
}

impl Acknowledged {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// What a client has done when nobody answers any more.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) acknowledged: Vec<Acknowledged>,
    pub(crate) cut_off: Vec<Request>,
}

impl Client {
    pub(crate) fn new(gateway: &Running, is_refused: bool) -> Self {
        let http = reqwest::Client::builder().build().unwrap();
        Self {
            http,
            base: gateway.base.clone(),
            token: gateway.token("admin").to_owned(),
            is_refused,
        }
    }

    pub(crate) async fn stream(self, stream: Arc<Mutex<Stream>>) -> Done {
        let mut done = Done::default();
        loop {
            let request = stream.lock().unwrap().next();
            match self.submit(request).await {
                Ok(it) => done.acknowledged.push(it),
                Err(request) => {
                    done.cut_off.push(request);
                    return done;
                }
            }
        }
    }

    /// Submits, again where it is refused for now; gives the request back where it was cut off.
    pub(crate) async fn submit(&self, request: Request) -> Result<Acknowledged, Request> {
        loop {
            if let Some(ended) = self.try_once(request.clone()).await {
                return ended;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// `None` where it is refused for now.
    async fn try_once(&self, request: Request) -> Option<Result<Acknowledged, Request>> {
        let sent = self
            .http
            .post(format!("{}{INVOICES}", self.base))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .header("idempotency-key", &request.key)
            .body(request.body.clone())
            .send()
            .await;
        let Ok(answer) = sent else { return Some(Err(request)) };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let Ok(text) = answer.text().await else {
            return Some(Err(Request { was_accepted: status == 202, ..request }));
        };
        if self.is_refused && matches!(status.as_u16(), 409 | 502..=504) {
            return None;
        }
        assert_eq!(status, 202, "{}: {text}", request.body);
        let was_replayed = headers.get("idempotency-replayed").is_some_and(|it| it == "true");
        let was_kept = was_replayed || !request.was_accepted;
        assert!(was_kept, "{}: accepted, killed, and forgotten", request.number);
        Some(Ok(Acknowledged { request, text, was_replayed }))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.base);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The invoice is there and says what its acknowledgement said.
    pub(crate) async fn find(&self, it: &Acknowledged) {
        let answer = it.json();
        let path = answer["links"]["self"].as_str().unwrap();
        let found = self.get(path).await;
        for (name, value) in answer.as_object().unwrap() {
            assert_eq!(&found[name], value, "{}: {name}", it.request.number);
        }
        assert_eq!(found["invoice"]["supplier_invoice_number"], it.request.number.as_str());
        assert_eq!(found["runs"].as_array().map(Vec::len), Some(1), "{}", it.request.number);
    }

    /// The same request again gets the same bytes again.
    pub(crate) async fn repeat(&self, it: &Acknowledged) {
        let again = self.submit(it.request.clone()).await.expect("it is answered");
        assert!(again.was_replayed, "{}: taken in twice", it.request.number);
        assert_eq!(again.text, it.text, "{}: another answer", it.request.number);
    }
}
