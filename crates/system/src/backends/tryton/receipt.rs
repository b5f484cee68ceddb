//! Receipts and returns: Tryton's stock moves from and to suppliers, done for an order's line.
//!
//! Tryton keeps the day of a move and no time: noon UTC stands for it, which lies on that day in
//! nearly every time zone.

use super::client::wire::{Day, Number};
use super::client::{Record, Search, after, cursor};
use super::purchase_order::{Unit, line_number};
use super::{Coded, Tryton, identifier, referenced, tryton_id};
use crate::{Movements, Receipts};
use async_trait::async_trait;
use canonical::{
    Error, FacilityId, ItemId, Page, PageRequest, PurchaseOrderNumber, Quantity, Receipt,
    ReceiptNumber, Result, Return,
};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

const NOUN: &str = "receipts";
const NOON: Time = Time::constant(12, 0, 0, 0);
const SHIPMENT: &[&str] = &[
    "number",
    "reference",
    "warehouse.code",
    "incoming_moves.state",
    "incoming_moves.origin",
    "incoming_moves.purchase.number",
    "incoming_moves.quantity",
    "incoming_moves.unit.symbol",
    "incoming_moves.unit.digits",
    "incoming_moves.product.code",
    "incoming_moves.effective_date",
];
const ORDER: &[&str] = &[
    "number",
    "origin",
    "lines.product",
    "lines.quantity",
    "lines.moves.state",
    "lines.moves.quantity",
    "lines.moves.unit.symbol",
    "lines.moves.unit.digits",
    "lines.moves.product.code",
    "lines.moves.effective_date",
    "lines.moves.from_location.type",
    "lines.moves.to_location.type",
    "lines.moves.shipment.number",
    "lines.moves.shipment.reference",
    "lines.moves.shipment.warehouse.code",
];

/// A `stock.shipment.in` with what came in.
#[derive(Debug, Deserialize)]
pub(super) struct Shipment {
    id: u64,
    number: Option<String>,
    reference: Option<String>,
    #[serde(rename = "warehouse.")]
    warehouse: Option<Coded>,
    #[serde(rename = "incoming_moves.")]
    moves: Vec<Incoming>,
}

/// A `stock.move` of a supplier shipment.
#[derive(Debug, Deserialize)]
struct Incoming {
    id: u64,
    state: String,
    origin: Option<String>,
    #[serde(rename = "purchase.")]
    purchase: Option<Numbered>,
    quantity: Number,
    #[serde(rename = "unit.")]
    unit: Unit,
    #[serde(rename = "product.")]
    product: Option<Coded>,
    effective_date: Option<Day>,
}

/// A record with a number.
#[derive(Debug, Deserialize)]
struct Numbered {
    id: u64,
    number: Option<String>,
}

/// The `purchase.purchase` behind movements: an order, or the return of one.
#[derive(Debug, Deserialize)]
pub(super) struct Purchase {
    id: u64,
    number: Option<String>,
    origin: Option<String>,
    #[serde(rename = "lines.")]
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    id: u64,
    product: Option<u64>,
    quantity: Option<Number>,
    #[serde(rename = "moves.")]
    moves: Vec<Move>,
}

/// A `stock.move` of an order's line.
#[derive(Debug, Deserialize)]
struct Move {
    id: u64,
    state: String,
    quantity: Number,
    #[serde(rename = "unit.")]
    unit: Unit,
    #[serde(rename = "product.")]
    product: Option<Coded>,
    effective_date: Option<Day>,
    #[serde(rename = "from_location.")]
    from: Location,
    #[serde(rename = "to_location.")]
    to: Location,
    #[serde(rename = "shipment.")]
    shipment: Option<Slip>,
}

#[derive(Debug, Deserialize)]
struct Location {
    #[serde(rename = "type")]
    kind: String,
}

/// The shipment of a move, in or back.
#[derive(Debug, Deserialize)]
struct Slip {
    id: u64,
    number: Option<String>,
    reference: Option<String>,
    #[serde(rename = "warehouse.")]
    warehouse: Option<Coded>,
}

/// Where a receipt line stands in the list: shipment, order, line, move.
type Place = [u64; 4];

impl Record for Shipment {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Line {
    fn is_return(&self) -> bool {
        let value = self.quantity.as_ref().and_then(|it| it.exact().ok());
        value.is_some_and(|it| it < canonical::Exact::default())
    }
}

#[async_trait]
impl Receipts for Tryton {
    async fn get(&self, number: &ReceiptNumber) -> Result<Vec<Receipt>> {
        let shipments = self.shipments(&[json!(["number", "=", number.as_str()])], 1).await?;
        let receipts = self.receipts(&shipments)?;
        if receipts.is_empty() {
            return Err(Error::not_found("receipt", number));
        }
        Ok(receipts.into_iter().map(|(_, receipt)| receipt).collect())
    }

