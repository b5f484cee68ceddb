//! Purchase orders: Tryton's purchases that have a number, which drafts do not.

use super::client::wire::{Day, Number, Numeric};
use super::client::{Record, Search, after, page};
use super::item::Offer;
use super::{Coded, Tryton, identifier, tryton_id};
use crate::{OrderFilter, PurchaseOrders};
use async_trait::async_trait;
use canonical::{
    Error, MatchBasis, OrderKind, OrderStatus, Page, PageRequest, PurchaseOrder, PurchaseOrderLine,
    PurchaseOrderNumber, Quantity, Result,
};
use serde::Deserialize;
use serde_json::{Value, json};

const NOUN: &str = "purchase_orders";
const FIELDS: &[&str] = &[
    "number",
    "state",
    "party.code",
    "currency.code",
    "purchase_date",
    "create_date",
    "warehouse.code",
    "lines.type",
    "lines.quantity",
    "lines.unit.symbol",
    "lines.unit.digits",
    "lines.unit_price",
    "lines.description",
    "lines.delivery_date",
    "lines.product.code",
    "lines.product.type",
    "lines.product.template.product_suppliers.code",
    "lines.product.template.product_suppliers.product",
    "lines.product.template.product_suppliers.party.code",
    "lines.product_supplier.code",
];
const COST_CENTER: &str = "lines.analytic_accounts.account.code";

/// A `purchase.purchase`.
#[derive(Debug, Deserialize)]
pub(super) struct Purchase {
    id: u64,
    number: Option<String>,
    state: String,
    #[serde(rename = "party.")]
    party: Coded,
    #[serde(rename = "currency.")]
    currency: Coded,
    purchase_date: Option<Day>,
    create_date: Option<Day>,
    #[serde(rename = "warehouse.")]
    warehouse: Option<Coded>,
    #[serde(rename = "lines.")]
    lines: Vec<Line>,
}

/// A `purchase.line`, or a title or remark between lines.
#[derive(Debug, Deserialize)]
struct Line {
    id: u64,
    #[serde(rename = "type")]
    kind: String,
    quantity: Option<Number>,
    #[serde(rename = "unit.")]
    unit: Option<Unit>,
    unit_price: Option<Numeric>,
    description: Option<String>,
    delivery_date: Option<Day>,
    #[serde(rename = "product.")]
    product: Option<Product>,
    #[serde(rename = "product_supplier.")]
    offer: Option<Coded>,
    #[serde(rename = "analytic_accounts.", default)]
    analytic: Vec<Entry>,
}

/// A `product.uom`, as far as a quantity needs it.
#[derive(Debug, Deserialize)]
pub(super) struct Unit {
    pub(super) symbol: String,
    pub(super) digits: u32,
}

#[derive(Debug, Deserialize)]
struct Product {
    id: u64,
    code: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "template.")]
    template: Template,
}

#[derive(Debug, Deserialize)]
struct Template {
    #[serde(rename = "product_suppliers.")]
    offers: Vec<Offer>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "account.")]
    account: Option<Coded>,
}

impl Record for Purchase {
    fn id(&self) -> u64 {
        self.id
    }
}

#[async_trait]
impl PurchaseOrders for Tryton {
    async fn get(&self, number: &PurchaseOrderNumber) -> Result<PurchaseOrder> {
        let found = self.purchases(json!(["number", "=", number.as_str()]), Some(1)).await?;
        let found = found.into_iter().next();
        self.purchase_order(&found.ok_or_else(|| Error::not_found("purchase order", number))?)
    }

    async fn get_many(&self, numbers: &[PurchaseOrderNumber]) -> Result<Vec<PurchaseOrder>> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.purchases(json!(["number", "in", numbers]), None).await?;
        found.iter().map(|it| self.purchase_order(it)).collect()
    }

    async fn list(
        &self,
        filter: &OrderFilter,
        request: &PageRequest,
    ) -> Result<Page<PurchaseOrder>> {
        let [last] = after(NOUN, request)?;
        let mut domain = vec![json!(["id", ">", last])];
        if let Some(supplier) = &filter.supplier_id {
            domain.push(json!(["party.code", "=", supplier]));
        }
        if let Some(facility) = &filter.facility_id {
            domain.push(json!(["warehouse.code", "=", facility]));
        }
        if let Some(status) = filter.status {
            domain.push(json!(["state", "in", states(status)]));
        }
        let found = self.purchases(domain.into(), Some(request.limit + 1)).await?;
        page(NOUN, request, found, |it| self.purchase_order(&it))
    }
}

impl Tryton {
    /// Tryton writes a return as an order whose lines are all negative; those are not orders here.
    async fn purchases(&self, condition: Value, limit: Option<u32>) -> Result<Vec<Purchase>> {
        let company = self.client.session().await?.company.id;
        let domain = json!([
            ["number", "!=", null],
            ["company", "=", company],
            ["lines.quantity", ">=", 0],
            condition,
        ]);
        let mut fields = FIELDS.to_vec();
        if self.options.analytic {
            fields.push(COST_CENTER);
        }
        let search = Search { model: "purchase.purchase", domain, limit, fields: &fields };
        self.client.search(&search).await
    }

