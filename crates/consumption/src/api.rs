//! The consumption API: the list of its routes, nothing else.

mod ageing;
mod exception;
mod timeline;

use crate::Consumption;
use stack::contract::Common;
use utoipa::OpenApi;
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
    modifiers(&Common),
)]
struct Contract;

/// The consumption API.
#[must_use]
pub fn api() -> OpenApiRouter<Consumption> {
    OpenApiRouter::with_openapi(Contract::openapi())
        .routes(routes!(timeline::get_timeline))
        .routes(routes!(exception::list_exceptions))
        .routes(routes!(ageing::get_ageing))
}
