//! What came out, as tables for people: `target/bpi2019.md`.

use super::log::{Flow, What};
use super::replay::{Billed, Clearing, Replay, State, euros, outcome};
use super::{codes, is_held, waits_for_goods};
use canonical::Outcome;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Counts by flow; a row of the table each.
#[derive(Debug, Default)]
pub(super) struct Report {
    counts: BTreeMap<(Flow, &'static str), usize>,
    /// By flow, moment and reasons.
    reasons: BTreeMap<(Flow, &'static str, String), usize>,
    held: Vec<String>,
    asked: usize,
}

/// The rows of the table of outcomes.
const ROWS: [&str; 20] = [
    "order items",
    "… without an invoice",
    "invoices recorded",
    "… matched at once",
    "… within tolerance at once",
    "… blocked at once",
    "… exception at once",
    "… that came before their goods",
    "… … released by us when the goods came",
    "… … of these, the log lifted the block by hand",
    "cancelled in the log",
    "at the end: matched, not cleared",
    "at the end: blocked, not cleared",
    "clearings in the log",
    "… we had released, too",
    "… we held, a person had lifted the block",
    "… we held",
    "… of an invoice with its reversal",
    "… of nothing that is recorded",
    "blocks lifted by hand in the log",
];

impl Report {
    fn count(&mut self, flow: Flow, row: &'static str) {
        assert!(ROWS.contains(&row), "{row}");
        *self.counts.entry((flow, row)).or_default() += 1;
    }

    fn reason(&mut self, flow: Flow, moment: &'static str, codes: String) {
        *self.reasons.entry((flow, moment, codes)).or_default() += 1;
    }

    pub(super) fn add(&mut self, replay: &Replay<'_>) {
        let flow = replay.flow;
        self.asked += replay.asked;
        self.count(flow, "order items");
        if replay.invoices.is_empty() {
            self.count(flow, "… without an invoice");
        }
        for it in &replay.invoices {
            self.invoice(flow, it);
        }
        for _ in 0..replay.case.count(What::BlockRemoved) {
            self.count(flow, "blocks lifted by hand in the log");
        }
        for _ in 0..replay.lifted_after_us {
            self.count(flow, "… … of these, the log lifted the block by hand");
        }
        for (at, place, clearing) in &replay.clearings {
            self.clearing(replay, (at, *place), clearing);
        }
    }

    fn invoice(&mut self, flow: Flow, it: &Billed) {
        self.count(flow, "invoices recorded");
        self.count(
            flow,
            match outcome(it.first()) {
                Outcome::Matched => "… matched at once",
                Outcome::MatchedWithinTolerance => "… within tolerance at once",
                Outcome::Blocked => "… blocked at once",
                Outcome::Exception | Outcome::Rejected => "… exception at once",
            },
        );
        self.reason(flow, "at recording", said(&it.first()["reasons"]));
        if waits_for_goods(it) {
            self.count(flow, "… that came before their goods");
            let came = |codes: std::collections::BTreeSet<&str>| {
                !codes.contains("QTY-01") && !codes.contains("QTY-02")
            };
            if came(codes(it.last())) {
                self.count(flow, "… … released by us when the goods came");
            }
        }
        let is_fine = outcome(it.last()) <= Outcome::MatchedWithinTolerance;
        match it.state {
            State::Cancelled => self.count(flow, "cancelled in the log"),
            State::Open | State::Released if is_fine => {
                self.count(flow, "at the end: matched, not cleared");
            }
            State::Open | State::Released => {
                self.count(flow, "at the end: blocked, not cleared");
                self.reason(flow, "at the end, not cleared", said(&it.last()["reasons"]));
            }
            State::Cleared => {}
        }
    }

    fn clearing(&mut self, replay: &Replay<'_>, at: (&str, Option<usize>), it: &Clearing) {
        let flow = replay.flow;
        self.count(flow, "clearings in the log");
        self.count(
            flow,
            match it {
                Clearing::Agreed => "… we had released, too",
                Clearing::Released(_) => "… we held, a person had lifted the block",
                Clearing::Held(_) => "… we held",
                Clearing::Reversal => "… of an invoice with its reversal",
                Clearing::Nothing => "… of nothing that is recorded",
            },
        );
        let (Clearing::Held(answer) | Clearing::Released(answer)) = it else { return };
        let (moment, reasons) = if is_held(it) {
            ("cleared in the log, held by us", &answer["reasons"])
        } else {
            ("cleared after a person lifted the block", &answer["reasons"])
        };
        self.reason(flow, moment, said(reasons));
        let detail: Vec<&str> =
            reasons.as_array().unwrap().iter().filter_map(|it| it["detail"].as_str()).collect();
        let place = at.1.unwrap_or_default();
        self.held.push(format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            replay.case.id(),
            flow.name(),
            place + 1,
            euros(replay.invoices[place].amount),
            at.0.split('T').next().unwrap(),
            said(reasons),
            detail.join("; "),
        ));
    }

    /// Everything that is counted, in one line each.
    pub(super) fn totals(&self) -> String {
        let mut text = String::new();
        for ((flow, row), count) in &self.counts {
            writeln!(text, "{flow:?} | {row} | {count}").unwrap();
        }
        for ((flow, moment, codes), count) in &self.reasons {
            writeln!(text, "{flow:?} | {moment} | {codes} | {count}").unwrap();
        }
        text
    }

    #[expect(clippy::print_stdout, reason = "the tables are the point of it")]
    pub(super) fn publish(&self) {
        let text = self.text();
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("bpi2019.md");
        std::fs::write(&path, &text).unwrap();
        println!("{text}\n{}", path.display());
    }

    fn text(&self) -> String {
        let flows = [Flow::AfterReceipt, Flow::BeforeReceipt];
        let mut text = "# BPI Challenge 2019, 300 order items replayed\n\n".to_owned();
        writeln!(text, "{} questions to the engine, under T0 in EUR.\n", self.asked).unwrap();
        text += "## Outcomes per flow\n\n| |";
        let names: String = flows.iter().map(|it| format!(" {} |", it.name())).collect();
        writeln!(text, "{names}\n| --- | ---: | ---: |").unwrap();
        for row in ROWS {
            let count = |it: &Flow| self.counts.get(&(*it, row)).copied().unwrap_or_default();
            let [one, other] = flows.each_ref().map(count);
            writeln!(text, "| {row} | {one} | {other} |").unwrap();
        }
        text += "\nNo item of the log is two-way or consignment.\n\n## Reasons\n\n";
        text += "| flow | when | reasons | invoices |\n| --- | --- | --- | ---: |\n";
        for ((flow, moment, codes), count) in &self.reasons {
            writeln!(text, "| {} | {moment} | {codes} | {count} |", flow.name()).unwrap();
        }
        text += "\n## Cleared in the log, held by us\n\n\
            | item | flow | invoice | EUR | cleared | reasons | why |\n\
            | --- | --- | ---: | ---: | --- | --- | --- |\n";
        for row in &self.held {
            writeln!(text, "{row}").unwrap();
        }
        text
    }
}

fn said(reasons: &serde_json::Value) -> String {
    let list = reasons.as_array().unwrap().iter().filter_map(|it| it["code"].as_str());
    let mut codes: Vec<&str> = list.collect();
    codes.sort_unstable();
    codes.dedup();
    if codes.is_empty() { "none".to_owned() } else { codes.join(" ") }
}