    pub(super) fn purchase_order(&self, purchase: &Purchase) -> Result<PurchaseOrder> {
        let currency = purchase.currency.code.as_deref().unwrap_or_default();
        let currency = currency.parse().map_err(|why| {
            Error::upstream(format!("Tryton's purchase {} has no currency: {why}", purchase.id))
        })?;
        let date = purchase.purchase_date.as_ref().or(purchase.create_date.as_ref());
        let date = date.ok_or_else(|| {
            Error::upstream(format!("Tryton's purchase {} has no date", purchase.id))
        })?;
        let party = &purchase.party;
        let warehouse = purchase.warehouse.as_ref().filter(|it| it.code.is_some());
        let lines = purchase.lines.iter().filter(|it| it.kind == "line");
        Ok(PurchaseOrder {
            kind: OrderKind::Standard,
            legal_entity: None,
            contract_number: None,
            limit_amount: None,
            released_amount: None,
            valid_from: None,
            valid_to: None,
            number: identifier("purchase", purchase.id, purchase.number.as_deref())?,
            version: 1,
            supplier_id: identifier("party", party.id, party.code.as_deref())?,
            currency,
            status: status(&purchase.state)?,
            order_date: date.date()?,
            facility_id: warehouse
                .map(|it| identifier("warehouse", it.id, it.code.as_deref()))
                .transpose()?,
            freight_terms: None,
            planned_charges: Vec::new(),
            lines: lines.map(|it| self.order_line(party, it)).collect::<Result<_>>()?,
            requisition_id: None,
            external_ids: vec![tryton_id("purchase", purchase.id)],
        })
    }

    fn order_line(&self, party: &Coded, line: &Line) -> Result<PurchaseOrderLine> {
        let lacks = |what: &str| {
            Error::upstream(format!("Tryton's purchase line {} has no {what}", line.id))
        };
        let quantity = line.quantity.as_ref().ok_or_else(|| lacks("quantity"))?;
        let price = line.unit_price.as_ref().ok_or_else(|| lacks("price"))?;
        let (unit_price, price_base) = price.price()?;
        let center = line.analytic.iter().find_map(|it| it.account.as_ref());
        let center = center.filter(|it| it.code.is_some());
        let product = line.product.as_ref();
        let is_goods = product.is_some_and(|it| it.kind != "service");
        Ok(PurchaseOrderLine {
            earlier_prices: Vec::new(),
            pricing_quantity: None,
            tax_code: None,
            class: None,
            line_number: line_number(line.id)?,
            item_id: product
                .filter(|it| it.code.is_some())
                .map(|it| identifier("product", it.id, it.code.as_deref()))
                .transpose()?,
            description: line.description.clone().unwrap_or_default(),
            quantity: self.quantity(quantity, line.unit.as_ref())?,
            unit_price,
            price_base,
            price_is_estimated: false,
            match_mode: match is_goods {
                true => Some(self.options.goods_match_mode),
                false => Some(self.options.services_match_mode),
            },
            match_basis: MatchBasis::Quantity,
            receipt_based_invoice: is_goods && self.options.receipt_based_invoice,
            closed: false,
            requested_date: None,
            promised_date: line.delivery_date.as_ref().map(Day::date).transpose()?,
            supplier_item_number: supplier_item_number(party, line),
            cost_center_id: center
                .map(|it| identifier("analytic account", it.id, it.code.as_deref()))
                .transpose()?,
            external_ids: vec![tryton_id("purchase_line", line.id)],
        })
    }

    /// A quantity of Tryton's; one without a unit counts pieces.
    pub(super) fn quantity(&self, value: &Number, unit: Option<&Unit>) -> Result<Quantity> {
        let (symbol, digits) = unit.map_or(("u", 6), |it| (it.symbol.as_str(), it.digits));
        Ok(Quantity { value: value.quantity(digits)?, uom: self.uom(symbol)? })
    }
}

/// The number of an order line: its record id, which no later change of the order moves.
pub(super) fn line_number(id: u64) -> Result<u32> {
    u32::try_from(id).map_err(|it| {
        Error::upstream(format!("Tryton's purchase line {id} has too large an id")).because(it)
    })
}

fn supplier_item_number(party: &Coded, line: &Line) -> Option<String> {
    if let Some(code) = line.offer.as_ref().and_then(|it| it.code.clone()) {
        return Some(code);
    }
    let product = line.product.as_ref()?;
    let own = |it: &&Offer| {
        it.party.id == party.id && it.product.is_none_or(|variant| variant == product.id)
    };
    product.template.offers.iter().filter(own).find_map(|it| it.code.clone())
}

fn status(state: &str) -> Result<OrderStatus> {
    Ok(match state {
        "draft" => OrderStatus::Draft,
        "quotation" => OrderStatus::PendingApproval,
        "confirmed" | "processing" => OrderStatus::Dispatched,
        "done" => OrderStatus::Completed,
        "cancelled" => OrderStatus::Cancelled,
        other => return Err(Error::upstream(format!("Tryton's order state {other} is unknown"))),
    })
}

const fn states(status: OrderStatus) -> &'static [&'static str] {
    match status {
        OrderStatus::Draft => &["draft"],
        OrderStatus::PendingApproval => &["quotation"],
        OrderStatus::Dispatched => &["confirmed", "processing"],
        OrderStatus::Completed => &["done"],
        OrderStatus::Cancelled => &["cancelled"],
        OrderStatus::Approved | OrderStatus::FinallyClosed => &[],
    }
}
