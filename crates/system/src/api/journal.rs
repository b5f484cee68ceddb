//! Journal intents over HTTP: the key is in the path, so that a repeat needs no other.

use super::{for_staff, from_staff};
use crate::System;
use axum::Extension;
use axum::extract::State;
use canonical::{Error, Journal, JournalIntent, JournalKey, NewJournal, Page, Principal};
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, PageQuery, Path, Query};

/// List journals.
///
/// What was posted of journal intents, in the order of the keys; not for suppliers.
#[utoipa::path(
    get,
    path = "/system/v1/journal-intents",
    tag = "journal-intents",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of journals.", body = Page<Journal>),
        Refusals,
    ),
    security(("token" = ["system.journals.read"])),
)]
pub(super) async fn list_journal_intents(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Journal>>, Problem> {
    let kept = for_staff(&principal, "journals", system.journals())?;
    Ok(Json(kept.list(&query.page()?).await?))
}

/// Get a journal.
///
/// What became of a journal intent: the inquiry where the answer to a post was lost. There is none
/// where nothing was posted under the key.
#[utoipa::path(
    get,
    path = "/system/v1/journal-intents/{key}",
    tag = "journal-intents",
    params(("key" = JournalKey, Path, description = "The intent's key.")),
    responses(
        (status = 200, description = "The journal.", body = Journal),
        Refusals,
    ),
    security(("token" = ["system.journals.read"])),
)]
pub(super) async fn get_journal_intent(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(key): Path<JournalKey>,
) -> Result<Json<Journal>, Problem> {
    let kept = for_staff(&principal, "journals", system.journals())?;
    let found = kept.find(&key).await?;
    Ok(Json(found.ok_or_else(|| Error::not_found("journal", key))?))
}

/// Post a journal intent.
///
/// Posts a balanced journal by account roles, once per key: the same again is answered with the
/// first, another under the key is a conflict. What the ledger refuses is `rejected` with a code
/// (`PER-01` for a closed period) and may come again once the cause is mended.
#[utoipa::path(
    put,
    path = "/system/v1/journal-intents/{key}",
    tag = "journal-intents",
    params(("key" = JournalKey, Path, description = "The intent's key.")),
    request_body(content = NewJournal, description = "The journal."),
    responses(
        (status = 200, description = "What became of it.", body = Journal),
        Refusals,
    ),
    security(("token" = ["system.journals.write"])),
)]
pub(super) async fn put_journal_intent(
    State(system): State<System>,
    Extension(principal): Extension<Principal>,
    Path(key): Path<JournalKey>,
    Json(journal): Json<NewJournal>,
) -> Result<Json<Journal>, Problem> {
    let ledger = from_staff(&principal, "journals", system.journals())?;
    if journal.key != key {
        return Err(Error::invalid_field("/key", format!("the path says {key}")).into());
    }
    Ok(Json(ledger.put(&JournalIntent::new(journal)?).await?))
}
