//! Facilities: Tryton's warehouses that have a code.

use super::client::{Record, Search, after, page};
use super::{Tryton, identifier, tryton_id};
use crate::Facilities;
use async_trait::async_trait;
use canonical::{Error, Facility, FacilityId, FacilityKind, Page, PageRequest, Result};
use serde::Deserialize;
use serde_json::{Value, json};

const NOUN: &str = "facilities";

/// A `stock.location` of type `warehouse`.
#[derive(Debug, Deserialize)]
pub(super) struct Warehouse {
    id: u64,
    code: Option<String>,
    name: Option<String>,
}

impl Record for Warehouse {
    fn id(&self) -> u64 {
        self.id
    }
}

#[async_trait]
impl Facilities for Tryton {
    async fn get(&self, id: &FacilityId) -> Result<Facility> {
        let found = self.warehouses(json!(["code", "=", id.as_str()]), 1).await?;
        let found = found.into_iter().next().ok_or_else(|| Error::not_found("facility", id))?;
        self.facility(found).await
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<Facility>> {
        let [last] = after(NOUN, request)?;
        let found = self.warehouses(json!(["id", ">", last]), request.limit + 1).await?;
        let place = self.place().await?;
        page(NOUN, request, found, |it| self.facility_at(it, &place))
    }
}

/// What all warehouses of a company have in common.
pub(super) struct Place {
    pub(super) legal_entity: String,
    pub(super) time_zone: String,
}

impl Tryton {
    async fn warehouses(&self, condition: Value, limit: u32) -> Result<Vec<Warehouse>> {
        let domain = json!([["type", "=", "warehouse"], ["code", "!=", null], condition]);
        let fields = &["code", "name"];
        let search = Search { model: "stock.location", domain, limit: Some(limit), fields };
        self.client.search(&search).await
    }

    async fn facility(&self, warehouse: Warehouse) -> Result<Facility> {
        let place = self.place().await?;
        self.facility_at(warehouse, &place)
    }

    async fn place(&self) -> Result<Place> {
        let company = &self.client.session().await?.company;
        let zone = self.options.time_zone.as_ref().or(company.timezone.as_ref());
        let entity = company.party.code.as_ref().or(company.party.name.as_ref());
        Ok(Place {
            legal_entity: entity.cloned().unwrap_or_else(|| company.id.to_string()),
            time_zone: zone.cloned().unwrap_or_else(|| "UTC".to_owned()),
        })
    }

    pub(super) fn facility_at(&self, warehouse: Warehouse, place: &Place) -> Result<Facility> {
        let id: FacilityId = identifier("warehouse", warehouse.id, warehouse.code.as_deref())?;
        let kind = self.options.facility_kinds.get(id.as_str()).copied();
        Ok(Facility {
            tax_exempt: false,
            name: warehouse.name.unwrap_or_else(|| id.to_string()),
            kind: kind.unwrap_or(FacilityKind::Acute),
            legal_entity: place.legal_entity.clone(),
            time_zone: place.time_zone.clone(),
            external_ids: vec![tryton_id("warehouse", warehouse.id)],
            id,
        })
    }
}
