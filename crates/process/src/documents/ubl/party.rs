//! The supplier and the buyer's places of a UBL document.

use super::spot::Spot;
use crate::documents::PartyNames;
use canonical::{ExternalId, SupplierId};
use std::borrow::Cow;

/// A document that names more places or numbers names none.
const IDS_MAX: usize = 50;

/// The supplier, by the number the buyer gave it, its other identifiers, its tax number, its name.
pub(super) fn supplier(root: &Spot<'_>) -> (Option<SupplierId>, PartyNames) {
    let Some(supplier) = root.each("AccountingSupplierParty").next() else {
        return (None, PartyNames::default());
    };
    let account = supplier.text(&["CustomerAssignedAccountID"]);
    let mut ids: Vec<ExternalId> = Vec::new();
    ids.extend(account.map(|it| external("ubl:account", "supplier", &it)));
    let Some(party) = supplier.each("Party").next() else {
        let id = ids.iter().find_map(|it| it.key.parse().ok());
        return (id, PartyNames { ids, name: None });
    };
    ids.extend(identifiers(&party, "supplier"));
    let name = party
        .text(&["PartyName", "Name"])
        .or_else(|| party.text(&["PartyLegalEntity", "RegistrationName"]));
    let best = ids.iter().find_map(|it| it.key.parse().ok());
    let id = best.or_else(|| name.as_ref().and_then(|it| it.parse().ok()));
    let names = PartyNames { ids: unique(ids), name: name.map(Cow::into_owned) };
    (id, names)
}

/// The buyer's places: where it was delivered, then the buyer itself.
pub(super) fn facilities(root: &Spot<'_>) -> Vec<ExternalId> {
    let mut ids = Vec::new();
    for delivery in root.each("Delivery").take(IDS_MAX) {
        for location in delivery.each("DeliveryLocation").take(IDS_MAX) {
            ids.extend(identifier(&location, "ID", "ubl:location", "facility"));
        }
        for party in delivery.each("DeliveryParty").take(IDS_MAX) {
            ids.extend(identifiers(&party, "facility"));
            let name = party.text(&["PartyName", "Name"]);
            ids.extend(name.map(|it| external("name", "facility", &it)));
        }
    }
    for customer in root.each("AccountingCustomerParty").take(1) {
        for party in customer.each("Party").take(1) {
            ids.extend(identifiers(&party, "facility"));
            let name = party
                .text(&["PartyName", "Name"])
                .or_else(|| party.text(&["PartyLegalEntity", "RegistrationName"]));
            ids.extend(name.map(|it| external("name", "facility", &it)));
        }
    }
    unique(ids)
}

fn identifiers(party: &Spot<'_>, entity: &str) -> Vec<ExternalId> {
    let mut ids = Vec::new();
    for it in party.each("PartyIdentification").take(IDS_MAX) {
        ids.extend(identifier(&it, "ID", "ubl:party", entity));
    }
    ids.extend(identifier(party, "EndpointID", "ubl:endpoint", entity));
    for it in party.each("PartyTaxScheme").take(IDS_MAX) {
        ids.extend(it.text(&["CompanyID"]).map(|it| external("tax", entity, &it)));
    }
    for it in party.each("PartyLegalEntity").take(IDS_MAX) {
        ids.extend(identifier(&it, "CompanyID", "ubl:legal", entity));
    }
    ids
}

fn identifier(
    spot: &Spot<'_>,
    name: &'static str,
    unnamed: &str,
    entity: &str,
) -> Option<ExternalId> {
    let key = spot.text(&[name])?;
    let system = match spot.attribute(&[name]) {
        None => unnamed.to_owned(),
        Some("0088" | "GLN") => "gln".to_owned(),
        Some("0060" | "DUNS") => "duns".to_owned(),
        Some("VA" | "VAT") => "tax".to_owned(),
        // 99nn: the electronic address schemes that are VAT numbers of countries
        Some(scheme) if scheme.len() == 4 && scheme.starts_with("99") => "tax".to_owned(),
        Some(scheme) => format!("iso6523:{scheme}"),
    };
    Some(external(&system, entity, &key))
}

fn external(system: &str, entity: &str, key: &str) -> ExternalId {
    ExternalId { system: system.to_owned(), entity: entity.to_owned(), key: key.to_owned() }
}

/// The identifiers once each.
fn unique(ids: Vec<ExternalId>) -> Vec<ExternalId> {
    let mut kept: Vec<ExternalId> = Vec::new();
    for id in ids.into_iter().take(IDS_MAX) {
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    kept
}
