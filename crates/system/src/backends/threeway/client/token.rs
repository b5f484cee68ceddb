//! The token that is shown to the other side: given once, or read from a file that may change.

use super::super::options::{Options, bearer};
use canonical::{Error, Result};
use http::HeaderValue;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a file is taken to be as it was.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Where the token comes from.
pub(super) enum Token {
    Given(HeaderValue),
    File { path: PathBuf, state: Mutex<State> },
}

pub(super) struct State {
    header: HeaderValue,
    /// When the file was written that the token is from; `None` where the system does not tell.
    written: Option<SystemTime>,
    looked: Instant,
}

impl Token {
    pub(super) fn open(options: &Options) -> Result<Self> {
        let wrong = |pointer, detail| Error::invalid_field(pointer, detail);
        if let Some(path) = &options.token_file {
            let written = std::fs::metadata(path).and_then(|it| it.modified()).ok();
            let text = std::fs::read_to_string(path)
                .map_err(|it| wrong("/token_file", "the file cannot be read").because(it))?;
            let header = bearer(&text)
                .ok_or_else(|| wrong("/token_file", "there is no token in the file"))?;
            let state = Mutex::new(State { header, written, looked: Instant::now() });
            return Ok(Self::File { path: path.clone(), state });
        }
        let token = options.token.as_ref().and_then(|it| bearer(it.reveal()));
        token.map(Self::Given).ok_or_else(|| wrong("/token", "there is no token"))
    }

    /// The token to show now.
    pub(super) async fn current(&self) -> HeaderValue {
        match self {
            Self::Given(header) => header.clone(),
            Self::File { path, state } => {
                let mut state = state.lock().await;
                state.look(path).await;
                state.header.clone()
            }
        }
    }

    /// Another token than the one that was refused, where the file has one by now.
    pub(super) async fn other_than(&self, refused: &HeaderValue) -> Option<HeaderValue> {
        let Self::File { path, state } = self else { return None };
        let mut state = state.lock().await;
        if state.header == *refused {
            let written = written(path).await;
            state.read(path, written).await;
        }
        (state.header != *refused).then(|| state.header.clone())
    }
}

impl State {
    /// Reads the file again where it was written since.
    async fn look(&mut self, path: &Path) {
        if self.looked.elapsed() < LOOK_AGAIN {
            return;
        }
        self.looked = Instant::now();
        let written = written(path).await;
        if written != self.written {
            self.read(path, written).await;
        }
    }

    /// Takes the file's token; one that cannot be read leaves the token that is known.
    async fn read(&mut self, path: &Path, written: Option<SystemTime>) {
        match tokio::fs::read_to_string(path).await {
            Ok(text) => match bearer(&text) {
                Some(header) => (self.header, self.written) = (header, written),
                None => tracing::warn!(path = %path.display(), "there is no token in the file"),
            },
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(path = %path.display(), error, "a token could not be read again");
            }
        }
    }
}

async fn written(path: &Path) -> Option<SystemTime> {
    tokio::fs::metadata(path).await.and_then(|it| it.modified()).ok()
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("***"),
            Self::File { path, .. } => f.debug_tuple("File").field(path).finish(),
        }
    }
}
