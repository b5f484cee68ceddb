//! The system API: the list of its routes, nothing else.

mod balance;
mod change;
mod contract;
mod cost_center;
mod facility;
mod item;
mod journal;
mod payable;
mod period;
mod purchase_order;
mod query;
mod rate;
mod recall;
mod receipt;
mod supplier;
mod usage;

use crate::System;
use canonical::{Error, Page, Principal, Result};
use stack::contract::Common;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Threeway system API",
        version = "1.0.0",
        description = "Layer 1: the systems of record in one language. Suppliers, items, \
                       facilities, cost centres, purchase orders, goods receipts, payables, \
                       contracts, usage, rates, recalls, stock, fiscal periods and \
                       journals, whichever back end keeps them, and what changed in it.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This gateway.")),
    tags(
        (name = "suppliers", description = "Who sells to us and is paid."),
        (name = "items", description = "What is bought, with its packaging levels."),
        (name = "facilities", description = "Places that order, receive and use."),
        (name = "cost-centers", description = "Whose spending it is."),
        (name = "purchase-orders", description = "What we asked for, from whom, at which price."),
        (name = "receipts", description = "What arrived."),
        (name = "contracts", description = "What suppliers agreed to, for whom and since when."),
        (name = "usages", description = "Consigned and bill-only goods that were used."),
        (name = "rates", description = "Exchange rates."),
        (name = "recalls", description = "Recalled lots and serial numbers."),
        (name = "inventory-balances", description = "Stock on hand and what it is worth."),
        (name = "fiscal-periods", description = "Which periods may be posted in."),
        (name = "payables", description = "What is owed and what was paid of it."),
        (name = "journal-intents", description = "What the general ledger is asked to post."),
        (name = "changes", description = "Which documents changed, for whoever follows them."),
    ),
    modifiers(&Common),
)]
struct Contract;

/// The system API.
#[must_use]
pub fn api() -> OpenApiRouter<System> {
    terms(documents(masters(OpenApiRouter::with_openapi(Contract::openapi()))))
}

/// What some gateways take, and never from suppliers.
fn from_staff<'s, T: ?Sized>(
    principal: &Principal,
    noun: &str,
    taken: Option<&'s T>,
) -> Result<&'s T> {
    if principal.supplier_id.is_some() {
        return Err(Error::forbidden(format!("{noun} are not taken from suppliers")));
    }
    taken.ok_or_else(|| Error::not_found("back end", format!("{noun}: none takes them here")))
}

/// What some gateways have and suppliers never see.
fn for_staff<'s, T: ?Sized>(
    principal: &Principal,
    noun: &str,
    kept: Option<&'s T>,
) -> Result<&'s T> {
    principal.for_staff(noun)?;
    kept.ok_or_else(|| Error::not_found("back end", format!("{noun}: none keeps them here")))
}

/// Everything that was asked for, on one page.
fn whole<T>(items: Vec<T>) -> Page<T> {
    Page { items, next_cursor: None }
}

fn masters(router: OpenApiRouter<System>) -> OpenApiRouter<System> {
    router
        .routes(routes!(supplier::list_suppliers))
        .routes(routes!(supplier::get_supplier))
        .routes(routes!(item::list_items))
        .routes(routes!(item::get_item))
        .routes(routes!(facility::list_facilities))
        .routes(routes!(facility::get_facility))
        .routes(routes!(cost_center::list_cost_centers))
        .routes(routes!(cost_center::get_cost_center))
}

fn documents(router: OpenApiRouter<System>) -> OpenApiRouter<System> {
    router
        .routes(routes!(purchase_order::list_purchase_orders, purchase_order::place_purchase_order))
        .routes(routes!(purchase_order::get_purchase_order, purchase_order::put_purchase_order))
        .routes(routes!(purchase_order::cancel_purchase_order))
        .routes(routes!(receipt::list_receipts, receipt::record_receipt))
        .routes(routes!(receipt::record_return))
        .routes(routes!(receipt::get_receipt))
        .routes(routes!(receipt::read_movements))
        .routes(routes!(payable::list_payables, payable::create_payable))
        .routes(routes!(payable::get_payable))
        .routes(routes!(payable::record_payment))
}

fn terms(router: OpenApiRouter<System>) -> OpenApiRouter<System> {
    router
        .routes(routes!(change::read_changes))
        .routes(routes!(contract::list_contracts))
        .routes(routes!(usage::list_usages))
        .routes(routes!(rate::list_rates))
        .routes(routes!(recall::list_recalls))
        .routes(routes!(balance::list_inventory_balances))
        .routes(routes!(period::list_fiscal_periods))
        .routes(routes!(journal::list_journal_intents))
        .routes(routes!(journal::get_journal_intent, journal::put_journal_intent))
}

#[cfg(test)]
mod tests;
