//! An event as the broker has it: CloudEvents over NATS in structured mode, one subject per type
//! and key.

use async_nats::HeaderMap;
use async_nats::header::{
    NATS_EXPECTED_LAST_MESSAGE_ID, NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM,
    NATS_MESSAGE_ID,
};
use canonical::{Error, Event, Result};

const CONTENT_TYPE: &str = "application/cloudevents+json";

/// What stands in the stream before a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct After<'a> {
    /// The number of the message.
    pub(super) number: u64,
    /// The event before, where that is on its way itself. The number alone would then not do: if
    /// somebody else's message takes it, this one would fit and the one before be left out.
    pub(super) event_id: Option<&'a str>,
}

/// A message as it is published.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) subject: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The event for this stream, to be stored right `after` what came before and not otherwise.
    pub(super) fn new(event: &Event, prefix: &str, stream: &str, after: After<'_>) -> Result<Self> {
        let body = serde_json::to_vec(event)
            .map_err(|error| Error::internal("an event has no JSON form").because(error))?;
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", CONTENT_TYPE);
        headers.insert(NATS_MESSAGE_ID, event.id.as_str());
        headers.insert(NATS_EXPECTED_STREAM, stream);
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, after.number.to_string().as_str());
        if let Some(id) = after.event_id {
            headers.insert(NATS_EXPECTED_LAST_MESSAGE_ID, id);
        }
        Ok(Self { subject: subject(prefix, event), headers, body })
    }
}

/// `PREFIX.TYPE.KEY`: who wants all invoices that were received, or all that happened to one,
/// says so with a wildcard.
pub(super) fn subject(prefix: &str, event: &Event) -> String {
    format!("{prefix}.{}.{}", event.kind, token(&event.partitionkey))
}

/// All subjects of the relay.
pub(super) fn subjects(prefix: &str) -> String {
    format!("{prefix}.>")
}

/// A word that needs no escape in a subject.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_plain_byte)
}

const fn is_plain_byte(it: u8) -> bool {
    it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_')
}

/// A key as one word of a subject: what subjects forbid, or give a meaning, stands as `%XX`. Two
/// keys never become one.
fn token(key: &str) -> String {
    if key.is_empty() {
        return "%".to_owned();
    }
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        if is_plain_byte(byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_becomes_one_word() {
        for (key, expected) in [
            ("inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA", "inv_01K5S1V6Z6C4M7Y2Q8N3T0B9XA"),
            ("PO-1001", "PO-1001"),
            ("4500012/7", "4500012%2F7"),
            ("a.b", "a%2Eb"),
            ("a b\tc\r\n", "a%20b%09c%0D%0A"),
            ("*", "%2A"),
            (">", "%3E"),
            ("$SYS", "%24SYS"),
            ("100%", "100%25"),
            ("Bestellung-ä", "Bestellung-%C3%A4"),
            ("", "%"),
        ] {
            assert_eq!(token(key), expected);
        }
    }

    #[test]
    fn a_word_is_plain_where_it_needs_no_escape() {
        assert!(is_plain("events") && is_plain("A-1_b"));
        for bad in ["", "a.b", "a b", "*", ">", "ä", "a/b"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
