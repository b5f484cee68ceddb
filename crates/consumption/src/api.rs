//! The consumption API: the list of its routes, nothing else.

mod exception;
mod timeline;

use crate::Consumption;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Threeway consumption API",
        version = "1.0.0",
        description = "Layer 3: what users see. What was ordered, received, invoiced and paid, and \
                       which variance waits for whom.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This gateway.")),
    tags(
        (
            name = "timeline",
            description = "The truth about an order or an invoice, from every system.",
        ),
        (name = "exceptions", description = "What waits, why, since when and for how much."),
    ),
    // those that only a query names are not found by themselves
    components(schemas(canonical::FacilityId, canonical::PayableId, canonical::ReceiptNumber)),
    modifiers(&Token),
)]
struct Contract;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The consumption API.
#[must_use]
pub fn api() -> OpenApiRouter<Consumption> {
    OpenApiRouter::with_openapi(Contract::openapi())
        .routes(routes!(timeline::get_timeline))
        .routes(routes!(exception::list_exceptions))
}
