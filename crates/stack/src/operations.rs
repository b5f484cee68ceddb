//! What the OpenAPI documents say about each operation: who may call it and whether it needs a key.
//!
//! The document is the policy. It is read once, at the start, and a gap in it stops the start.

use canonical::{Error, Principal, Result};
use http::Method;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use utoipa::openapi::OpenApi;

/// The header that carries an idempotency key.
pub const KEY_HEADER: &str = "idempotency-key";

/// How the documents call the signature of a webhook.
pub const WEBHOOK_SCHEME: &str = "webhook";

/// One operation of the three APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its id, the name of its handler.
    pub id: Arc<str>,
    /// Its method.
    pub method: Method,
    /// Its path as a template, as in `/system/v1/items/{id}`.
    pub path: String,
    /// The scopes it asks for: all of one of these sets.
    pub scopes: Vec<BTreeSet<String>>,
    /// Whether it takes an `Idempotency-Key`, and cannot do without.
    pub needs_key: bool,
    /// Whether a signed webhook is taken in the place of a token.
    pub takes_webhooks: bool,
}

impl Operation {
    /// Whether the principal holds all scopes of one of the sets.
    #[must_use]
    pub fn allows(&self, principal: &Principal) -> bool {
        self.scopes.iter().any(|it| it.is_subset(&principal.scopes))
    }
}

/// Every operation of the three APIs.
#[derive(Debug, Default)]
pub struct Table {
    paths: HashMap<String, Vec<Arc<Operation>>>,
}

impl Table {
    /// Reads the operations from the documents.
    ///
    /// # Errors
    /// `internal` naming the operation that has no id or no scope, or that is there twice.
    pub fn read(documents: &[OpenApi]) -> Result<Self> {
        let mut table = Self::default();
        let mut ids = BTreeSet::new();
        for document in documents {
            let document = serde_json::to_value(document)
                .map_err(|it| Error::internal("a document has no JSON form").because(it))?;
            for operation in operations(&document)? {
                table.add(operation, &mut ids)?;
            }
        }
        Ok(table)
    }

    fn add(&mut self, operation: Operation, ids: &mut BTreeSet<Arc<str>>) -> Result<()> {
        let Operation { id, path, method, .. } = &operation;
        if self.find(path, method).is_some() || !ids.insert(Arc::clone(id)) {
            return Err(Error::internal(format!("the operation {id} is there twice")));
        }
        self.paths.entry(path.clone()).or_default().push(Arc::new(operation));
        Ok(())
    }

    /// The operation of a path template and a method; `HEAD` is answered as `GET`.
    #[must_use]
    pub fn find(&self, path: &str, method: &Method) -> Option<Arc<Operation>> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.paths.get(path)?.iter().find(|it| it.method == method).cloned()
    }

    /// The methods that a path template answers, for `Allow`; empty where the path is unknown.
    #[must_use]
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let operations = self.paths.get(path).map(Vec::as_slice).unwrap_or_default();
        operations.iter().map(|it| it.method.as_str()).collect()
    }

    /// Every operation, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.paths.values().flatten()
    }

    /// Every scope that some operation asks for.
    #[must_use]
    pub fn scopes(&self) -> BTreeSet<&str> {
        self.iter().flat_map(|it| &it.scopes).flatten().map(String::as_str).collect()
    }
}

fn operations(document: &Value) -> Result<Vec<Operation>> {
    let empty = serde_json::Map::new();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap_or(&empty) {
        for (method, value) in item.as_object().unwrap_or(&empty) {
            if let Some(method) = method_of(method) {
                operations.push(operation(path, method, value, document)?);
            }
        }
    }
    Ok(operations)
}

fn operation(path: &str, method: Method, value: &Value, document: &Value) -> Result<Operation> {
    let name = format!("{method} {path}");
    let Some(id) = value["operationId"].as_str().filter(|it| !it.is_empty()) else {
        return Err(Error::internal(format!("{name} has no operation id")));
    };
    let security = value.get("security").unwrap_or(&document["security"]);
    let scopes = scopes(security);
    if scopes.is_empty() || scopes.iter().any(BTreeSet::is_empty) {
        return Err(Error::internal(format!("{name} ({id}) declares no scope")));
    }
    let needs_key = value["parameters"].as_array().is_some_and(|it| it.iter().any(is_key));
    let takes_webhooks = security.as_array().is_some_and(|it| it.iter().any(is_webhook));
    Ok(Operation {
        id: id.into(),
        method,
        path: path.to_owned(),
        scopes,
        needs_key,
        takes_webhooks,
    })
}

/// The sets of scopes of a list of security requirements; each entry of the list is an alternative.
fn scopes(security: &Value) -> Vec<BTreeSet<String>> {
    let requirement = |value: &Value| {
        let schemes: BTreeMap<String, Vec<String>> =
            serde_json::from_value(value.clone()).unwrap_or_default();
        schemes.into_values().flatten().filter(|it| !it.is_empty()).collect()
    };
    security.as_array().map(|it| it.iter().map(requirement).collect()).unwrap_or_default()
}

fn is_webhook(requirement: &Value) -> bool {
    requirement.get(WEBHOOK_SCHEME).is_some()
}

fn is_key(parameter: &Value) -> bool {
    parameter["in"] == "header"
        && parameter["required"] == true
        && parameter["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(KEY_HEADER))
}

fn method_of(name: &str) -> Option<Method> {
    let known = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    known.contains(&name).then(|| name.to_ascii_uppercase().parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(operation: &Value) -> Result<Table> {
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": "t", "version": "1" },
            "paths": { "/system/v1/items/{id}": { "get": operation } },
        });
        Table::read(&[serde_json::from_value(document).unwrap()])
    }

    #[test]
    fn an_operation_has_an_id_a_scope_and_is_found_by_its_path() {
        let table = read(&json!({
            "operationId": "get_item",
            "security": [{ "token": ["system.items.read"] }],
            "parameters": [{ "name": "Idempotency-Key", "in": "header", "required": true,
                             "schema": { "type": "string" } }],
            "responses": {},
        }))
        .unwrap();
        let found = table.find("/system/v1/items/{id}", &Method::HEAD).unwrap();
        assert_eq!((&*found.id, found.needs_key), ("get_item", true));
        assert!(table.find("/system/v1/items/{id}", &Method::PUT).is_none());
        assert_eq!(table.methods("/system/v1/items/{id}"), ["GET"]);
        assert_eq!(table.scopes(), BTreeSet::from(["system.items.read"]));
    }

    #[test]
    fn an_operation_without_a_scope_stops_the_start() {
        for security in
            [json!([]), json!([{}]), json!([{ "token": [] }]), json!([{ "token": [""] }])]
        {
            let operation =
                json!({ "operationId": "get_item", "security": security, "responses": {} });
            let error = read(&operation).unwrap_err();
            assert!(error.message().contains("GET /system/v1/items/{id}"), "{error}");
            assert!(error.message().contains("declares no scope"), "{error}");
        }
        assert!(read(&json!({ "operationId": "get_item", "responses": {} })).is_err());
    }

    #[test]
    fn an_operation_without_an_id_stops_the_start() {
        let operation = json!({ "security": [{ "token": ["a"] }], "responses": {} });
        assert!(read(&operation).unwrap_err().message().contains("has no operation id"));
    }
}
