use super::*;
use crate::context::{Context, in_lane, scope};
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A back end on a free port that answers call number n with the n-th status, then with the last.
struct Backend {
    url: String,
    calls: Arc<AtomicU32>,
    _serving: JoinSet<()>,
}

type Script = (Arc<AtomicU32>, Vec<u16>);

async fn answer(State((calls, script)): State<Script>, headers: HeaderMap) -> impl IntoResponse {
    let call = calls.fetch_add(1, SeqCst) as usize;
    let status = script[call.min(script.len() - 1)];
    if status == 0 {
        sleep(Duration::from_secs(60)).await;
    }
    let trace = headers.get("traceparent").map(|it| it.to_str().unwrap().to_owned());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [("x-seen-trace", trace.unwrap_or_default())], "x".repeat(100))
}

async fn backend(script: &[u16]) -> Backend {
    let calls = Arc::new(AtomicU32::new(0));
    let router = Router::new().fallback(answer).with_state((Arc::clone(&calls), script.to_vec()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    Backend { url, calls, _serving: serving }
}

fn options() -> Options {
    let retry = RetryOptions { pause_ms: 1, pause_ms_max: 2, ..RetryOptions::default() };
    Options { timeout_ms: 500, retry, ..Options::default() }
}

impl Backend {
    async fn send(&self, upstream: &Upstream, retry: Retry) -> Result<Answer> {
        upstream.send(retry, |it| it.get(&self.url)).await
    }

    fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }
}

#[tokio::test]
async fn a_safe_call_is_repeated_and_an_unsafe_one_never() {
    let backend = backend(&[503, 502, 200]).await;
    let upstream = Upstream::open("erp", &options()).unwrap();
    let answer = backend.send(&upstream, Retry::Never).await.unwrap();
    assert_eq!((answer.status.as_u16(), backend.calls()), (503, 1));
    let answer = backend.send(&upstream, Retry::Safe).await.unwrap();
    assert_eq!((answer.status.as_u16(), backend.calls()), (200, 3));
    assert_eq!(answer.body.len(), 100);
}

#[tokio::test]
async fn a_status_that_a_repeat_cannot_change_is_handed_on() {
    for status in [400, 404, 409, 500] {
        let backend = backend(&[status]).await;
        let upstream = Upstream::open("erp", &options()).unwrap();
        let answer = backend.send(&upstream, Retry::Safe).await.unwrap();
        assert_eq!((answer.status.as_u16(), backend.calls()), (status, 1));
    }
}

#[tokio::test]
async fn repeats_end_with_their_budget() {
    let backend = backend(&[503]).await;
    let retry = RetryOptions { budget_max: 3, ..options().retry };
    let breaker = BreakerOptions { calls_min: 1_000, ..BreakerOptions::default() };
    let upstream = Upstream::open("erp", &Options { retry, breaker, ..options() }).unwrap();
    for _ in 0..20 {
        assert_eq!(backend.send(&upstream, Retry::Safe).await.unwrap().status, 503);
    }
    // 20 calls, 3 saved repeats, and 20 % of the calls; less what was deposited into a full bucket.
    assert!((23..=27).contains(&backend.calls()), "{}", backend.calls());
    assert_eq!(upstream.health().retries_left, 0);
}

#[tokio::test]
async fn a_back_end_that_fails_is_left_alone() {
    let backend = backend(&[503]).await;
    let breaker = BreakerOptions { calls_min: 4, cool_down_ms: 50, ..BreakerOptions::default() };
    let upstream = Upstream::open("erp", &Options { breaker, ..options() }).unwrap();
    for _ in 0..4 {
        backend.send(&upstream, Retry::Never).await.unwrap();
    }
    assert_eq!(upstream.health().breaker, BreakerState::Open);
    let error = backend.send(&upstream, Retry::Safe).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after_seconds()), (Kind::Unavailable, Some(1)));
    assert_eq!(backend.calls(), 4);
    sleep(Duration::from_millis(60)).await;
    assert_eq!(backend.send(&upstream, Retry::Never).await.unwrap().status, 503);
    assert_eq!(upstream.health().breaker, BreakerState::Open);
}

