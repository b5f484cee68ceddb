//! A second pair of eyes: Tryton asked directly over its own HTTP API, past the gateway.

use serde_json::{Value, json};

/// A session in one database.
pub(crate) struct Tryton {
    client: reqwest::Client,
    url: String,
    session: String,
    context: Value,
}

impl Tryton {
    /// Logs in to the database that keeps `what`: `orders`, `payables` or `all`.
    pub(crate) async fn login(what: &str) -> Self {
        let seeded = crate::seeded();
        let database = seeded["databases"][what].as_str().unwrap();
        let mut tryton = Self {
            client: reqwest::Client::new(),
            url: format!("{}/{database}/rpc/", seeded["base_url"].as_str().unwrap()),
            session: String::new(),
            context: json!({}),
        };
        let login = seeded["login"].as_str().unwrap();
        let secret = json!({ "password": seeded["password"] });
        let answer = tryton.call("common.db.login", json!([login, secret, "en"])).await;
        let token = format!("{login}:{}:{}", answer[0], answer[1].as_str().unwrap());
        tryton.session = {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(token)
        };
        tryton.context = tryton.call("model.res.user.get_preferences", json!([true, {}])).await;
        tryton
    }

    /// The supplier invoices under a supplier's number, with their lines.
    pub(crate) async fn invoices(&self, reference: &str) -> Vec<Value> {
        let domain = json!([["reference", "=", reference]]);
        let fields = json!([
            "number",
            "state",
            "type",
            "total_amount",
            "reference",
            "lines.quantity",
            "lines.unit_price",
            "lines.origin"
        ]);
        let arguments = json!([domain, 0, null, null, fields, self.context]);
        let found = self.call("model.account.invoice.search_read", arguments).await;
        found.as_array().unwrap().clone()
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let body = json!({ "id": 1, "method": method, "params": params });
        let mut request = self.client.post(&self.url).json(&body);
        if !self.session.is_empty() {
            request = request.header("Authorization", format!("Session {}", self.session));
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }
}

/// A decimal of Tryton's wire without zeros at its end.
pub(crate) fn decimal(value: &Value) -> &str {
    let text = value["decimal"].as_str().unwrap();
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}
