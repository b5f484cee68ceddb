//! Tryton, timed inside its own Python process over a copy of the database that its tests use.

use crate::Took;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What Tryton took.
pub(crate) struct Native {
    /// To make the invoice of what was received, tie it to the moves and validate it.
    pub(crate) matched: Took,
    /// To post it, with the tasks that this leaves behind.
    pub(crate) posted: Took,
}

/// Of every repeat what passed and what the processor worked, in milliseconds.
#[derive(Deserialize)]
struct Times {
    #[serde(rename = "match")]
    matched: Vec<[f64; 2]>,
    post: Vec<[f64; 2]>,
}

/// A seeded database of its own.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    /// Installs and seeds Tryton where that was not done before.
    pub(crate) fn ready() -> Self {
        let setup = Command::new(tests::top().join("tests/tryton/setup")).output().unwrap();
        let said = String::from_utf8_lossy(&setup.stderr);
        assert!(setup.status.success(), "Tryton was not set up: {said}");
        let seeded = PathBuf::from(String::from_utf8(setup.stdout).unwrap().trim());
        // below the target folder: a temporary folder may be in memory
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::copy(seeded.join("erp.sqlite"), folder.path().join("erp.sqlite")).unwrap();
        Self { folder }
    }

    pub(crate) fn measure(&self, lines: usize, repeats: usize) -> Native {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/erp_match/native.py");
        let python = tests::top().join(".tools/tryton/venv/bin/python");
        let output = Command::new(python)
            .args(["-W", "ignore"])
            .arg(script)
            .arg(self.folder.path())
            .args(["erp", &lines.to_string(), &repeats.to_string()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "Tryton did not match: {said}");
        let times: Times = serde_json::from_slice(&output.stdout).unwrap();
        let median = |times: &[[f64; 2]]| {
            let took = times.iter().map(|it| Took { wall: it[0], cpu: it[1] });
            Took::median(&took.collect::<Vec<_>>())
        };
        Native { matched: median(&times.matched), posted: median(&times.post) }
    }
}
