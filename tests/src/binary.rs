//! The real binary, started as a user would start it, and ended with the test.

use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Takes any free port.
pub const FREE: &str = "127.0.0.1:0";

/// The binary under test: what `tests/run` built, else the one beside this test.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn path() -> PathBuf {
    let named = env::var_os("THREEWAY_BINARY").map(PathBuf::from);
    let path = named.unwrap_or_else(|| {
        let own = env::current_exe().expect("this test is a file");
        let folder = own.ancestors().nth(2).expect("it is in target/PROFILE/deps");
        folder.join("threeway")
    });
    assert!(path.exists(), "{}: build it with `cargo build`", path.display());
    path
}

/// The binary, not yet started, keeping what it keeps for a user below `home`. Nothing that the
/// caller's environment says to a gateway is passed on.
#[must_use]
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(path());
    for (name, _value) in env::vars_os() {
        if name.to_string_lossy().starts_with("THREEWAY_") {
            command.env_remove(name);
        }
    }
    command.env("XDG_STATE_HOME", home).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// What a command said before it ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// Runs the binary to its end.
///
/// # Panics
/// Where a signal ended it.
#[must_use]
pub fn run(home: &Path, arguments: &[&str]) -> Said {
    let output = command(home).args(arguments).output().expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let code = output.status.code().unwrap_or_else(|| panic!("{}: {err}", output.status));
    Said { code, out, err }
}

/// A gateway that serves; killed when this goes.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
    /// The public listener, as in `http://127.0.0.1:8080`.
    pub base: String,
    /// The admin listener.
    pub admin: String,
    /// What it printed before it served; nothing where it is not the demo.
    pub welcome: String,
    /// The tokens it printed, by role.
    pub tokens: BTreeMap<String, String>,
}

impl Running {
    /// `threeway demo` on free ports, with more arguments and environment.
    ///
    /// # Panics
    /// Where it ends before it serves.
    #[must_use]
    pub fn demo(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::demo_at(FREE, home, arguments, environment)
    }

    /// The same, with its public listener at an address.
    ///
    /// # Panics
    /// Where it ends before it serves.
    #[must_use]
    pub fn demo_at(
        listen: &str,
        home: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = command(home);
        command.args(["demo", "--listen", listen, "--admin-listen", FREE]).args(arguments);
        command.envs(environment.iter().copied()).stdout(Stdio::piped());
        let mut it = Self::spawn(command, home);
        let mut lines = BufReader::new(it.child.stdout.take().expect("a pipe")).lines();
        while !it.welcome.contains("Stop with") {
            let Some(Ok(line)) = lines.next() else { it.never_served() };
            it.welcome += &(line + "\n");
        }
        let said = |what: &str| {
            let line = it.welcome.lines().find_map(|it| it.trim().strip_prefix(what));
            line.unwrap_or_else(|| panic!("no {what}: {}", it.welcome)).trim().to_owned()
        };
        it.base = said("base URL");
        it.admin = said("health").replace("/health/ready", "");
        it.tokens = tokens(&it.welcome);
        it
    }

    /// `threeway serve` on free ports, with more arguments and environment.
    ///
    /// # Panics
    /// Where it ends before it serves.
    #[must_use]
    pub fn serve(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(home);
        command.args(["serve", "--listen", FREE, "--admin-listen", FREE]).args(arguments);
        command.envs(environment.iter().copied()).env("THREEWAY__LOG__FORMAT", "json");
        let mut it = Self::spawn(command, home);
        let mut log = BufReader::new(File::open(&it.log).expect("the log"));
        let mut line = String::new();
        while !line.ends_with('\n') || message(&line) != "serving" {
            if line.ends_with('\n') {
                line.clear();
            }
            let is_over = it.child.try_wait().expect("a child of ours").is_some();
            if log.read_line(&mut line).expect("the log") == 0 && is_over {
                it.never_served();
            }
            std::thread::yield_now();
        }
        let address = |name: &str| ["http", "://", &field(&line, name)].concat();
        (it.base, it.admin) = (address("public"), address("admin"));
        it
    }

    fn spawn(mut command: Command, home: &Path) -> Self {
        let log = home.join("threeway.log");
        let file = File::options().create(true).append(true).open(&log).expect("the log");
        // what an earlier one said is not what this one says
        file.set_len(0).expect("the log");
        let child = command.stderr(file).spawn().expect("the binary starts");
        let (base, admin, welcome) = (String::new(), String::new(), String::new());
        Self { child, log, base, admin, welcome, tokens: BTreeMap::new() }
    }

    fn never_served(&mut self) -> ! {
        let status = self.child.wait();
        panic!("it never served ({status:?}): {}", self.log())
    }

    /// What it wrote to its standard error so far.
    #[must_use]
    pub fn log(&self) -> String {
        let mut text = String::new();
        let read = File::open(&self.log).and_then(|mut it| it.read_to_string(&mut text));
        read.map_or_else(|error| error.to_string(), |_length| text)
    }

    /// The number of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The token printed for a role.
    ///
    /// # Panics
    /// Where none was.
    #[must_use]
    pub fn token(&self, role: &str) -> &str {
        self.tokens.get(role).unwrap_or_else(|| panic!("no token of {role}: {}", self.welcome))
    }

    /// Ends it at once, as `kill -9` does: it is told nothing.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child of ours");
        self.child.wait().expect("a child of ours");
    }

    /// Asks it to stop, as `systemctl stop` does, and does not wait.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn terminate(&self) {
        let ask = format!("kill -TERM {}", self.pid());
        let asked = Command::new("sh").args(["-c", &ask]).status().expect("a shell");
        assert!(asked.success(), "{ask}");
    }

    /// Whether it ended, by itself or because it was killed.
    ///
    /// # Panics
    /// Where it is no child of ours.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_some()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// Where it is no child of ours.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("a child of ours")
    }

    /// Its resident memory, in kilobytes.
    ///
    /// # Panics
    /// Where the system does not tell.
    #[must_use]
    pub fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("the process is there");
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let number = line.and_then(|it| it.split_whitespace().next());
        number.and_then(|it| it.parse().ok()).expect("VmRSS in kB")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // ok: it may have ended by itself
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A field of a line of the log, as JSON.
fn field(line: &str, name: &str) -> String {
    let line: Value = serde_json::from_str(line).unwrap_or_default();
    line["fields"][name].as_str().unwrap_or_default().to_owned()
}

fn message(line: &str) -> String {
    field(line, "message")
}

fn tokens(welcome: &str) -> BTreeMap<String, String> {
    let after = welcome.split("Bearer tokens").nth(1).unwrap_or_default();
    let rows = after.lines().skip(1).filter_map(|it| it.trim().split_once(": "));
    rows.map(|(who, token)| {
        let role = who.split(' ').next().unwrap_or_default();
        (role.to_owned(), token.to_owned())
    })
    .collect()
}

/// Says something at once, also where the output of tests is kept back.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // ok: a test that cannot be heard still has its result
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}
