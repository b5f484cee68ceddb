//! Policy simulations over HTTP: a report, or a stream of lines that ends with it.

use crate::Process;
use crate::simulation::{Simulation, SimulationLine, SimulationReport, SimulationRequest};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use canonical::{Error, Principal};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::Json;
use std::convert::Infallible;

const LINES: &str = "application/x-ndjson";

/// Simulate a policy.
///
/// Replays a proposed tolerance policy, or the active one, over the stored match runs of a window,
/// from the facts that each was made from: which invoices would change, what money would be let
/// through or held, by supplier, facility and reason. Runs that the replayed version decided are
/// compared byte for byte. Stores nothing.
///
/// With `Accept: application/x-ndjson` the answer is a stream of lines, each a JSON object:
/// progress, every invoice that would change, and the report at the end. It may take as long as it
/// takes; the answer in one piece must come within the gateway's deadline, and is for small
/// windows.
#[utoipa::path(
    post,
    path = "/process/v1/policy-simulations",
    tag = "policy-simulations",
    request_body(content = SimulationRequest, description = "The policy and the window."),
    responses(
        (
            status = 200,
            description = "What would change.",
            content(
                (SimulationReport = "application/json"),
                (SimulationLine = "application/x-ndjson"),
            ),
        ),
        Refusals,
    ),
    security(("token" = ["process.policies.simulate"])),
)]
pub(super) async fn simulate_policy(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Json(request): Json<SimulationRequest>,
) -> Result<Response, Problem> {
    if principal.supplier_id.is_some() {
        return Err(Error::forbidden("a simulation shows the invoices of all suppliers").into());
    }
    let simulation = process.simulation(request).await?;
    if !wants_lines(&headers) {
        return Ok(Json(simulation.finish().await?).into_response());
    }
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(LINES))];
    Ok((media_type, Body::from_stream(lines(simulation))).into_response())
}

fn wants_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    accepted
        .flat_map(|it| it.split(','))
        .filter_map(|it| it.split(';').next())
        .any(|it| it.trim().eq_ignore_ascii_case(LINES))
}

/// The lines, page by page. Whoever stops reading ends it with the page under way.
fn lines(simulation: Simulation) -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(Some(simulation), |simulation| async move {
        let mut simulation = simulation?;
        let (lines, rest) = match simulation.step().await {
            Ok(Some(lines)) => (lines, Some(simulation)),
            Ok(None) => (vec![SimulationLine::Report(Box::new(simulation.report()))], None),
            Err(error) => (vec![failed(&error)], None),
        };
        Some((Ok(text(&lines)), rest))
    })
}

fn failed(error: &Error) -> SimulationLine {
    let cause: &dyn std::error::Error = error;
    tracing::error!(error = cause, "a simulation failed");
    SimulationLine::Failed {
        code: error.kind().code().to_owned(),
        detail: error.message().to_owned(),
    }
}

fn text(lines: &[SimulationLine]) -> Bytes {
    let mut text = Vec::new();
    for line in lines {
        // ok: these types always have a JSON form, and writing to memory does not fail
        if serde_json::to_writer(&mut text, line).is_ok() {
            text.push(b'\n');
        }
    }
    text.into()
}
