//! What a decision says to people. It is formed where it is read: looking for what would clear an
//! invoice asks for a thousand decisions, and reads the sentences of none.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// A sentence, and all it takes to write it. Equal texts are equal.
#[derive(Clone)]
pub struct Sentence(Arc<dyn fmt::Display + Send + Sync>);

impl Sentence {
    /// What these words will say. They say the same whenever they are asked.
    #[must_use]
    pub fn new(words: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self(Arc::new(words))
    }
}

impl From<String> for Sentence {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

impl PartialEq for Sentence {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.to_string() == other.to_string()
    }
}

impl Eq for Sentence {}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sentence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_was_read_is_the_one_that_was_said() {
        let said = Sentence::new(fmt::from_fn(|f| write!(f, "{} of {} \"BX\"", 3, 4)));
        let json = serde_json::to_string(&said).unwrap();
        assert_eq!(json, r#""3 of 4 \"BX\"""#);
        assert_eq!(serde_json::from_str::<Sentence>(&json).unwrap(), said);
        assert_ne!(said, Sentence::from("3 of 4".to_owned()));
        assert_eq!(format!("{said:?}"), json);
    }
}
