//! Reading requisitions. A supplier sees none: it sees the order.

use super::{Body, Requisition, RequisitionFilter, step};
use crate::Process;
use canonical::{
    Exact, Money, NewRequisition, Page, PageRequest, Principal, RequisitionId, Result,
};

impl Process {
    /// One requisition.
    ///
    /// # Errors
    /// `forbidden` for a supplier; `not_found`; what the store says.
    pub async fn requisition(
        &self,
        principal: &Principal,
        id: &RequisitionId,
    ) -> Result<Requisition> {
        principal.for_staff("requisitions")?;
        show(self.store().requisition(id).await?)
    }

    /// Requisitions, the newest first.
    ///
    /// # Errors
    /// `forbidden` for a supplier; `invalid` for a cursor that is not ours; what the store says.
    pub async fn requisitions(
        &self,
        principal: &Principal,
        filter: &RequisitionFilter,
        page: &PageRequest,
    ) -> Result<Page<Requisition>> {
        principal.for_staff("requisitions")?;
        let filter = store::RequisitionFilter {
            state: filter.state,
            supplier_id: filter.supplier.clone(),
            facility_id: filter.facility.clone(),
        };
        let found = self.store().requisitions(&filter, page).await?;
        let items = found.items.into_iter().map(show).collect::<Result<_>>()?;
        Ok(Page { items, next_cursor: found.next_cursor })
    }
}

pub(super) fn show(kept: store::Requisition) -> Result<Requisition> {
    let Body { content, history } = Body::of(&kept)?;
    Ok(Requisition {
        may: step::actions(kept.state).collect(),
        correlation_id: kept.id.to_string(),
        id: kept.id,
        state: kept.state,
        requester: kept.requester,
        total: total(&content),
        content,
        purchase_order_number: kept.purchase_order_number,
        history,
        created_at: kept.created_at,
        updated_at: kept.updated_at,
    })
}

/// What it comes to (R1 per line).
fn total(content: &NewRequisition) -> Money {
    // ok: a price base is above zero, or the requisition was not taken
    let priced = content.lines.iter().filter(|it| !it.price_base.is_zero());
    let amounts = priced.map(|it| {
        let price = it.unit_price.exact() / it.price_base.exact();
        Money::round(&(it.quantity.value.exact() * price), content.currency).exact()
    });
    Money::round(&amounts.sum::<Exact>(), content.currency)
}
