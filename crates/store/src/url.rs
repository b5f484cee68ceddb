//! The store's URL. Every refusal says what would be right.

use crate::engine::{Place, postgres};
use canonical::{Error, Result};
use std::path::{Path, PathBuf};

const RIGHT: &str = "a store is written as sqlite:PATH, as in \"sqlite:threeway.db\" or \
                     \"sqlite:/var/lib/threeway/threeway.db\", or as \
                     postgres://USER@HOST/DATABASE";

/// Where the store of this URL is; looks at files, and at nothing on a network.
pub(crate) fn place(url: &str) -> Result<Place> {
    match url.split_once(':') {
        Some(("sqlite", path)) => sqlite_path(path).map(Place::Sqlite),
        Some(("postgres" | "postgresql", _rest)) => {
            postgres::Place::parse(url).map(|it| Place::Postgres(Box::new(it)))
        }
        // ok: only the scheme is shown, what follows may hold a password
        Some((other, _rest)) => wrong(&format!("there is no kind of store {other:?}")),
        None => wrong(&format!("the store {url:?} names no kind")),
    }
}

fn wrong<T>(what: &str) -> Result<T> {
    Err(Error::invalid(format!("{what}; {RIGHT}")))
}

fn sqlite_path(path: &str) -> Result<PathBuf> {
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
        let error = place(url).unwrap_err();
        assert_eq!(error.kind(), canonical::Kind::Invalid);
        assert!(error.message().contains(because), "{url}: {error}");
    }

    #[test]
    fn a_path_follows_the_scheme() {
        for path in ["a.db", "/tmp/a.db"] {
            let place = place(&format!("sqlite:{path}")).unwrap();
            assert!(matches!(place, Place::Sqlite(it) if it == Path::new(path)));
        }
    }

    #[test]
    fn every_refusal_says_what_is_right() {
        for url in ["a.db", "sqlite:", "sqlite::memory:", "sqlite://a.db", "sqlite:a?mode=ro"] {
            refused(url, "sqlite:PATH");
        }
        refused("redis:x", "there is no kind of store \"redis\"");
        refused("sqlite:/tmp", "is a folder");
        refused("sqlite:/no/such/folder/a.db", "does not exist; make it first");
        for url in ["postgres:", "postgres://db", "postgres://db/x", "postgres://u@/x"] {
            refused(url, "postgres://USER@HOST/DATABASE");
        }
        refused("postgres://u@db/x?sslmode=maybe", "sslmode is disable, prefer, require");
        refused("postgres://u@db/x?colour=red", "not an option");
        refused("postgres://u@db/x?sslrootcert=/no/such", "sslrootcert");
        refused("postgres://u@db:many/x", "postgres://USER@HOST/DATABASE");
    }

    #[test]
    fn a_database_on_a_server_is_a_place() {
        for url in [
            "postgres://user:secret@db/x",
            "postgresql://user@db:5433/x?sslmode=verify-full&connect_timeout=3",
            "postgres://user@one,two:5433/x",
            "postgres://user@%2Frun%2Fpostgresql/x",
        ] {
            assert!(matches!(place(url).unwrap(), Place::Postgres(_)), "{url}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for url in [
            "mysql://user:secret@db/x",
            "postgres://user:secret@db",
            "postgres://user:secret@db:many/x",
            "postgres://user:a?secret@db/x",
            "postgres://user@db/x?password=secret&secret=x",
        ] {
            let error = place(url).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        let place = place("postgres://user:secret@db/x").unwrap();
        assert!(!format!("{place:?}").contains("secret"));
        let shown = crate::Store::shown("postgres://user:secret@one,two/x?sslmode=disable");
        assert_eq!(shown, "postgres://user@one,two/x");
    }
}
