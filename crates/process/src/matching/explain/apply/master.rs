//! Changes of master data, contracts, rates and periods.

use super::super::super::request::Facts;
use super::super::cure::Cure;
use super::today;
use canonical::{
    Contract, ContractOwner, ContractPrice, CurrencyRate, DateBasis, Decimal, FiscalPeriod,
    Invoice, InvoiceState, Packaging, PeriodState, RateKind, Supplier, SupplierId, SupplierStatus,
};
use jiff::civil::Date;

pub(super) fn change(cure: &Cure, invoice: &Invoice, facts: &mut Facts) {
    let on = today(invoice, facts);
    match cure {
        Cure::Packaging { .. } => packaging(cure, facts),
        Cure::ActivateSupplier { supplier_id } => {
            supplier(supplier_id, facts).status = SupplierStatus::Active;
        }
        Cure::LinkSupplier { supplier_id, group } => {
            supplier(supplier_id, facts).group = Some(group.clone());
            supplier(group, facts).group = Some(group.clone());
        }
        Cure::VerifyRemitTo { supplier_id, remit_to } => {
            supplier(supplier_id, facts).remit_to.push(remit_to.clone());
        }
        Cure::ClearSanction { supplier_id } => supplier(supplier_id, facts).sanctioned = false,
        Cure::PublishRate { base, quote, rate: Some(rate), as_of, .. } => {
            facts.rates.push(CurrencyRate {
                base: *base,
                quote: *quote,
                rate: *rate,
                kind: RateKind::Spot,
                as_of: *as_of,
            });
        }
        Cure::ContractPrice { .. } => contract_price(cure, invoice, facts),
        Cure::ContractCurrency { supplier_id, currency } => {
            if facts.contracts.iter().all(|it| it.supplier_id != *supplier_id) {
                facts.contracts.push(contract(supplier_id, invoice));
            }
            for it in facts.contracts.iter_mut().filter(|it| it.supplier_id == *supplier_id) {
                it.alternative_currencies.push(*currency);
            }
        }
        Cure::CloseRecall { number } => {
            for it in facts.recalls.iter_mut().filter(|it| it.number == *number) {
                it.closed_on = Some(it.opened_on.min(on));
            }
        }
        Cure::AgreeSelfBilling { supplier_id } => supplier(supplier_id, facts).self_billing = true,
        Cure::OpenPeriod { date } => open_period(*date, facts),
        Cure::RejectEarlier { invoice } => {
            for it in facts.known_invoices.iter_mut().filter(|it| it.id == *invoice) {
                it.state = InvoiceState::Rejected;
            }
            facts.claims.retain(|it| it.invoice != *invoice);
        }
        _ => {}
    }
}

fn packaging(cure: &Cure, facts: &mut Facts) {
    let Cure::Packaging { item_id, uom, supplier_id, numerator, denominator } = cure else {
        return;
    };
    let Some(item) = facts.items.iter_mut().find(|it| it.id == *item_id) else { return };
    item.packaging.retain(|it| it.uom != *uom || it.supplier_id != *supplier_id);
    item.packaging.push(Packaging {
        valid_from: None,
        valid_to: None,
        uom: uom.clone(),
        numerator: *numerator,
        denominator: *denominator,
        supplier_id: supplier_id.clone(),
        gtin: None,
    });
}

/// The supplier, put in the master where it is not there.
fn supplier<'f>(id: &SupplierId, facts: &'f mut Facts) -> &'f mut Supplier {
    let place = facts.suppliers.iter().position(|it| it.id == *id).unwrap_or_else(|| {
        facts.suppliers.push(Supplier {
            id: id.clone(),
            name: id.to_string(),
            status: SupplierStatus::Active,
            group: None,
            currency: None,
            remit_to: Vec::new(),
            sanctioned: false,
            self_billing: false,
            payment_term_days: None,
            external_ids: Vec::new(),
        });
        facts.suppliers.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the place was just found")]
    &mut facts.suppliers[place]
}

fn contract(supplier_id: &SupplierId, invoice: &Invoice) -> Contract {
    Contract {
        number: "EXPECTED".to_owned(),
        supplier_id: supplier_id.clone(),
        owner: ContractOwner::Local,
        currency: invoice.currency,
        alternative_currencies: Vec::new(),
        valid_from: Date::MIN,
        valid_to: None,
        date_basis: DateBasis::OrderDate,
        eligibility: Vec::new(),
        prices: Vec::new(),
    }
}

/// The price holds for everybody, always, in every contract that prices the item; one is made
/// where there is none.
fn contract_price(cure: &Cure, invoice: &Invoice, facts: &mut Facts) {
    let Cure::ContractPrice { supplier_id, item_id, uom, unit_price, price_base } = cure else {
        return;
    };
    let mut found = false;
    for price in facts
        .contracts
        .iter_mut()
        .filter(|it| it.supplier_id == *supplier_id)
        .flat_map(|it| &mut it.prices)
        .filter(|it| it.item_id == *item_id)
    {
        found = true;
        price.uom = uom.clone();
        price.unit_price = *unit_price;
        price.price_base = *price_base;
    }
    if !found {
        let mut made = contract(supplier_id, invoice);
        made.prices.push(ContractPrice {
            item_id: item_id.clone(),
            uom: uom.clone(),
            unit_price: *unit_price,
            price_base: *price_base,
            tier: None,
            minimum_quantity: Decimal::ZERO,
            valid_from: Date::MIN,
            valid_to: None,
        });
        facts.contracts.push(made);
    }
}

fn open_period(date: Date, facts: &mut Facts) {
    let mut found = false;
    for it in facts.periods.iter_mut().filter(|it| it.from <= date && date <= it.to) {
        it.state = PeriodState::Open;
        found = true;
    }
    if !found {
        facts.periods.push(FiscalPeriod {
            inventory_closed_at: None,
            ledger: None,
            legal_entity: None,
            from: date,
            to: date,
            state: PeriodState::Open,
        });
    }
}
