//! How fast it is: the engine alone, submissions with a durable store, the cost of one read beside
//! a bare server in the same run, and the start.
//!
//! `cargo bench -p tests --bench first_light --profile dist` builds the binary with the same
//! profile and measures that one; `THREEWAY_BINARY` names another. `-- --quick` measures for less
//! long.
#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed, and says where"
)]

mod engine;
mod read;
mod start;
mod submit;
mod wire;

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tests::binary::{self, say};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let [what, file] = arguments.as_slice()
        && what == read::BARE
    {
        return runtime.block_on(read::serve_bare(Path::new(file)));
    }
    build();
    let is_quick = arguments.iter().any(|it| it == "--quick");
    let long = if is_quick { Duration::from_millis(500) } else { Duration::from_secs(5) };
    say(&format!("binary {}", binary::path().display()));
    say(&format!("{} processors\n", std::thread::available_parallelism().unwrap()));
    engine::measure(long);
    runtime.block_on(async {
        start::measure(if is_quick { 3 } else { 9 }).await;
        read::measure(long).await;
        submit::measure(long).await;
    });
}

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
