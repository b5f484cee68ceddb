//! Dead letters and their replay over HTTP.

use super::query::DeadLetterQuery;
use crate::Process;
use crate::dead_letter::{DeadLetter, DeadLetters, Replay};
use axum::Extension;
use axum::extract::State;
use canonical::{Page, Principal};
use serde::Deserialize;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Query, page};
use utoipa::ToSchema;

/// What to put back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayRequest {
    /// Which dead letters; all where nothing is named.
    #[serde(default)]
    filter: DeadLetters,
    /// Whether to say what would be put back, and to put back nothing.
    dry_run: bool,
}

/// List dead letters.
///
/// Work that failed for good, oldest first: what it was to do, why it failed and what would help.
#[utoipa::path(
    get,
    path = "/process/v1/dead-letters",
    tag = "dead-letters",
    params(DeadLetterQuery),
    responses(
        (status = 200, description = "A page of dead letters.", body = Page<DeadLetter>),
        Refusals,
    ),
    security(("token" = ["process.dead_letters.read"])),
)]
pub(super) async fn list_dead_letters(
    State(process): State<Process>,
    Query(query): Query<DeadLetterQuery>,
) -> Result<Json<Page<DeadLetter>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let asked = DeadLetters {
        id: None,
        kind: query.kind,
        key: query.key,
        correlation_id: query.correlation_id,
        error: query.error,
        from: query.from,
        to: query.to,
    };
    Ok(Json(process.dead_letters(&asked, &page).await?))
}

/// Replay dead letters.
///
/// Puts dead letters back into the queue, at most 200 at once and beside the live traffic. Look
/// first with `dry_run`. What was done after all is found and not done twice.
#[utoipa::path(
    post,
    path = "/process/v1/replays",
    tag = "dead-letters",
    params(KeyHeader),
    request_body(content = ReplayRequest, description = "What to put back."),
    responses(
        (status = 200, description = "What was put back, or would be.", body = Replay),
        Refusals,
    ),
    security(("token" = ["process.replays.create"])),
)]
pub(super) async fn replay_dead_letters(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Json(request): Json<ReplayRequest>,
) -> Result<Json<Replay>, Problem> {
    Ok(Json(process.replay(&principal, &request.filter, request.dry_run).await?))
}
