//! What of routing rules makes no sense.

use super::OWNER;
use super::document::{RoutingDocument, RoutingRule, RoutingWhen, family};
use canonical::{Code, FieldError};

/// More rules than a person oversees; each is asked for each hold.
const RULES_MAX: usize = 1_000;
const QUEUE_CHARS_MAX: usize = 64;
const CHANNELS: [&str; 3] = ["x12", "ubl", "json"];

/// Every fault of the document, but for its examples.
pub(super) fn of(document: &RoutingDocument) -> Vec<FieldError> {
    let mut faults = Faults(Vec::new());
    let texts = [
        ("/id", &document.id),
        ("/approved_by", &document.approved_by),
        ("/reason", &document.reason),
    ];
    for (pointer, _text) in texts.into_iter().filter(|it| it.1.trim().is_empty()) {
        faults.add(pointer, "say it: an auditor asks for it");
    }
    if document.rules.len() > RULES_MAX {
        faults.add("/rules", format!("at most {RULES_MAX} rules"));
        return faults.0;
    }
    for (place, rule) in document.rules.iter().enumerate() {
        faults.rule(&format!("/rules/{place}"), rule);
        faults.beside(place, rule, document.rules.iter().take(place));
    }
    faults.last(document);
    faults.escalations(document);
    faults.0
}

struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    fn queue(&mut self, pointer: String, queue: &str) {
        let is_word = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
        let fine =
            !queue.is_empty() && queue.len() <= QUEUE_CHARS_MAX && queue.chars().all(is_word);
        if !fine {
            self.add(pointer, "name a queue with a-z, 0-9 and _, as \"buyer\"");
        }
    }

    fn level(&mut self, pointer: String, queue: &str) {
        if queue == OWNER {
            self.add(pointer, "name a queue: the owner has it already");
        } else {
            self.queue(pointer, queue);
        }
    }

    fn rule(&mut self, at: &str, rule: &RoutingRule) {
        if rule.id.trim().is_empty() {
            self.add(format!("{at}/id"), "give it a name: cases name it");
        }
        self.queue(format!("{at}/queue"), &rule.queue);
        let dates = rule.effective.from.zip(rule.effective.to);
        if dates.is_some_and(|(from, to)| to < from) {
            self.add(format!("{at}/effective/to"), "it lies before the first day");
        }
        self.when(&format!("{at}/when"), &rule.when);
    }

    fn when(&mut self, at: &str, when: &RoutingWhen) {
        for (place, code) in when.codes.iter().enumerate() {
            let known = |it: &&Code| it.as_str() == code || family(it.as_str()) == code;
            if !Code::ALL.iter().any(|it| known(&it)) {
                let detail = format!("{code:?} is no code and no family of codes, as \"QTY-01\"");
                self.add(format!("{at}/codes/{place}"), detail);
            }
        }
        for (place, channel) in when.channels.iter().enumerate() {
            if !CHANNELS.contains(&channel.as_str()) {
                let detail = format!("nothing comes as {channel:?}; use x12, ubl or json");
                self.add(format!("{at}/channels/{place}"), detail);
            }
        }
        let is_bound = when.gross_from.is_some() || when.gross_to.is_some();
        if is_bound != when.currency.is_some() {
            let detail = "a currency and bounds of gross go together";
            self.add(format!("{at}/currency"), detail);
        }
        let bounds = when.gross_from.zip(when.gross_to);
        if bounds.is_some_and(|(from, to)| to.exact() <= from.exact()) {
            self.add(format!("{at}/gross_to"), "nothing is below it and not below gross_from");
        }
    }

    /// Rules of which two would decide equally, or carry one name.
    fn beside<'a>(
        &mut self,
        place: usize,
        rule: &RoutingRule,
        earlier: impl Iterator<Item = &'a RoutingRule>,
    ) {
        for (other, it) in earlier.enumerate() {
            if it.id == rule.id {
                self.add(format!("/rules/{place}/id"), format!("rule {other} has that name"));
            }
            if it.rank() == rule.rank() && it.overlaps(rule) {
                let detail = format!(
                    "it is asked together with {:?} and binds as much, and some reason fits both: \
                     give one of them a smaller number",
                    it.id
                );
                self.add(format!("/rules/{place}/priority"), detail);
            }
        }
    }

    fn last(&mut self, document: &RoutingDocument) {
        let all = |it: &RoutingRule| {
            it.when == RoutingWhen::default()
                && it.effective.from.is_none()
                && it.effective.to.is_none()
        };
        let last = document.rules.iter().map(RoutingRule::rank).max();
        if !document.rules.iter().any(|it| all(it) && Some(it.rank()) == last) {
            let detail = "the rule that is asked last has to fit everything: add one without \
                          `when` and `effective`, with the largest priority";
            self.add("/rules", detail);
        }
    }

    fn escalations(&mut self, document: &RoutingDocument) {
        for (place, row) in document.escalations.iter().enumerate() {
            let at = format!("/escalations/{place}");
            for (key, queue) in [("level_2", &row.level_2), ("level_3", &row.level_3)] {
                self.level(format!("{at}/{key}"), queue);
            }
            if document.escalations.iter().take(place).any(|it| it.queue == row.queue) {
                self.add(format!("{at}/queue"), "it has a row already");
            }
        }
    }
}