    async fn of_orders(&self, orders: &[PurchaseOrderNumber]) -> Result<Movements> {
        if orders.is_empty() {
            return Ok(Movements::default());
        }
        let company = self.client.session().await?.company.id;
        let domain = json!([
            ["company", "=", company],
            ["OR", ["number", "in", orders], ["origin.number", "in", orders, "purchase.purchase"],],
        ]);
        let search = Search { model: "purchase.purchase", domain, limit: None, fields: ORDER };
        let purchases: Vec<Purchase> = self.client.search(&search).await?;
        self.movements(&purchases, orders)
    }

    async fn list(
        &self,
        order: Option<&PurchaseOrderNumber>,
        request: &PageRequest,
    ) -> Result<Page<Receipt>> {
        let last: Place = after(NOUN, request)?;
        let [shipment, ..] = last;
        let mut domain = vec![json!(["id", ">=", shipment])];
        domain.extend(order.map(|it| json!(["moves.purchase.number", "=", it])));
        // the shipment of the cursor, and at least one line from each of the others
        let shipments = self.shipments(&domain, request.limit.saturating_add(2)).await?;
        let has_more = shipments.len() > usize::try_from(request.limit + 1).unwrap_or(usize::MAX);
        let end = shipments.last().map(|it| [it.id, u64::MAX, u64::MAX, u64::MAX]);
        let mut receipts = self.receipts(&shipments)?;
        receipts.retain(|(place, receipt)| {
            *place > last && order.is_none_or(|it| *it == receipt.purchase_order_number)
        });
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let next = match (receipts.get(limit), receipts.get(limit.saturating_sub(1))) {
            (Some(_), Some((place, _))) => Some(*place),
            _ if has_more => end,
            _ => None,
        };
        receipts.truncate(limit);
        let items = receipts.into_iter().map(|(_, receipt)| receipt).collect();
        Ok(Page { items, next_cursor: next.map(|it| cursor(NOUN, &it)) })
    }
}

impl Tryton {
    async fn shipments(&self, conditions: &[Value], limit: u32) -> Result<Vec<Shipment>> {
        let company = self.client.session().await?.company.id;
        let mut domain = vec![
            json!(["company", "=", company]),
            json!(["state", "in", ["received", "done"]]),
            json!(["moves.origin", "like", "purchase.line,%"]),
        ];
        domain.extend_from_slice(conditions);
        let model = "stock.shipment.in";
        let limit = Some(limit);
        let search = Search { model, domain: domain.into(), limit, fields: SHIPMENT };
        self.client.search(&search).await
    }

    /// The receipt lines of shipments, each with its place in the list, in order.
    pub(super) fn receipts(&self, shipments: &[Shipment]) -> Result<Vec<(Place, Receipt)>> {
        let done = |shipment: &'_ Shipment| -> Result<Vec<(Place, Receipt)>> {
            let moves = shipment.moves.iter().filter(|it| it.state == "done");
            moves.filter_map(|it| self.incoming(shipment, it).transpose()).collect()
        };
        let receipts: Result<Vec<_>> = shipments.iter().map(done).collect();
        let mut receipts: Vec<_> = receipts?.into_iter().flatten().collect();
        receipts.sort_by_key(|(place, _)| *place);
        Ok(receipts)
    }

    /// The receipt line that a move is, and its place; `None` where it fills no order.
    fn incoming(&self, shipment: &Shipment, it: &Incoming) -> Result<Option<(Place, Receipt)>> {
        let line = referenced(it.origin.as_deref(), "purchase.line");
        let Some((line, order)) = line.zip(it.purchase.as_ref()) else { return Ok(None) };
        let receipt = Receipt {
            lot_numbers: Vec::new(),
            serial_numbers: Vec::new(),
            expires_on: None,
            exchange_rate: None,
            pricing_quantity: None,
            number: identifier("shipment", shipment.id, shipment.number.as_deref())?,
            purchase_order_number: number_of(order.id, order.number.as_deref())?,
            purchase_order_line: line_number(line)?,
            item_id: item_id(it.product.as_ref())?,
            quantity: self.quantity(&it.quantity, Some(&it.unit))?,
            accepted: None,
            effective_at: noon(it.id, it.effective_date.as_ref())?,
            facility_id: facility_id(shipment.warehouse.as_ref())?,
            packing_slip: shipment.reference.clone(),
            reversal_of: None,
            external_ids: vec![tryton_id("move", it.id)],
        };
        Ok(Some(([shipment.id, order.id, line, it.id], receipt)))
    }

