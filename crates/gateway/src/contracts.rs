//! The contracts: made from the handlers and the types of events, served, printed, and compared
//! with `openapi/`.

mod event;

use crate::cli::Layer;
use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use canonical::{Error, Result};
use http::header::CONTENT_TYPE;
use stack::idempotency::{Claim, Results, Stored};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

/// The contracts, from the systems of record up.
#[must_use]
pub fn contracts() -> [OpenApi; 3] {
    [system::api().to_openapi(), process::api().to_openapi(), consumption::api().to_openapi()]
}

/// A contract as it is committed and printed: JSON with a line feed at its end.
///
/// # Errors
/// `internal` where it has no JSON form.
pub fn contract(layer: Layer) -> Result<String> {
    let [system, process, consumption] = contracts();
    let text = match layer {
        Layer::System => serde_json::to_string_pretty(&system),
        Layer::Process => serde_json::to_string_pretty(&process),
        Layer::Consumption => serde_json::to_string_pretty(&consumption),
        Layer::Events => serde_json::to_string_pretty(&event::document()?),
    };
    let text =
        text.map_err(|error| Error::internal("a contract has no JSON form").because(error))?;
    Ok(text + "\n")
}

/// The documents and a page that renders those of the layers, without a network.
pub(crate) fn pages([system, process, consumption]: [OpenApi; 3]) -> Result<Router> {
    let events = contract(Layer::Events)?;
    let json = [(CONTENT_TYPE, "application/json")];
    let events = get(move || async move { (json, events) });
    let ui = SwaggerUi::new("/docs")
        .url(Url::with_primary("process", "/openapi/process-v1.json", true), process)
        .url(Url::new("system", "/openapi/system-v1.json"), system)
        .url(Url::new("consumption", "/openapi/consumption-v1.json"), consumption)
        .config(Config::default().try_it_out_enabled(true).persist_authorization(false));
    Ok(Router::from(ui).route("/openapi/events-v1.json", events))
}

/// Keeps no answers: for checking a configuration, where nobody asks.
#[derive(Debug)]
pub(crate) struct NoAnswers;

#[async_trait]
impl Results for NoAnswers {
    async fn find(&self, _: &str, _: &str, _: &str) -> Result<Option<Stored>> {
        Ok(None)
    }

    async fn keep(&self, _: &Claim, _: &Stored) -> Result<()> {
        Ok(())
    }
}
