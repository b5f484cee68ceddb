//! The admin listener: is it alive, is it ready, and what does it measure.

use crate::Gateway;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};

/// The routes of the admin listener.
pub(crate) fn routes(gateway: Gateway, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .with_state(gateway)
        .route("/metrics", get(move || async move { metrics.render() }))
}

async fn live() -> axum::Json<Value> {
    axum::Json(json!({ "status": "alive" }))
}

/// Ready means that the store answers: without it nothing can be decided. A back end that is away
/// is said and does not make the gateway unready, since it would take every other noun away too.
async fn ready(State(gateway): State<Gateway>) -> (StatusCode, axum::Json<Value>) {
    match gateway.store.work_counts().await {
        Ok(counts) => {
            let work: Vec<Value> = counts
                .iter()
                .map(|it| json!({ "lane": it.lane, "state": it.state, "count": it.count }))
                .collect();
            (StatusCode::OK, axum::Json(json!({ "status": "ready", "work": work })))
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            let body = json!({ "status": "not_ready", "detail": "the store does not answer" });
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body))
        }
    }
}
