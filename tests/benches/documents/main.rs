//! How fast documents are read, on one core: X12 810 of many sizes and JSON, beside the least that
//! any reader of the same bytes must do: finding each delimiter, in the same run.
//!
//! `cargo bench -p tests --bench documents --profile dist`; `-- --quick` measures for less long.
#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on has failed, and says where"
)]

use process::documents::{Format, Mappings, Parsed, each};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};
use tests::binary::say;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let is_quick = std::env::args().any(|it| it == "--quick");
    let long = if is_quick { Duration::from_millis(500) } else { Duration::from_secs(5) };
    say("reading 810s, MB/s on one core; scan: memchr over every delimiter; split: std's split\n");
    for (sets, lines) in [(1, 10), (1_000, 4), (100, 40), (1, 10_000)] {
        let text = interchange(sets, lines);
        let read = rate(long, text.len(), || read(&text));
        let scan = rate(long, text.len(), || scan(text.as_bytes()));
        let split = rate(long, text.len(), || split(&text));
        say(&format!(
            "{sets:>5} invoices of {lines:>6} lines, {:>8} bytes: read {read:>6.0}, scan \
             {scan:>6.0} ({:>4.1} times), split {split:>6.0} ({:>4.1} times)",
            text.len(),
            scan / read,
            split / read
        ));
    }
}

/// Reads the whole interchange; gives what it was worth, so that nothing is left out.
fn read(text: &str) -> usize {
    let mut lines = 0;
    let mappings = Mappings::shipped().unwrap();
    each(Format::X12, text.as_bytes(), mappings, &mut |document| match document.outcome.unwrap() {
        Parsed::Invoice(it) => lines += black_box(it).invoice.lines.len(),
        other => panic_of(&other),
    })
    .unwrap();
    lines
}

#[expect(clippy::panic, reason = "a measurement of something else is none")]
fn panic_of(other: &Parsed) {
    panic!("{} instead of an invoice", other.kind());
}

fn scan(bytes: &[u8]) -> usize {
    memchr::memchr2_iter(b'*', b'~', bytes).fold(0, |sum, at| sum ^ at)
}

fn split(text: &str) -> usize {
    text.split('~').map(|segment| segment.split('*').map(str::len).sum::<usize>()).sum()
}

/// Megabytes per second.
fn rate(long: Duration, bytes: usize, mut work: impl FnMut() -> usize) -> f64 {
    black_box(work());
    let (start, busy) = (Instant::now(), on_processor());
    let mut runs = 0u32;
    while start.elapsed() < long {
        black_box(work());
        runs += 1;
    }
    let spent = match (busy, on_processor()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed(),
    };
    f64::from(runs) * bytes as f64 / spent.as_secs_f64() / 1e6
}

/// How long this thread ran, where the system says: what others do on the same machine is no cost
/// of ours.
fn on_processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// An interchange of invoices as distributors send them: item and manufacturer numbers, a
/// description, and an amount for each line.
fn interchange(sets: usize, lines: usize) -> String {
    let mut text = String::from(
        "ISA*00*          *00*          *01*081234567      *ZZ*LAKESIDEHLTH   *260504*0915*U*00401*\
         000000417*0*P*>~GS*IN*081234567*LAKESIDEHLTH*20260504*0915*417*X*004010~",
    );
    for set in 1..=sets {
        write!(
            text,
            "ST*810*{set:04}~BIG*20260504*INV-{set}*20260420*PO-{set}***DI~CUR*SE*USD~REF*IA*4471~\
             N1*SE*MedSurg Supply Co*92*SUP-1~N3*12 Harbor Rd~N4*Dayton*OH*45402*US~\
             N1*ST*Lakeside Hospital*92*LAKESIDE~ITD*01*3*****30~DTM*011*20260502~"
        )
        .unwrap();
        let mut total = 0;
        for line in 1..=lines {
            let (quantity, cents) = (line % 97 + 1, line % 9_973 + 5);
            total += quantity * cents;
            write!(
                text,
                "IT1*{line}*{quantity}*CA*{}.{:02}**BP*ITEM-{line}*VC*MS-{line}*UK*00614141007349*\
                 PL*{line}~PID*F****Glove, exam, nitrile, powder free, size {line}~",
                cents / 100,
                cents % 100
            )
            .unwrap();
        }
        write!(text, "TDS*{total}~CTT*{lines}~SE*{}*{set:04}~", lines * 2 + 13).unwrap();
    }
    write!(text, "GE*{sets}*417~IEA*1*000000417~").unwrap();
    text
}
