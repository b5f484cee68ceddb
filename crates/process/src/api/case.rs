//! Exception cases over HTTP.

use super::invoice::response;
use super::query::CaseQuery;
use crate::Process;
use crate::case::{Case, CaseAction, CaseFilter};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use canonical::{Page, Principal};
use http::StatusCode;
use stack::Problem;
use stack::contract::{KeyHeader, Refusals};
use stack::extract::{Json, Path, Query, page};
use stack::idempotency::Claim;

/// List cases.
///
/// What holds invoices, one case per invoice and queue; the one that is due first comes first.
#[utoipa::path(
    get,
    path = "/process/v1/cases",
    tag = "cases",
    params(CaseQuery),
    responses(
        (status = 200, description = "A page of cases.", body = Page<Case>),
        Refusals,
    ),
    security(("token" = ["process.cases.read"])),
)]
pub(super) async fn list_cases(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Query(query): Query<CaseQuery>,
) -> Result<Json<Page<Case>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    let filter = CaseFilter {
        queue: query.queue,
        state: query.state,
        open: query.open,
        assignee: query.assignee,
        facility: query.facility,
        supplier: query.supplier,
        overdue: query.overdue,
    };
    Ok(Json(process.cases(&principal, &filter, &page).await?))
}

/// Get a case.
///
/// What it is about, whose it is, and until when it is to be resolved.
#[utoipa::path(
    get,
    path = "/process/v1/cases/{id}",
    tag = "cases",
    params(("id" = String, Path, description = "The case's id.")),
    responses(
        (status = 200, description = "The case.", body = Case),
        Refusals,
    ),
    security(("token" = ["process.cases.read"])),
)]
pub(super) async fn get_case(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
) -> Result<Json<Case>, Problem> {
    Ok(Json(process.case(&principal, &id).await?))
}

/// Act on a case.
///
/// Gives it to somebody, takes it, lets it wait for somebody outside, goes on with it, decides it,
/// or undertakes something about its invoice; `offers` of the case says what is possible now. A
/// case is resolved when none of its holds is open, however that came.
#[utoipa::path(
    post,
    path = "/process/v1/cases/{id}/actions",
    tag = "cases",
    params(
        ("id" = String, Path, description = "The case's id."),
        KeyHeader,
    ),
    request_body(
        content = CaseAction,
        description = "What to do.",
        examples(
            ("assign" = (value = json!({ "action": "assign", "assignee": "kim" }))),
            ("accept_variance" = (value = json!({
                "action": "accept_variance", "reason": "agreed by phone", "match_run": 1
            }))),
            ("short_pay" = (value = json!({
                "action": "short_pay", "part": "tax", "reason": "we are exempt"
            }))),
            ("correct_association" = (value = json!({
                "action": "correct_association", "invoice_line": 1, "reason": "a slip",
                "purchase_order_number": "PO-1001", "purchase_order_line": 10
            }))),
        ),
    ),
    responses(
        (status = 200, description = "Done and stored: the case as it stands.", body = Case),
        Refusals,
    ),
    security(("token" = ["process.cases.write"])),
)]
pub(super) async fn act_on_case(
    State(process): State<Process>,
    Extension(principal): Extension<Principal>,
    Extension(claim): Extension<Claim>,
    Path(id): Path<String>,
    Json(request): Json<CaseAction>,
) -> Result<Response, Problem> {
    let answer = process.act_on_case(&principal, &id, &request, Some(&claim)).await?;
    Ok(response(StatusCode::OK, answer))
}
