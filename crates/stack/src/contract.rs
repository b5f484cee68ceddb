//! What every contract says in the same words: who may ask, and how a refusal looks.

use crate::operations::WEBHOOK_SCHEME;
use crate::problem::{MEDIA_TYPE, ProblemBody};
use crate::webhook;
use std::collections::BTreeMap;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, Modify, PartialSchema as _, ToSchema as _};

const SIGNED: &str = "Standard Webhooks: `v1,` and the base64 of HMAC-SHA-256 over \
                      `webhook-id.webhook-timestamp.body`, by a secret that both sides keep.";

/// Adds to a document what its operations refer to: the bearer token and the problem.
#[derive(Clone, Copy, Debug)]
pub struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let signature = ApiKeyValue::with_description(webhook::SIGNATURE.as_str(), SIGNED);
        let signature = SecurityScheme::ApiKey(ApiKey::Header(signature));
        components.add_security_scheme(WEBHOOK_SCHEME, signature);
        let mut schemas = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
        ProblemBody::schemas(&mut schemas);
        components.schemas.extend(schemas);
    }
}

/// The header of every operation that is not to be done twice.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct KeyHeader {
    /// A key of your own, 1 to 255 visible ASCII characters; the same again gets the same answer.
    #[param(rename = "Idempotency-Key")]
    pub key: String,
}

/// The refusals of an operation: every answer that is not its success is a problem.
#[derive(Clone, Copy, Debug)]
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let caller = "It cannot be answered as it was asked; see `code` and `errors`.";
        let here =
            "It cannot be answered now; see `code`, and `Retry-After` for when to come back.";
        [("4XX", caller), ("5XX", here)]
            .into_iter()
            .map(|(status, description)| (status.to_owned(), refusal(description).into()))
            .collect()
    }
}

fn refusal(description: &str) -> Response {
    let schema = Ref::from_schema_name(ProblemBody::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(MEDIA_TYPE, content).build()
}
