//! A PostgreSQL server of a test's own: killed and started again as one in the field may be.
//! `tests/run` names the folder of its programs.

use crate::broker::until;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// The variable: the folder with `initdb` and `postgres`.
pub const PROGRAMS: &str = "THREEWAY_POSTGRES_PROGRAMS";

/// The server; it goes away with the test.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Postgres {
    /// A server with empty databases, which keeps what it acknowledged through a loss of power.
    ///
    /// # Panics
    /// Where it does not come up.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        if is_root() {
            let given = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(given.unwrap().success(), "the folder is given to its user");
        }
        let made = command("initdb", &folder)
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success(), "a cluster is made");
        let it = Self { child: spawn(port, &folder), port, folder };
        it.is_there().await;
        it
    }

    /// As a store is opened.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// Ends the server and every process of it at once, as `kill -9` does.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn kill(&mut self) {
        // ok: a child may end by itself when its parent is gone
        let mut kill = Command::new("kill");
        kill.arg("-9").args(self.processes()).stderr(Stdio::null()).status().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, over the same files.
    ///
    /// # Panics
    /// Where it does not come up.
    pub async fn again(&mut self) {
        self.child = spawn(self.port, &self.folder);
        self.is_there().await;
    }

    /// The numbers of the process that was started, and of those that it started.
    fn processes(&self) -> Vec<String> {
        let file = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        let parent = file.lines().next().unwrap();
        let listed = Command::new("ps").args(["-o", "pid=", "--ppid", parent]).output().unwrap();
        let children = String::from_utf8(listed.stdout).unwrap();
        [parent].into_iter().chain(children.split_whitespace()).map(str::to_owned).collect()
    }

    async fn is_there(&self) {
        let url = self.url();
        until("PostgreSQL answers", async || {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.ok()?;
            drop((client, connection));
            Some(())
        })
        .await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A program of it over a folder; it refuses to be run by root.
fn command(program: &str, folder: &TempDir) -> Command {
    let programs = std::env::var_os(PROGRAMS).expect("run this by `tests/run`");
    let path = PathBuf::from(programs).join(program);
    let mut command = Command::new("runuser");
    if is_root() {
        command.args(["-u", "postgres", "--"]).arg(path);
    } else {
        command = Command::new(path);
    }
    command.arg("-D").arg(folder.path().join("data")).current_dir(folder.path());
    command.stdin(Stdio::null());
    command
}

fn spawn(port: u16, folder: &TempDir) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let directory = folder.path().display();
    let mut command = command("postgres", folder);
    for setting in [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={directory}"),
        "max_connections=200".to_owned(),
        "fsync=on".to_owned(),
    ] {
        command.args(["-c", &setting]);
    }
    command.stdout(Stdio::null()).stderr(log).spawn().expect("the server starts")
}

/// Whether this test is run by root.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}
