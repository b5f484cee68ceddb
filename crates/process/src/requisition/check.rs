//! What must hold of a requisition: in itself when it is written, and with the masters when it is
//! submitted.

use crate::Process;
use crate::facts::known;
use canonical::{
    CostCenterId, CostCenterStatus, Error, FieldError, ItemId, NewRequisition, RequisitionLine,
    Result, SupplierStatus,
};
use futures_util::future::{try_join, try_join_all};
use std::collections::BTreeSet;

const LINES_MAX: usize = 500;
const DESCRIPTION_CHARS_MAX: usize = 1_000;
const CONTRACT_CHARS_MAX: usize = 80;

/// What is wrong with it in itself.
///
/// # Errors
/// `invalid` with a pointer for every fault.
pub(super) fn whole(new: &NewRequisition) -> Result<()> {
    let mut faults = Vec::new();
    let mut fault = |pointer: String, detail: &str| {
        faults.push(FieldError { pointer, detail: detail.to_owned() });
    };
    if !(1..=LINES_MAX).contains(&new.lines.len()) {
        fault("/lines".to_owned(), "there are 1 to 500 lines");
    }
    let contract = new.contract_number.as_deref().map(|it| it.chars().count());
    if contract.is_some_and(|it| !(1..=CONTRACT_CHARS_MAX).contains(&it)) {
        fault("/contract_number".to_owned(), "it has 1 to 80 characters");
    }
    let mut numbers = BTreeSet::new();
    for (place, line) in new.lines.iter().enumerate() {
        if !numbers.insert(line.line_number) {
            fault(format!("/lines/{place}/line_number"), "the line number is there twice");
        }
        line_faults(line, |field, detail| fault(format!("/lines/{place}/{field}"), detail));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(faults)) }
}

fn line_faults(line: &RequisitionLine, mut fault: impl FnMut(&str, &str)) {
    let is_above_zero = |it: &canonical::Decimal| !it.is_negative() && !it.is_zero();
    if line.line_number == 0 {
        fault("line_number", "it is above zero");
    }
    if line.item_id.is_none() && line.description.trim().is_empty() {
        fault("description", "name an item, or say in words what is asked for");
    }
    if line.description.chars().count() > DESCRIPTION_CHARS_MAX {
        fault("description", "it has at most 1000 characters");
    }
    if !is_above_zero(&line.quantity.value) {
        fault("quantity/value", "it is above zero");
    }
    if line.unit_price.is_negative() {
        fault("unit_price", "it is not below zero");
    }
    if !is_above_zero(&line.price_base) {
        fault("price_base", "it is above zero");
    }
}

impl Process {
    /// What is wrong with it beside the masters: who sells, for whom, what, and on whose account.
    pub(super) async fn check_masters(&self, new: &NewRequisition) -> Result<()> {
        let (parties, lines) = try_join(self.party_faults(new), self.line_faults(new)).await?;
        let faults: Vec<FieldError> = parties
            .into_iter()
            .chain(lines)
            .map(|(pointer, detail)| FieldError { pointer, detail: detail.to_owned() })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid_fields(faults)) }
    }

    async fn party_faults(&self, new: &NewRequisition) -> Result<Vec<(String, &'static str)>> {
        let mut faults = Vec::new();
        let supplier = known(self.system().suppliers().get(&new.supplier_id).await)?;
        if supplier.is_none_or(|it| it.status != SupplierStatus::Active) {
            faults.push(("/supplier_id".to_owned(), "the supplier is unknown or inactive"));
        }
        if let Some(facility) = &new.facility_id
            && known(self.system().facilities().get(facility).await)?.is_none()
        {
            faults.push(("/facility_id".to_owned(), "the facility is unknown"));
        }
        Ok(faults)
    }

    async fn line_faults(&self, new: &NewRequisition) -> Result<Vec<(String, &'static str)>> {
        let items: BTreeSet<&ItemId> = new.lines.iter().flat_map(|it| &it.item_id).collect();
        let items: Vec<ItemId> = items.into_iter().cloned().collect();
        let items = async {
            if items.is_empty() {
                Ok(Vec::new())
            } else {
                self.system().items().get_many(&items).await
            }
        };
        let centers: BTreeSet<&CostCenterId> =
            new.lines.iter().flat_map(|it| &it.cost_center_id).collect();
        let centers = centers
            .into_iter()
            .map(async |id| known(self.system().cost_centers().get(id).await).map(|it| (id, it)));
        let (items, centers) = try_join(items, try_join_all(centers)).await?;
        let mut faults = Vec::new();
        for (place, line) in new.lines.iter().enumerate() {
            let is_known = |id: &ItemId| items.iter().any(|it| it.id == *id);
            if line.item_id.as_ref().is_some_and(|id| !is_known(id)) {
                faults.push((format!("/lines/{place}/item_id"), "the item is unknown"));
            }
            let is_open = |id: &CostCenterId| {
                let center = centers.iter().find(|(of, _)| *of == id).and_then(|it| it.1.as_ref());
                center.is_some_and(|it| it.status == CostCenterStatus::Open)
            };
            if line.cost_center_id.as_ref().is_some_and(|id| !is_open(id)) {
                let detail = "the cost centre is unknown or closed";
                faults.push((format!("/lines/{place}/cost_center_id"), detail));
            }
        }
        Ok(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fault_is_told_with_its_place() {
        let one = json!({
            "line_number": 1, "quantity": { "value": "0", "uom": "BX" }, "unit_price": "-1",
            "price_base": "0",
        });
        let new = json!({ "supplier_id": "S", "currency": "USD", "lines": [one, one] });
        let error = whole(&serde_json::from_value(new).unwrap()).unwrap_err();
        let pointers: Vec<&str> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
        let of = |place: usize| {
            ["description", "quantity/value", "unit_price", "price_base"]
                .map(|it| format!("/lines/{place}/{it}"))
        };
        let expected: Vec<String> =
            of(0).into_iter().chain(["/lines/1/line_number".to_owned()]).chain(of(1)).collect();
        assert_eq!(pointers, expected);
    }

    #[test]
    fn there_is_something_to_buy() {
        let new = json!({ "supplier_id": "S", "currency": "USD", "lines": [] });
        let error = whole(&serde_json::from_value(new).unwrap()).unwrap_err();
        assert_eq!(error.fields()[0].pointer, "/lines");
    }
}
