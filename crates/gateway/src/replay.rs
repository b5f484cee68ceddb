//! Putting dead letters back from the command line: a table for people.

use process::Replay;
use std::fmt::Write as _;

/// What was put back, or would be, for people.
#[must_use]
pub fn table(replay: &Replay) -> String {
    let mut text = String::new();
    // ok: writing to a string cannot fail
    let _written = write_table(&mut text, replay);
    text
}

fn write_table(to: &mut String, replay: &Replay) -> std::fmt::Result {
    let count = replay.items.len();
    match (count, replay.dry_run) {
        (0, _) => return writeln!(to, "no dead letters"),
        (_, true) => writeln!(to, "{count} would be put back; nothing was changed")?,
        (_, false) => writeln!(to, "{count} put back into the queue")?,
    }
    for it in &replay.items {
        writeln!(to, "\n{}  {} tries, {} since {}", it.id, it.attempts, it.error, it.buried_at)?;
        writeln!(to, "  {}", it.detail)?;
        writeln!(to, "  {}", it.suggestion)?;
        if it.waiting > 0 {
            writeln!(to, "  {} more of {} wait for it", it.waiting, it.key)?;
        }
    }
    if replay.more { writeln!(to, "\nthere are more; run it again") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use process::DeadLetter;

    #[test]
    fn a_table_says_what_stopped_and_what_would_help() {
        let letter = DeadLetter {
            id: "post_payable:inv_1:1".to_owned(),
            kind: "post_payable".to_owned(),
            key: "invoice:inv_1".to_owned(),
            correlation_id: None,
            payload: serde_json::Value::Null,
            attempts: 3,
            replays: 0,
            error: "upstream".to_owned(),
            detail: "it answered nonsense".to_owned(),
            suggestion: "see that it answers".to_owned(),
            waiting: 2,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            buried_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let text = table(&Replay { dry_run: true, items: vec![letter], more: true });
        for part in
            ["would be put back", "3 tries", "nonsense", "answers", "2 more", "run it again"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        let none = table(&Replay { dry_run: false, items: Vec::new(), more: false });
        assert_eq!(none, "no dead letters\n");
    }
}