    /// What moved on `orders`: in on their own lines, back on their own lines or, as Tryton does
    /// it, on the negative lines of an order that has one of them as its origin. Such a line says
    /// the product only; it belongs to the first line of the order with that product.
    pub(super) fn movements(
        &self,
        purchases: &[Purchase],
        orders: &[PurchaseOrderNumber],
    ) -> Result<Movements> {
        let mut movements = Movements::default();
        let lines = purchases.iter().flat_map(|it| it.lines.iter().map(move |line| (it, line)));
        for (purchase, line) in lines {
            let Some((order, filled)) = purchase.filled(line, purchases)? else { continue };
            let done = line.moves.iter().filter(|it| it.state == "done");
            done.filter(|_| orders.contains(&order))
                .try_for_each(|it| self.movement(&mut movements, it, &order, filled))?;
        }
        movements.receipts.sort_by(|one, other| receipt_key(one).cmp(&receipt_key(other)));
        movements.returns.sort_by(|one, other| one.number.cmp(&other.number));
        Ok(movements)
    }

    fn movement(
        &self,
        movements: &mut Movements,
        it: &Move,
        order: &PurchaseOrderNumber,
        line: u32,
    ) -> Result<()> {
        let slip = it.shipment.as_ref();
        let number = match slip {
            Some(slip) => identifier("shipment", slip.id, slip.number.as_deref())?,
            // a move may be done on its own, without a shipment to number it
            None => identifier("move", it.id, Some(&format!("MOVE-{}", it.id)))?,
        };
        let purchase_order_number = order.clone();
        let quantity: Quantity = self.quantity(&it.quantity, Some(&it.unit))?;
        let effective_at = noon(it.id, it.effective_date.as_ref())?;
        let external_ids = vec![tryton_id("move", it.id)];
        match (it.from.kind.as_str(), it.to.kind.as_str()) {
            ("supplier", to) if to != "supplier" => movements.receipts.push(Receipt {
                lot_numbers: Vec::new(),
                serial_numbers: Vec::new(),
                expires_on: None,
                exchange_rate: None,
                pricing_quantity: None,
                number,
                purchase_order_number,
                purchase_order_line: line,
                item_id: item_id(it.product.as_ref())?,
                quantity,
                accepted: None,
                effective_at,
                facility_id: facility_id(slip.and_then(|it| it.warehouse.as_ref()))?,
                packing_slip: slip.and_then(|it| it.reference.clone()),
                reversal_of: None,
                external_ids,
            }),
            (_, "supplier") => movements.returns.push(Return {
                number,
                purchase_order_number,
                purchase_order_line: line,
                quantity,
                replace: false,
                effective_at,
                reason: String::new(),
                external_ids,
            }),
            _ => {}
        }
        Ok(())
    }
}

impl Purchase {
    /// The order and its line that the moves of `line` are about.
    fn filled(
        &self,
        line: &Line,
        purchases: &[Self],
    ) -> Result<Option<(PurchaseOrderNumber, u32)>> {
        if !line.is_return() {
            let number = number_of(self.id, self.number.as_deref())?;
            return Ok(Some((number, line_number(line.id)?)));
        }
        let source = referenced(self.origin.as_deref(), "purchase.purchase");
        let source = purchases.iter().find(|it| Some(it.id) == source);
        let Some((source, line)) = source.and_then(|it| Some((it, it.line_of(line.product)?)))
        else {
            return Ok(None);
        };
        Ok(Some((number_of(source.id, source.number.as_deref())?, line_number(line)?)))
    }

    fn line_of(&self, product: Option<u64>) -> Option<u64> {
        let mut lines = self.lines.iter().filter(|it| !it.is_return());
        lines.find(|it| it.product.is_some() && it.product == product).map(|it| it.id)
    }
}

fn receipt_key(it: &Receipt) -> (&ReceiptNumber, &PurchaseOrderNumber, u32) {
    (&it.number, &it.purchase_order_number, it.purchase_order_line)
}

fn number_of(id: u64, number: Option<&str>) -> Result<PurchaseOrderNumber> {
    identifier("purchase", id, number)
}

fn item_id(product: Option<&Coded>) -> Result<Option<ItemId>> {
    let product = product.filter(|it| it.code.is_some());
    product.map(|it| identifier("product", it.id, it.code.as_deref())).transpose()
}

fn facility_id(warehouse: Option<&Coded>) -> Result<Option<FacilityId>> {
    let warehouse = warehouse.filter(|it| it.code.is_some());
    warehouse.map(|it| identifier("warehouse", it.id, it.code.as_deref())).transpose()
}

fn noon(id: u64, day: Option<&Day>) -> Result<Timestamp> {
    let lacks = || Error::upstream(format!("Tryton's move {id} is done on no day"));
    let noon = day.ok_or_else(lacks)?.date()?.to_datetime(NOON).to_zoned(TimeZone::UTC);
    Ok(noon.map_err(|it| lacks().because(it))?.timestamp())
}
