//! Policy 8: a body longer than the limit is refused: at once where its length is declared, else
//! when it gets there.

use crate::{Problem, extract};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header;
use http_body_util::Limited;

pub(super) async fn limit(State(most): State<usize>, request: Request, next: Next) -> Response {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|it| usize::try_from(it).is_ok_and(|it| it > most)) {
        return Problem(extract::too_large()).into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, most)))).await
}
