//! The process API: the list of its routes, nothing else.

mod accrual;
mod case;
mod change;
mod dead_letter;
mod document_reading;
mod flow;
mod grni;
mod invoice;
mod landed_cost;
mod match_evaluation;
mod policy_simulation;
mod purchase_order;
mod query;
mod release;
mod requisition;
mod self_billing;

use crate::Process;
use stack::contract::Common;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Threeway process API",
        version = "1.0.0",
        description = "Layer 2: what the business does across systems. Invoices are validated, \
                       matched \
                       against orders and receipts, decided with every reason, and booked in the \
                       finance system.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This gateway.")),
    tags(
        (
            name = "match-evaluations",
            description = "The three-way match as a question: stateless, stores nothing.",
        ),
        (
            name = "policy-simulations",
            description = "What a proposed policy would have decided over stored match runs.",
        ),
        (name = "self-billing", description = "Invoices that we make for what was received."),
        (
            name = "requisitions",
            description = "What is asked for: written, approved by somebody else, ordered once.",
        ),
        (
            name = "purchase-orders",
            description = "Where orders stand, and what is sent and answered about them.",
        ),
        (
            name = "flows",
            description = "From requisition to payment: where each step stands, and undoing it.",
        ),
        (name = "invoices", description = "Supplier invoices: submitted, decided, booked."),
        (
            name = "cases",
            description = "What holds invoices, whose it is, and until when it is to be resolved.",
        ),
        (
            name = "dead-letters",
            description = "Work that failed for good, and putting it back once it can be done.",
        ),
        (
            name = "accounting",
            description = "Accruals, landed cost, the clearing account, what the ledger posts.",
        ),
        (name = "changes", description = "What back ends tell of changes by themselves."),
        (name = "documents", description = "Documents of trading partners: read, and written."),
    ),
    modifiers(&Common),
)]
struct Contract;

/// The process API.
#[must_use]
pub fn api() -> OpenApiRouter<Process> {
    orders(invoices(OpenApiRouter::with_openapi(Contract::openapi())))
        .routes(routes!(change::record_changes))
        .routes(routes!(match_evaluation::evaluate_match))
        .routes(routes!(self_billing::propose_self_billing))
        .routes(routes!(document_reading::read_documents))
        .routes(routes!(purchase_order::get_purchase_order_document))
        .routes(routes!(policy_simulation::simulate_policy))
        .routes(routes!(accrual::run_accruals))
        .routes(routes!(accrual::get_accrual_run))
        .routes(routes!(grni::get_grni))
        .routes(routes!(landed_cost::allocate_landed_cost))
}

/// Requisitions and orders.
fn orders(router: OpenApiRouter<Process>) -> OpenApiRouter<Process> {
    router
        .routes(routes!(requisition::create_requisition, requisition::list_requisitions))
        .routes(routes!(requisition::get_requisition))
        .routes(routes!(requisition::act_on_requisition))
        .routes(routes!(purchase_order::get_order_standing))
        .routes(routes!(purchase_order::record_dispatch))
        .routes(routes!(purchase_order::record_acknowledgement))
        .routes(routes!(purchase_order::record_ship_notice))
        .routes(routes!(flow::get_flow))
        .routes(routes!(flow::cancel_flow))
}

/// Invoices and what waits.
fn invoices(router: OpenApiRouter<Process>) -> OpenApiRouter<Process> {
    router
        .routes(routes!(invoice::submit_invoice, invoice::list_invoices))
        .routes(routes!(invoice::get_invoice))
        .routes(routes!(invoice::explain_invoice))
        .routes(routes!(release::release_holds))
        .routes(routes!(case::list_cases))
        .routes(routes!(case::get_case))
        .routes(routes!(case::act_on_case))
        .routes(routes!(dead_letter::list_dead_letters))
        .routes(routes!(dead_letter::replay_dead_letters))
}