#[tokio::test]
async fn a_back_end_that_is_not_there_is_unavailable_and_its_address_is_private() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let upstream = Upstream::open("erp", &options()).unwrap();
    let error = upstream.send(Retry::Safe, |it| it.get(&url)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(!error.message().contains("127.0.0.1"), "{error}");
    assert!(error.retry_after_seconds().is_some());
}

#[tokio::test]
async fn a_call_ends_before_the_deadline_of_its_request() {
    let backend = backend(&[0]).await;
    let upstream = Upstream::open("erp", &Options { timeout_ms: 60_000, ..options() }).unwrap();
    let started = Instant::now();
    let context = Context {
        request_id: "r".to_owned(),
        traceparent: String::new(),
        deadline: started + Duration::from_millis(300),
    };
    let error = scope(context, backend.send(&upstream, Retry::Safe)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TimedOut);
    assert!(started.elapsed() < Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!((backend.calls(), upstream.health().in_flight), (1, 0));
}

/// A request that cannot wait for a call that is never answered.
fn impatient() -> Context {
    Context {
        request_id: "r".to_owned(),
        traceparent: String::new(),
        deadline: Instant::now() + Duration::from_millis(100),
    }
}

#[tokio::test]
async fn no_more_calls_at_once_than_allowed_and_waiting_ends() {
    let backend = backend(&[0]).await;
    let options = Options { concurrency: 1, timeout_ms: 400, ..options() };
    let retry = RetryOptions { attempts: 0, ..options.retry.clone() };
    let upstream = Upstream::open("erp", &Options { retry, ..options }).unwrap();
    let waiting = scope(impatient(), backend.send(&upstream, Retry::Never));
    let (one, two) = tokio::join!(backend.send(&upstream, Retry::Never), waiting);
    assert_eq!(one.unwrap_err().kind(), Kind::TimedOut);
    assert_eq!(two.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(backend.calls(), 1);
}

#[tokio::test]
async fn bulk_work_waits_for_its_own_calls_and_live_traffic_for_none_of_them() {
    let backend = backend(&[0, 200]).await;
    let retry = RetryOptions { attempts: 0, ..options().retry };
    let options = Options { bulk_concurrency: 1, concurrency: 1, retry, ..options() };
    let upstream = Upstream::open("erp", &options).unwrap();
    let bulk = || in_lane(Lane::Bulk, backend.send(&upstream, Retry::Never));
    let live = async {
        while backend.calls() == 0 {
            tokio::task::yield_now().await;
        }
        backend.send(&upstream, Retry::Never).await.unwrap().status
    };
    let (first, second, live) = tokio::join!(bulk(), scope(impatient(), bulk()), live);
    assert_eq!(live, 200);
    assert_eq!(first.unwrap_err().kind(), Kind::TimedOut);
    assert_eq!(second.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!((backend.calls(), upstream.health().in_flight), (2, 0));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let backend = backend(&[200]).await;
    let upstream = Upstream::open("erp", &Options { answer_bytes_max: 99, ..options() }).unwrap();
    let error = backend.send(&upstream, Retry::Never).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Upstream);
}

#[tokio::test]
async fn the_back_end_continues_our_trace() {
    let backend = backend(&[200]).await;
    let upstream = Upstream::open("erp", &options()).unwrap();
    let context = Context {
        request_id: "r".to_owned(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        deadline: Instant::now() + Duration::from_secs(5),
    };
    let answer = scope(context, backend.send(&upstream, Retry::Never)).await.unwrap();
    let seen = answer.headers["x-seen-trace"].to_str().unwrap();
    assert!(seen.starts_with("00-0af7651916cd43dd8448eb211c80319c-"), "{seen}");
    assert!(!seen.contains("b7ad6b7169203331"), "{seen}");
}

#[test]
fn options_out_of_their_range_are_named() {
    let options = Options { concurrency: 0, ..options() };
    let error = Upstream::open("erp", &options).unwrap_err();
    assert!(error.message().contains("concurrency of erp"), "{error}");
}
