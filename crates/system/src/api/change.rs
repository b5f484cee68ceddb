//! What changed, over HTTP: the feed that another gateway follows.

use super::for_staff;
use super::query::ChangeQuery;
use crate::{Feed, System};
use axum::Extension;
use axum::extract::State;
use canonical::{Changes, Error, Principal, Result};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Query};
use std::sync::Arc;

const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;

/// Read changes.
///
/// Which documents changed in a system of record, oldest first; not for suppliers. A place that the
/// back end does not know any more begins anew: a change that is told twice carries the same
/// version.
#[utoipa::path(
    get,
    path = "/system/v1/changes",
    tag = "changes",
    params(ChangeQuery),
    responses(
        (status = 200, description = "What changed since.", body = Changes),
        Refusals,
    ),
    security(("token" = ["system.changes.read"])),
)]
pub(super) async fn read_changes(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<ChangeQuery>,
) -> Result<Json<Changes>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let detail = format!("from 1 to {LIMIT_MAX}");
        return Err(Error::invalid_field("?limit", detail).into());
    }
    let feed = for_staff(&principal, "changes", feed(&system, query.back_end.as_deref())?)?;
    Ok(Json(feed.changes(query.after.as_deref(), limit).await?))
}

fn feed<'s>(system: &'s System, name: Option<&str>) -> Result<Option<&'s dyn Feed>> {
    let feeds = system.feeds();
    let found: Option<&Arc<dyn Feed>> = match name {
        Some(name) => feeds.get(name),
        None if feeds.len() > 1 => {
            let names: Vec<&str> = feeds.keys().map(String::as_str).collect();
            let detail = format!("name one of: {}", names.join(", "));
            return Err(Error::invalid_field("?back_end", detail));
        }
        None => feeds.values().next(),
    };
    Ok(found.map(AsRef::as_ref))
}
