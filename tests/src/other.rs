//! A gateway behind a gateway: the other side, and what makes a gateway keep every noun there.

use crate::TestGateway;
use canonical::Role;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const DAY: Duration = Duration::from_secs(86_400);
const NOUNS: [&str; 17] = [
    "SUPPLIERS",
    "ITEMS",
    "FACILITIES",
    "COST_CENTERS",
    "PURCHASE_ORDERS",
    "RECEIPTS",
    "PAYABLES",
    "CONTRACTS",
    "USAGES",
    "RATES",
    "RECALLS",
    "BALANCES",
    "PERIODS",
    "ORDERING",
    "PURCHASING",
    "RECEIVING",
    "PAYING",
];

/// The other side: a whole gateway on a port.
#[derive(Debug)]
pub struct Other {
    /// It.
    pub gateway: TestGateway,
    /// Where it listens, as in `http://127.0.0.1:8080`.
    pub url: String,
    folder: TempDir,
    serving: JoinSet<()>,
}

impl Other {
    /// With the demo's data.
    pub async fn start() -> Self {
        Self::over(TestGateway::start().await).await
    }

    /// This one, on a free port.
    ///
    /// # Panics
    /// Where there is no port.
    pub async fn over(gateway: TestGateway) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = ["http", "://", &listener.local_addr().unwrap().to_string()].concat();
        let router = gateway.parts().public.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let folder = tempfile::tempdir().unwrap();
        let token = gateway.token(Role::Admin, DAY);
        fs::write(folder.path().join("token"), token).unwrap();
        Self { gateway, url, folder, serving }
    }

    /// The file with the token that it takes.
    #[must_use]
    pub fn token_file(&self) -> String {
        self.folder.path().join("token").display().to_string()
    }

    /// It listens no more.
    pub async fn stop(&mut self) {
        self.serving.shutdown().await;
    }

    /// A gateway that keeps every noun there, reached at `url`, with more variables.
    pub async fn followed(&self, url: &str, more: &[(&str, &str)]) -> TestGateway {
        let variables = variables(url, &self.token_file());
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        TestGateway::with(&[&variables[..], more].concat()).await
    }
}

/// What makes a gateway keep every noun behind another one, by its URL and the file with the token
/// that it takes.
#[must_use]
pub fn variables(url: &str, token_file: &str) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = NOUNS
        .iter()
        .map(|noun| (format!("THREEWAY__SYSTEM__{noun}"), "other".to_owned()))
        .collect();
    for (key, value) in [
        ("KIND", "threeway"),
        ("URL", url),
        ("TOKEN_FILE", token_file),
        // in a test nobody waits for a busy machine
        ("OUTBOUND__TIMEOUT_MS", "30000"),
    ] {
        variables.push((format!("THREEWAY__BACKENDS__OTHER__{key}"), value.to_owned()));
    }
    variables
}
