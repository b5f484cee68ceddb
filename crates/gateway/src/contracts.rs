//! The three contracts: made from the handlers, served, printed, and compared with `openapi/`.

use crate::cli::Layer;
use async_trait::async_trait;
use axum::Router;
use canonical::{Error, Result};
use stack::idempotency::{Claim, Results, Stored};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

/// The contracts, from the systems of record up.
#[must_use]
pub fn contracts() -> [OpenApi; 3] {
    [system::api().to_openapi(), process::api().to_openapi(), consumption::api().to_openapi()]
}

/// A layer's contract as it is committed and printed: JSON with a line feed at its end.
///
/// # Errors
/// `internal` where it has no JSON form.
pub fn contract(layer: Layer) -> Result<String> {
    let [system, process, consumption] = contracts();
    let document = match layer {
        Layer::System => system,
        Layer::Process => process,
        Layer::Consumption => consumption,
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Error::internal("a contract has no JSON form").because(error))?;
    Ok(text + "\n")
}

/// The documents and a page that renders them, without a network.
pub(crate) fn pages([system, process, consumption]: [OpenApi; 3]) -> Router {
    let ui = SwaggerUi::new("/docs")
        .url(Url::with_primary("process", "/openapi/process-v1.json", true), process)
        .url(Url::new("system", "/openapi/system-v1.json"), system)
        .url(Url::new("consumption", "/openapi/consumption-v1.json"), consumption)
        .config(Config::default().try_it_out_enabled(true).persist_authorization(false));
    Router::from(ui)
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
