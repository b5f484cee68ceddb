//! An answer of the other side: a document that may have fields we do not know, or a problem.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// The longest text of the other side's own that a message of ours carries.
const QUOTE_MAX: usize = 300;
/// So many fields that we do not know are left aside, each wherever it stands.
const UNKNOWN_MAX: usize = 100;

/// A problem document (RFC 9457), as far as it says what to do.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct Problem {
    pub(in super::super) code: String,
    #[serde(default)]
    pub(in super::super) detail: String,
    #[serde(default)]
    pub(in super::super) errors: Vec<Field>,
}

/// One field at fault.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Field {
    pub(in super::super) pointer: String,
    pub(in super::super) detail: String,
}

/// The problem of an answer; `None` where somebody else answered.
pub(in super::super) fn problem(headers: &HeaderMap, body: &[u8]) -> Option<Problem> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if !media_type.starts_with(stack::problem::MEDIA_TYPE) {
        return None;
    }
    let mut problem: Problem = serde_json::from_slice(body).ok()?;
    problem.detail = quote(&problem.detail);
    for it in &mut problem.errors {
        (it.pointer, it.detail) = (quote(&it.pointer), quote(&it.detail));
    }
    Some(problem)
}

pub(in super::super) fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// Reads a document. Ours refuse fields that they do not know, for they are also what callers send;
/// a newer gateway may have more of them, so here they are taken out, wherever they stand.
pub(in super::super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    let first = match serde_json::from_slice(body) {
        Ok(it) => return Ok(it),
        Err(error) => error,
    };
    let mut document: Value = serde_json::from_slice(body)?;
    for _ in 0..UNKNOWN_MAX {
        let error = match serde_path_to_error::deserialize::<_, T>(&document) {
            Ok(it) => return Ok(it),
            Err(error) => error,
        };
        let text = error.inner().to_string();
        let Some(name) = unknown(&text) else { return Err(error.into_inner()) };
        let path: Vec<Segment> = steps(error.path());
        if !remove(&mut document, &path, name) {
            return Err(error.into_inner());
        }
    }
    Err(first)
}

fn unknown(message: &str) -> Option<&str> {
    message.strip_prefix("unknown field `")?.split('`').next()
}

fn steps(path: &Path) -> Vec<Segment> {
    let placed = path.iter().filter(|it| !matches!(it, Segment::Unknown | Segment::Enum { .. }));
    placed.cloned().collect()
}

/// Removes the field `name` at this path, in every entry of the lists on the way.
fn remove(value: &mut Value, path: &[Segment], name: &str) -> bool {
    match (path.split_first(), value) {
        // ok: the path may end with the field itself
        (None, Value::Object(fields)) => fields.remove(name).is_some(),
        (Some((Segment::Map { key }, [])), Value::Object(fields)) if key == name => {
            fields.remove(name).is_some()
        }
        (Some((Segment::Map { key }, rest)), Value::Object(fields)) => {
            fields.get_mut(key).is_some_and(|it| remove(it, rest, name))
        }
        (Some((Segment::Seq { .. }, rest)), Value::Array(entries)) => {
            // ok: each is changed, so all are counted
            entries.iter_mut().filter_map(|it| remove(it, rest, name).then_some(())).count() > 0
        }
        _ => false,
    }
}

/// One line of a text that came from outside.
fn quote(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars().filter(|it| !it.is_control()).take(QUOTE_MAX).collect()
}

pub(in super::super) fn excerpt(body: &[u8]) -> String {
    let start = body.get(..QUOTE_MAX).unwrap_or(body);
    String::from_utf8_lossy(start).into_owned()
}
