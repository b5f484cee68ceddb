//! Cost centres: Tryton's analytic accounts that can be charged and have a code.

use super::client::{Record, Search, after, page};
use super::{Tryton, identifier, tryton_id};
use crate::CostCenters;
use async_trait::async_trait;
use canonical::{CostCenter, CostCenterId, CostCenterStatus, Error, Page, PageRequest, Result};
use serde::Deserialize;
use serde_json::{Value, json};

const NOUN: &str = "cost_centers";
const FIELDS: &[&str] = &["code", "name", "state", "parent.code", "parent.type"];

/// An `analytic_account.account`.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    id: u64,
    code: Option<String>,
    name: Option<String>,
    state: String,
    #[serde(rename = "parent.")]
    parent: Option<Parent>,
}

#[derive(Debug, Deserialize)]
struct Parent {
    id: u64,
    code: Option<String>,
    #[serde(rename = "type")]
    kind: String,
}

impl Record for Account {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Account {
    pub(super) fn cost_center(self) -> Result<CostCenter> {
        let id: CostCenterId = identifier("analytic account", self.id, self.code.as_deref())?;
        // the root is an axis of analysis, and no cost centre
        let parent = self.parent.filter(|it| it.kind != "root" && it.code.is_some());
        Ok(CostCenter {
            name: self.name.unwrap_or_else(|| id.to_string()),
            status: match self.state.as_str() {
                "opened" => CostCenterStatus::Open,
                _ => CostCenterStatus::Closed,
            },
            facility_id: None,
            parent_id: parent
                .map(|it| identifier("analytic account", it.id, it.code.as_deref()))
                .transpose()?,
            valid_from: None,
            valid_to: None,
            external_ids: vec![tryton_id("analytic_account", self.id)],
            id,
        })
    }
}

#[async_trait]
impl CostCenters for Tryton {
    async fn get(&self, id: &CostCenterId) -> Result<CostCenter> {
        let found = self.analytic_accounts(json!(["code", "=", id.as_str()]), 1).await?;
        let found = found.into_iter().next();
        found.ok_or_else(|| Error::not_found("cost center", id))?.cost_center()
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<CostCenter>> {
        let [last] = after(NOUN, request)?;
        let found = self.analytic_accounts(json!(["id", ">", last]), request.limit + 1).await?;
        page(NOUN, request, found, Account::cost_center)
    }
}

impl Tryton {
    async fn analytic_accounts(&self, condition: Value, limit: u32) -> Result<Vec<Account>> {
        let company = self.client.session().await?.company.id;
        let domain = json!([
            ["type", "in", ["normal", "distribution"]],
            ["code", "!=", null],
            ["company", "=", company],
            ["active", "in", [true, false]],
            condition,
        ]);
        let model = "analytic_account.account";
        let search = Search { model, domain, limit: Some(limit), fields: FIELDS };
        self.client.search(&search).await
    }
}
