//! How many lines the pure engine matches in a second on one core: the demo's documents with the
//! facts that their decisions rest on, invoices of 1 to 10,000 lines, and beside them, in the same
//! run, a bare loop that does nothing but the exact arithmetic of the same lines.
//!
//! `cargo bench -p tests --bench match_engine --profile dist`; `-- --quick` measures for less long.
//! Time is that of the thread on the processor, where the system tells it, so that what else runs
//! takes nothing away. Every answer is whole: all checks, variances, limits and allocations. Each
//! size goes through the same ten thousand lines, cut into invoices of their own, since the next
//! invoice is never one that is still in the cache.
#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed, and says where"
)]

mod bare;

use canonical::Invoice;
use process::matching::{Facts, Policy, evaluate};
use std::hint::black_box;
use std::time::{Duration, Instant};
use store::RunWindow;
use tests::binary::say;
use tests::{TestGateway, demo, workload};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LINES: u32 = 10_000;

type Case = (Invoice, Facts);

fn main() {
    let is_quick = std::env::args().any(|it| it == "--quick");
    let long = Duration::from_millis(if is_quick { 300 } else { 3_000 });
    let policy = Policy::default_shipped().unwrap();
    say("lines matched on one core");
    let demo = tokio::runtime::Runtime::new().unwrap().block_on(demo_mix());
    let per_line = measure(&demo, long, |it| drop(black_box(evaluate(&it.0, &it.1, &policy))));
    let lines = lines_of(&demo);
    show(&format!("demo, {} documents", demo.len()), per_line);
    say(&format!("  ({:.2} lines per document)", lines as f64 / demo.len() as f64));
    drop(demo);

    let mut costs = Vec::new();
    let mut bare = f64::MAX;
    for size in [1, 10, 100, 1_000, LINES] {
        let cases: Vec<Case> = (0..LINES / size)
            .map(|number| workload::case(number, number * size + 1, size))
            .collect();
        for (invoice, facts) in &cases {
            workload::check(&evaluate(invoice, facts, &policy), invoice);
        }
        let cost = measure(&cases, long, |it| drop(black_box(evaluate(&it.0, &it.1, &policy))));
        show(&format!("{size} per invoice"), cost);
        bare = bare.min(measure(&cases, long / 4, |it| {
            black_box(bare::lines(black_box(&it.0), black_box(&it.1)));
        }));
        costs.push(cost);
    }
    show("arithmetic alone", bare);
    let slowest = costs.iter().copied().fold(f64::MIN, f64::max);
    let fastest = costs.iter().copied().fold(f64::MAX, f64::min);
    say(&format!(
        "cost per line, the dearest size to the cheapest: {:.2} (at most 1.3)",
        slowest / fastest
    ));
    say(&format!("the whole answer to the arithmetic alone: {:.1}", fastest / bare));
}

fn show(what: &str, per_line: f64) {
    say(&format!("  {what:>22}: {:>10.0} lines/s {:>8.1} ns per line", 1e9 / per_line, per_line));
}

fn lines_of(cases: &[Case]) -> usize {
    cases.iter().map(|it| it.0.lines.len()).sum()
}

/// Nanoseconds per line: the median of many rounds.
fn measure(cases: &[Case], long: Duration, each: impl Fn(&Case)) -> f64 {
    const ROUNDS: u32 = 25;
    let lines = lines_of(cases);
    let round = |at_least: Duration| {
        let (began, mut count) = (clock(), 0);
        loop {
            // reading the clock must not show in what is measured
            for _ in 0..(LINES as usize / lines).max(1) {
                cases.iter().for_each(&each);
                count += 1;
            }
            let took = clock() - began;
            if took >= at_least {
                return took.as_secs_f64() * 1e9 / (count * lines) as f64;
            }
        }
    };
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| round(long / ROUNDS)).collect();
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied().unwrap()
}

/// How long this thread was on a processor, else how late it is.
fn clock() -> Duration {
    static BEGUN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|it| it.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

/// The demo's documents and the facts that were gathered for them from the memory back end, as the
/// store keeps them for a replay.
async fn demo_mix() -> Vec<Case> {
    let gateway = TestGateway::start().await;
    for invoice in demo::invoices() {
        let answer = gateway.ap().post(tests::INVOICES, &invoice.request).await;
        assert!(answer.status < 300, "{}: {}", invoice.name, answer.words());
    }
    let to = gateway.clock().handle()() + Duration::from_secs(3_600);
    let window = RunWindow { from: None, to, supplier_id: None, facility_id: None };
    let runs = gateway.parts().store.runs(&window, None, 1_000).await.unwrap();
    let case = |it: &store::StoredRun| -> Case {
        let invoice = serde_json::from_str(&it.invoice_json).unwrap();
        (invoice, serde_json::from_str(&it.facts_json).unwrap())
    };
    let cases: Vec<Case> = runs.iter().map(case).collect();
    assert!(cases.len() >= demo::invoices().len());
    cases
}
