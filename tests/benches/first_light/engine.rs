//! The pure engine on one core: lines per second.

use process::matching::{Policy, evaluate};
use std::hint::black_box;
use std::time::{Duration, Instant};
use tests::binary::say;
use tests::workload;

pub(crate) fn measure(long: Duration) {
    say("match engine, one core, three-way with packaging, receipts and earlier claims");
    let policy = Policy::default_shipped().unwrap();
    for lines in [1, 10, 1_000] {
        let (invoice, facts) = workload::case(1, 1, lines);
        let result = evaluate(&invoice, &facts, &policy);
        workload::check(&result, &invoice);
        let (began, mut count) = (Instant::now(), 0_u64);
        while began.elapsed() < long {
            black_box(evaluate(black_box(&invoice), black_box(&facts), &policy));
            count += 1;
        }
        let took = began.elapsed().as_secs_f64();
        let all = count as f64 * f64::from(lines);
        say(&format!(
            "  {lines:>5} lines: {:>9.0} lines/s, {:>9.1} µs per invoice",
            all / took,
            took * 1e6 / count as f64
        ));
    }
    say("");
}
