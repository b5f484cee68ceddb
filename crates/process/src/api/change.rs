//! What back ends tell of changes by themselves, over HTTP.

use crate::Process;
use crate::follow::{CHANGES_MAX, Taken};
use axum::Extension;
use axum::extract::State;
use canonical::{Change, Error, FieldError, Principal, Result};
use serde::Deserialize;
use stack::Problem;
use stack::contract::Refusals;
use stack::extract::{Json, Path};
use utoipa::ToSchema;

const NAME_CHARS_MAX: usize = 100;
const ORDERS_MAX: usize = 100;

/// Changes that a back end tells of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChanges {
    /// The changes, in any order; from 1 to 200.
    #[schema(min_items = 1, max_items = 200)]
    changes: Vec<Change>,
}

impl NewChanges {
    fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let mut unless = |good: bool, pointer: String, right: String| {
            if !good {
                faults.push(FieldError { pointer, detail: right });
            }
        };
        let most = usize::try_from(CHANGES_MAX).unwrap_or(usize::MAX);
        let is_some = (1..=most).contains(&self.changes.len());
        unless(is_some, "/changes".to_owned(), format!("from 1 to {most} of them"));
        for (index, it) in self.changes.iter().take(most).enumerate() {
            for (field, text) in [("document", &it.document), ("version", &it.version)] {
                let is_name = (1..=NAME_CHARS_MAX).contains(&text.chars().count())
                    && !text.contains(char::is_control);
                let right = format!("from 1 to {NAME_CHARS_MAX} characters, none of control");
                unless(is_name, format!("/changes/{index}/{field}"), right);
            }
            let few = it.purchase_orders.len() <= ORDERS_MAX;
            let right = format!("at most {ORDERS_MAX} of them");
            unless(few, format!("/changes/{index}/purchase_orders"), right);
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(faults)) }
    }
}

/// Tell of changes.
///
/// Which documents changed in a back end: its webhook, or a program that speaks for it. What was
/// told before, in whichever way, changes nothing; the order does not matter. Each change that is
/// new becomes an event, and what rests on the orders it names is matched again on what the back
/// end says then. A webhook comes without a token and is signed with the secret that
/// `[inbound.webhooks]` has for the back end. Not for suppliers.
#[utoipa::path(
    post,
    path = "/process/v1/back-ends/{back_end}/changes",
    tag = "changes",
    params(("back_end" = String, Path, description = "The back end, as configuration calls it.")),
    request_body(content = NewChanges, description = "What changed."),
    responses(
        (status = 200, description = "They are kept.", body = Taken),
        Refusals,
    ),
    security(("token" = ["process.changes.create"]), ("webhook" = ["process.changes.create"])),
)]
pub(super) async fn record_changes(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(back_end): Path<String>,
    Json(told): Json<NewChanges>,
) -> Result<Json<Taken>, Problem> {
    told.check()?;
    Ok(Json(process.take_told(&principal, &back_end, &told.changes).await?))
}
