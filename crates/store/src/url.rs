//! The store's URL. Every refusal says what would be right.

use canonical::{Error, Result};
use std::path::{Path, PathBuf};

const RIGHT: &str = "a store is written as sqlite:PATH, as in \"sqlite:threeway.db\" or \
                     \"sqlite:/var/lib/threeway/threeway.db\"";

/// The path of `sqlite:PATH`.
pub(crate) fn sqlite_path(url: &str) -> Result<PathBuf> {
    let wrong = |what: &str| Err(Error::invalid(format!("{what}; {RIGHT}")));
    let Some((scheme, path)) = url.split_once(':') else {
        return wrong(&format!("the store {url:?} names no kind"));
    };
    match scheme {
        "sqlite" => {}
        "postgres" | "postgresql" => {
            return wrong("this version does not keep its store in PostgreSQL yet");
        }
        // ok: only the scheme is shown, what follows may hold a password
        other => return wrong(&format!("there is no kind of store {other:?}")),
    }
    match path {
        "" => wrong("the store's URL has no path"),
        ":memory:" => wrong("the store must survive a crash, so it cannot be in memory only"),
        it if it.contains('?') => wrong("the store's URL takes no options after \"?\""),
        it if it.starts_with("//") && !it.starts_with("///") => {
            wrong("a path follows \"sqlite:\" without \"//\"")
        }
        it if it.ends_with('/') || Path::new(it).is_dir() => {
            wrong(&format!("{it:?} is a folder, and the store is a file"))
        }
        it => in_a_folder(it),
    }
}

fn in_a_folder(path: &str) -> Result<PathBuf> {
    let path = PathBuf::from(path);
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(Error::invalid(format!(
            "the store's folder {} does not exist; make it first",
            folder.display()
        ))),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(url: &str, because: &str) {
        let error = sqlite_path(url).unwrap_err();
        assert_eq!(error.kind(), canonical::Kind::Invalid);
        assert!(error.message().contains(because), "{error}");
    }

    #[test]
    fn a_path_follows_the_scheme() {
        assert_eq!(sqlite_path("sqlite:a.db").unwrap(), PathBuf::from("a.db"));
        assert_eq!(sqlite_path("sqlite:/tmp/a.db").unwrap(), PathBuf::from("/tmp/a.db"));
    }

    #[test]
    fn every_refusal_says_what_is_right() {
        for url in ["a.db", "sqlite:", "sqlite::memory:", "sqlite://a.db", "sqlite:a?mode=ro"] {
            refused(url, "sqlite:PATH");
        }
        refused("postgres://user:secret@db/x", "PostgreSQL");
        refused("redis:x", "there is no kind of store \"redis\"");
        refused("sqlite:/tmp", "is a folder");
        refused("sqlite:/no/such/folder/a.db", "does not exist; make it first");
    }

    #[test]
    fn a_password_is_not_repeated() {
        let error = sqlite_path("mysql://user:secret@db/x").unwrap_err();
        assert!(!error.message().contains("secret"));
    }
}
