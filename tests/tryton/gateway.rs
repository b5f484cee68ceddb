//! The real binary in front of Tryton, one per test, with a store of its own.

use serde_json::Value;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(40);

/// A running gateway.
pub(crate) struct Gateway {
    child: Child,
    client: reqwest::Client,
    url: String,
    admin: String,
    token: String,
    _folder: TempDir,
}

/// An answer to a submission.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) replayed: Option<String>,
    pub(crate) body: Value,
}

fn binary() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/debug/threeway");
    std::env::var_os("THREEWAY_BINARY").map_or(built, PathBuf::from)
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn config() -> String {
    let seeded = crate::seeded();
    let text = |key: &str| seeded[key].as_str().unwrap().to_owned();
    let database = |key: &str| seeded["databases"][key].as_str().unwrap().to_owned();
    let backend = |name: &str, database: &str, more: &str| {
        format!(
            "[backends.{name}]\nkind = \"tryton\"\nbase_url = \"{}\"\ndatabase = \"{database}\"\n\
             login = \"{}\"\npassword = \"{}\"\ndefault_expense_account = \"{}\"\n\
             supplier_category = \"{}\"\n{more}\n",
            text("base_url"),
            text("login"),
            text("password"),
            text("expense_account"),
            text("supplier_category"),
        )
    };
    let procurement = backend("procurement", &database("orders"), "");
    let finance = backend("finance", &database("payables"), "link_orders = false");
    format!(
        "{procurement}{finance}\
         [system]\nsuppliers = \"finance\"\nitems = \"procurement\"\nfacilities = \"procurement\"\n\
         cost_centers = \"finance\"\npurchase_orders = \"procurement\"\n\
         receipts = \"procurement\"\npayables = \"finance\"\n\
         [process.posting]\nbackoff_ms = 200\nbackoff_max_ms = 1000\n\
         [sandbox]\nenabled = true\n"
    )
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("threeway.toml"), config()).unwrap();
        let (listen, admin) = (free(), free());
        let child = Command::new(binary())
            .args(["serve", "--listen", &listen, "--admin-listen", &admin, "--config"])
            .arg(folder.path())
            .arg("--store")
            .arg(format!("sqlite:{}", folder.path().join("store.sqlite").display()))
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let token = Command::new(binary()).args(["token", "--role", "admin"]).output().unwrap();
        assert!(token.status.success(), "{token:?}");
        let gateway = Self {
            child,
            client: reqwest::Client::new(),
            url: format!("http://{listen}"),
            admin: format!("http://{admin}"),
            token: String::from_utf8(token.stdout).unwrap().trim().to_owned(),
            _folder: folder,
        };
        let begun = Instant::now();
        while gateway.ready().await.is_none() {
            assert!(begun.elapsed() < PATIENCE, "the gateway does not come up");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        gateway
    }

    async fn ready(&self) -> Option<Value> {
        let url = format!("{}/health/ready", self.admin);
        self.client.get(url).send().await.ok()?.json().await.ok()
    }

    pub(crate) async fn submit(&self, key: &str, media_type: &str, document: &str) -> Answer {
        let answer = self
            .client
            .post(format!("{}/process/v1/invoices", self.url))
            .bearer_auth(&self.token)
            .header("Idempotency-Key", key)
            .header("Content-Type", media_type)
            .body(document.to_owned())
            .send()
            .await
            .unwrap();
        let header =
            |name: &str| answer.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
        Answer {
            status: answer.status().as_u16(),
            retry_after: header("retry-after"),
            replayed: header("idempotency-replayed"),
            body: answer.json().await.unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.url);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap()
    }

    /// The invoice, once its booking has ended one way or the other.
    pub(crate) async fn booked(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            let record = self.get(&format!("/process/v1/invoices/{id}")).await;
            let status = record["erp_document"]["status"].as_str().unwrap_or_default();
            if matches!(status, "posted" | "rejected") {
                return record;
            }
            assert!(begun.elapsed() < PATIENCE, "not booked: {record:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until no work is left.
    pub(crate) async fn is_idle(&self) {
        let begun = Instant::now();
        while self.ready().await.is_none_or(|it| it["work"] != Value::Array(Vec::new())) {
            assert!(begun.elapsed() < PATIENCE, "there is work left");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
