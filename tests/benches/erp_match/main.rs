//! The same invoice matched by a real ERP and by us, side by side in one run: Tryton 8.0 in its own
//! process, with its own link between invoice lines and stock moves, and the engine alone and a
//! whole submission over HTTP.
//!
//! `cargo bench -p tests --bench erp_match --profile dist`; `-- --quick` repeats less often. It
//! installs Tryton where `tests/run tryton` does. What each side does and does not do is in
//! `tests/README.md`. On a machine that does other things only the processor's time compares.
#![expect(
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed, and says where"
)]

mod ours;
mod theirs;

use std::path::Path;
use std::process::Command;
use tests::binary::say;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lines of one invoice.
const SIZES: [usize; 3] = [1, 10, 100];

/// Milliseconds of one piece of work: what passed, and what the processor worked for it.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: f64,
    cpu: f64,
}

impl Took {
    /// The median of each.
    fn median(times: &[Self]) -> Self {
        let middle = |of: fn(&Self) -> f64| {
            let mut values: Vec<f64> = times.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Self { wall: middle(|it| it.wall), cpu: middle(|it| it.cpu) }
    }

    fn and(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

fn main() {
    let is_quick = std::env::args().any(|it| it == "--quick");
    let repeats = if is_quick { 3 } else { 15 };
    build();
    let database = theirs::Database::ready();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    say("the same invoice, ordered, received in full and billed at the order's price; medians\n");
    for lines in SIZES {
        let native = database.measure(lines, repeats);
        let engine = ours::engine(lines, repeats);
        let submitted = runtime.block_on(ours::submitted(lines, repeats.max(10)));
        table(lines, &native, engine, submitted);
    }
}

fn table(lines: usize, native: &theirs::Native, engine: Took, submitted: Took) {
    let booked = native.matched.and(native.posted);
    say(&format!("{lines} lines                                  wall ms    processor ms"));
    for (what, took) in [
        ("Tryton: match (make, tie, validate)", native.matched),
        ("Tryton: match and post", booked),
        ("Threeway: engine alone", engine),
        ("Threeway: POST, stored and answered", submitted),
    ] {
        say(&format!("  {what:<36} {:>10.3} {:>14.3}", took.wall, took.cpu));
    }
    let clocks: [(&str, Clock); 2] =
        [("passed", |it| it.wall), ("the processor worked", |it| it.cpu)];
    for (clock, of) in clocks {
        let ratio = |one: &Took, other: &Took| format!("{:.0}", of(one) / of(other));
        say(&format!(
            "  by what {clock}: Tryton's match is {} engines or {} submissions, \
             with its posting {}",
            ratio(&native.matched, &engine),
            ratio(&native.matched, &submitted),
            ratio(&booked, &submitted),
        ));
    }
    say("");
}

/// What a clock says of the time something took.
type Clock = fn(&Took) -> f64;

/// Builds the binary with the profile that this was built with.
fn build() {
    let (Some(cargo), None) = (std::env::var_os("CARGO"), std::env::var_os("THREEWAY_BINARY"))
    else {
        return;
    };
    let own = std::env::current_exe().unwrap();
    let folder = own.ancestors().nth(2).and_then(Path::file_name).unwrap().to_str().unwrap();
    let profile = if folder == "debug" { "dev" } else { folder };
    let build = ["build", "--package", "gateway", "--profile", profile];
    let built = Command::new(cargo).args(build).current_dir(tests::top()).status();
    assert!(built.unwrap().success(), "the binary was not built");
}
