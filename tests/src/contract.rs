//! The contracts as data: every operation of the three APIs.

use serde_json::Value;

/// One operation of a document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// In capitals.
    pub method: String,
    /// As a template.
    pub path: String,
    /// Its id.
    pub id: String,
    /// The scope it asks for; empty where it asks for none.
    pub scope: String,
    /// What the document says about it.
    pub value: Value,
}

impl Operation {
    /// The path with something plausible for each parameter.
    #[must_use]
    pub fn example_path(&self) -> String {
        let segments = self.path.split('/').map(|it| if it.starts_with('{') { "X-1" } else { it });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// The three documents with the layers' names.
///
/// # Panics
/// Where a document has no JSON form.
#[must_use]
pub fn documents() -> Vec<(&'static str, Value)> {
    let documents = gateway::contracts().map(|it| serde_json::to_value(it).expect("JSON"));
    ["system", "process", "consumption"].into_iter().zip(documents).collect()
}

/// Every operation of a document.
#[must_use]
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, value) in item.as_object().into_iter().flatten() {
            let scope = value.pointer("/security/0/token/0").and_then(Value::as_str);
            operations.push(Operation {
                method: method.to_ascii_uppercase(),
                path: path.clone(),
                id: value["operationId"].as_str().unwrap_or_default().to_owned(),
                scope: scope.unwrap_or_default().to_owned(),
                value: value.clone(),
            });
        }
    }
    operations
}

/// Every operation of the three APIs.
#[must_use]
pub fn all_operations() -> Vec<Operation> {
    documents().iter().flat_map(|(_layer, document)| operations(document)).collect()
}
