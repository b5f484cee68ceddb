//! Items: Tryton's product variants that have a code.

use super::client::wire::{Number, shortest};
use super::client::{Record, Search, after, page};
use super::{Coded, Tryton, identifier, tryton_id};
use crate::Items;
use async_trait::async_trait;
use canonical::{
    Error, Exact, ExternalId, Gtin, Item, ItemId, Packaging, Page, PageRequest, Result,
};
use serde::Deserialize;
use serde_json::{Value, json};

const NOUN: &str = "items";
const FIELDS: &[&str] = &[
    "code",
    "name",
    "default_uom.symbol",
    "default_uom.digits",
    "default_uom.factor",
    "default_uom.rate",
    "purchase_uom.symbol",
    "purchase_uom.digits",
    "purchase_uom.factor",
    "purchase_uom.rate",
    "identifiers.type",
    "identifiers.code",
    "template.product_suppliers.code",
    "template.product_suppliers.product",
    "template.product_suppliers.party.code",
];

/// A `product.product`.
#[derive(Debug, Deserialize)]
pub(super) struct Product {
    id: u64,
    code: Option<String>,
    name: Option<String>,
    #[serde(rename = "default_uom.")]
    base: Unit,
    #[serde(rename = "purchase_uom.")]
    bought_in: Option<Unit>,
    #[serde(rename = "identifiers.")]
    identifiers: Vec<Identifier>,
    #[serde(rename = "template.")]
    template: Template,
}

/// A `product.uom` with its conversion.
#[derive(Debug, Deserialize)]
pub(super) struct Unit {
    id: u64,
    symbol: String,
    digits: u32,
    factor: Number,
    rate: Number,
}

#[derive(Debug, Deserialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: String,
}

/// The `product.template` of a variant, as far as it is read.
#[derive(Debug, Deserialize)]
struct Template {
    #[serde(rename = "product_suppliers.")]
    offers: Vec<Offer>,
}

/// A `purchase.product_supplier`: what a supplier calls the product, of one variant or of all.
#[derive(Debug, Deserialize)]
pub(super) struct Offer {
    pub(super) code: Option<String>,
    pub(super) product: Option<u64>,
    #[serde(rename = "party.")]
    pub(super) party: Coded,
}

impl Record for Product {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Unit {
    /// How many base units of its category one of this is. Tryton keeps the conversion twice, as
    /// a factor and as its reciprocal, and one of them is often rounded: the one with fewer places
    /// is the exact one, and of two equal ones the one above one.
    fn in_base(&self) -> Result<Exact> {
        let (factor, rate) = (self.factor.exact()?, self.rate.exact()?);
        let zero = Exact::default();
        let one = Exact::from_integer(1.into());
        let by_factor = match self.factor.places().cmp(&self.rate.places()) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => factor >= one,
        };
        match by_factor {
            _ if factor <= zero || rate <= zero => {
                Err(Error::upstream(format!("Tryton's unit {} has no conversion", self.symbol)))
            }
            true => Ok(factor),
            false => Ok(one / rate),
        }
    }
}

#[async_trait]
impl Items for Tryton {
    async fn get(&self, id: &ItemId) -> Result<Item> {
        let found = self.products(json!(["code", "=", id.as_str()]), Some(2)).await?;
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(product), None) => self.item(product),
            (None, _) => Err(Error::not_found("item", id)),
            (Some(_), Some(_)) => {
                Err(Error::upstream(format!("several of Tryton's products have the code {id}")))
            }
        }
    }

    async fn get_many(&self, ids: &[ItemId]) -> Result<Vec<Item>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.products(json!(["code", "in", ids]), None).await?;
        let mut items: Vec<Item> =
            found.into_iter().map(|it| self.item(it)).collect::<Result<_>>()?;
        items.sort_by(|one, other| one.id.cmp(&other.id));
        if let Some([one, _]) = items.windows(2).find(|it| matches!(it, [a, b] if a.id == b.id)) {
            let message = format!("several of Tryton's products have the code {}", one.id);
            return Err(Error::upstream(message));
        }
        Ok(items)
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<Item>> {
        let [last] = after(NOUN, request)?;
        let found = self.products(json!(["id", ">", last]), Some(request.limit + 1)).await?;
        page(NOUN, request, found, |it| self.item(it))
    }
}

impl Tryton {
    async fn products(&self, condition: Value, limit: Option<u32>) -> Result<Vec<Product>> {
        let domain = json!([["code", "!=", null], ["active", "in", [true, false]], condition]);
        let search = Search { model: "product.product", domain, limit, fields: FIELDS };
        self.client.search(&search).await
    }

    pub(super) fn item(&self, product: Product) -> Result<Item> {
        let id: ItemId = identifier("product", product.id, product.code.as_deref())?;
        let mut external_ids = vec![tryton_id("product", product.id)];
        let own = |it: &&Offer| it.product.is_none_or(|variant| variant == product.id);
        for offer in product.template.offers.iter().filter(own) {
            if let (Some(key), Some(party)) = (&offer.code, &offer.party.code) {
                let (system, entity) = ("supplier".to_owned(), party.clone());
                external_ids.push(ExternalId { system, entity, key: key.clone() });
            }
        }
        let of_kind = |kind| product.identifiers.iter().find(|it| it.kind.as_deref() == Some(kind));
        Ok(Item {
            description: product.name.unwrap_or_default(),
            base_uom: self.uom(&product.base.symbol)?,
            indivisible: product.base.digits == 0,
            class: None,
            critical: false,
            lot_controlled: false,
            serial_controlled: false,
            minimum_shelf_days: None,
            gtin: of_kind("ean").and_then(|it| it.code.parse::<Gtin>().ok()),
            packaging: self.packaging(&product.base, product.bought_in.as_ref())?,
            manufacturer_part_number: of_kind("mpn").map(|it| it.code.clone()),
            external_ids,
            id,
        })
    }

    /// The unit that the product is bought in, in its base units, exactly.
    fn packaging(&self, base: &Unit, bought_in: Option<&Unit>) -> Result<Vec<Packaging>> {
        let Some(unit) = bought_in.filter(|it| it.id != base.id) else { return Ok(Vec::new()) };
        let ratio = unit.in_base()? / base.in_base()?;
        let numerator = i128::try_from(ratio.numer()).ok().and_then(|it| shortest(it, 0));
        let denominator = i128::try_from(ratio.denom()).ok().and_then(|it| shortest(it, 0));
        let (Some(numerator), Some(denominator)) = (numerator, denominator) else {
            tracing::warn!(unit = unit.symbol, "a conversion of Tryton's has too many digits");
            return Ok(Vec::new());
        };
        let uom = self.uom(&unit.symbol)?;
        Ok(vec![Packaging {
            uom,
            numerator,
            denominator,
            supplier_id: None,
            valid_from: None,
            valid_to: None,
            gtin: None,
        }])
    }
}
