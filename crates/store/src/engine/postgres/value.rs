//! Values on their way to PostgreSQL and back.

use crate::batch::Val;
use bytes::BytesMut;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

type Cause = Box<dyn Error + Sync + Send>;

impl ToSql for Val {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Cause> {
        match self {
            // ok: no row has such a text, and nothing equals null; a write was refused before
            _ if self.has_nul() => Ok(IsNull::Yes),
            Self::Null => Ok(IsNull::Yes),
            Self::Int(it) if *kind == Type::INT8 => it.to_sql(kind, out),
            Self::Int(it) if *kind == Type::INT4 => i32::try_from(*it)?.to_sql(kind, out),
            Self::Text(it) if <&str as ToSql>::accepts(kind) => it.as_str().to_sql(kind, out),
            Self::Blob(it) if *kind == Type::BYTEA => it.as_slice().to_sql(kind, out),
            Self::Int(_) | Self::Text(_) | Self::Blob(_) => {
                Err(format!("an argument is not of type {kind}").into())
            }
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Val {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Cause> {
        Ok(match *kind {
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(kind, raw)?.into()),
            Type::BYTEA => Self::Blob(raw.to_vec()),
            _ if <&str as FromSql<'_>>::accepts(kind) => Self::from(<&str>::from_sql(kind, raw)?),
            _ => return Err(format!("a column is of type {kind}").into()),
        })
    }

    fn from_sql_null(_kind: &Type) -> Result<Self, Cause> {
        Ok(Self::Null)
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }
}
