//! The processes of a game, each of which may be killed and started again where it was.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tests::behind::Behind;
use tests::binary::{FREE, Running};
use tests::broker::Broker;
use tests::postgres::Postgres;
use tokio::task::block_in_place;
use tokio::time::sleep;

const GATEWAYS: usize = 3;

/// Who may be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Gateway,
    Database,
    Broker,
    BackEnd,
}

impl Victim {
    pub(crate) const ALL: [Self; 4] = [Self::Gateway, Self::Database, Self::Broker, Self::BackEnd];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Database => "PostgreSQL",
            Self::Broker => "NATS",
            Self::BackEnd => "back end",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Parts {
    // ok: fields drop in this order, so the gateways end before what they need
    pub(crate) gateways: Vec<Running>,
    homes: Vec<PathBuf>,
    pub(crate) behind: Behind,
    pub(crate) broker: Broker,
    pub(crate) database: Postgres,
    variables: Vec<(String, String)>,
    _folder: TempDir,
}

impl Parts {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (database, broker) = (Postgres::start().await, Broker::start(&[]).await);
        let behind = block_in_place(|| Behind::start(folder.path(), "demo"));
        let homes = (0..GATEWAYS).map(|it| folder.path().join(format!("gateway-{it}")));
        let homes: Vec<PathBuf> = homes.collect();
        homes.iter().for_each(|it| std::fs::create_dir(it).unwrap());
        let variables = variables(folder.path(), &database, &broker, &behind);
        let gateways = homes.iter().map(|it| gateway(FREE, it, &variables));
        let gateways = block_in_place(|| gateways.collect());
        Self { gateways, homes, behind, broker, database, variables, _folder: folder }
    }

    /// Kills, and starts again after a while; `which` says which of the gateways it is.
    pub(crate) async fn strike(&mut self, victim: Victim, which: usize, away: Duration) {
        match victim {
            Victim::Gateway => {
                self.gateways[which].kill();
                sleep(away).await;
                let address = self.gateways[which].base.rsplit('/').next().unwrap();
                let again = || gateway(address, &self.homes[which], &self.variables);
                self.gateways[which] = block_in_place(again);
            }
            Victim::Database => {
                self.database.kill();
                sleep(away).await;
                self.database.again().await;
            }
            Victim::Broker => {
                self.broker.kill();
                sleep(away).await;
                self.broker.again().await;
            }
            Victim::BackEnd => {
                self.behind.kill();
                sleep(away).await;
                block_in_place(|| self.behind.start_again());
            }
        }
        self.all_live();
    }

    /// Nobody ends by itself, whoever else was killed.
    pub(crate) fn all_live(&mut self) {
        for it in &mut self.gateways {
            assert!(!it.has_ended(), "a gateway ended by itself: {}", it.log());
        }
    }

    /// What every gateway said since it was started last.
    pub(crate) fn logs(&self) -> String {
        self.gateways.iter().map(Running::log).collect::<Vec<_>>().join("\n")
    }

    /// Asks the gateways to stop, and waits until they did.
    pub(crate) fn stop(&mut self) {
        self.gateways.iter().for_each(Running::terminate);
        for it in &mut self.gateways {
            assert!(it.wait().success(), "{}", it.log());
        }
    }
}

fn variables(
    folder: &Path,
    database: &Postgres,
    broker: &Broker,
    behind: &Behind,
) -> Vec<(String, String)> {
    let key = folder.join("sandbox.pk8").display().to_string();
    let mut variables = behind.variables();
    for (name, value) in [
        ("STORE", database.url()),
        ("RELAY__SERVERS", broker.servers()),
        // a token of one of them is good for all
        ("SANDBOX__KEY_FILE", key),
        ("INBOUND__LIMITS__DEFAULT__ALL__REQUESTS", "6000000".to_owned()),
        ("INBOUND__LIMITS__DEFAULT__ALL__BURST", "1000000".to_owned()),
        // what a dead one had leased is free after two of these
        ("PROCESS__POSTING__TIMEOUT_MS", "1000".to_owned()),
        ("PROCESS__FOLLOW__INTERVAL_MS", "200".to_owned()),
    ] {
        variables.push((format!("THREEWAY__{name}"), value));
    }
    variables
}

fn gateway(listen: &str, home: &Path, variables: &[(String, String)]) -> Running {
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let store = variables.iter().find(|(name, _)| *name == "THREEWAY__STORE").unwrap().1;
    Running::demo_at(listen, home, &["--store", store], &variables)
}
