//! The one error of all layers, sorted by what the caller can do about it.

use serde::Serialize;
use std::error::Error as StdError;
use std::fmt;
use utoipa::ToSchema;

/// Shorthand for a result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Cause = Box<dyn StdError + Send + Sync>;

/// What the caller can do now. The code of each kind is stable for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Correct the request.
    Invalid,
    /// Log in.
    Unauthenticated,
    /// Ask for the right.
    Forbidden,
    /// Stop looking.
    NotFound,
    /// Use another method on this path.
    MethodNotAllowed,
    /// Read again, then decide.
    Conflict,
    /// Use a new idempotency key.
    KeyReused,
    /// Send less.
    TooLarge,
    /// Send another media type.
    Unsupported,
    /// Slow down.
    Limited,
    /// Come back later: we, or what we need, is not there now.
    Unavailable,
    /// Come back later: the answer did not come within the deadline.
    TimedOut,
    /// Call the owner of the back end: it answered, and not sensibly.
    Upstream,
    /// Call us.
    Internal,
}

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's.
    Caller,
    /// A back end's.
    Backend,
    /// Ours.
    Us,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 14] = [
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::KeyReused,
        Self::TooLarge,
        Self::Unsupported,
        Self::Limited,
        Self::Unavailable,
        Self::TimedOut,
        Self::Upstream,
        Self::Internal,
    ];

    /// The stable word for this kind on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::KeyReused => "idempotency_key_reused",
            Self::TooLarge => "too_large",
            Self::Unsupported => "unsupported_media_type",
            Self::Limited => "limited",
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::Upstream => "upstream",
            Self::Internal => "internal",
        }
    }

    /// Whether the same request may succeed later, unchanged.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Limited | Self::Unavailable | Self::TimedOut | Self::Upstream)
    }

    /// Whose fault it is: decides what counts against a back end's health and against ours.
    #[must_use]
    pub const fn fault(self) -> Fault {
        match self {
            Self::Invalid
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Conflict
            | Self::KeyReused
            | Self::TooLarge
            | Self::Unsupported
            | Self::Limited => Fault::Caller,
            Self::Unavailable | Self::TimedOut | Self::Upstream => Fault::Backend,
            Self::Internal => Fault::Us,
        }
    }
}

/// One field at fault: a JSON pointer (RFC 6901), or the place in an EDI or XML document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where: `/invoice/lines/0/quantity`, `segment 12 (IT1) element 04`,
    /// `/Invoice/InvoiceLine[2]`.
    #[schema(example = "/invoice/lines/0/quantity")]
    pub pointer: String,
    /// What is wrong and what would be right.
    #[schema(example = "a quantity is a decimal in a string, as in \"12.5\"")]
    pub detail: String,
}

/// An error: a kind, a message for the caller, and a private cause for the log.
///
/// `Display` prints the message alone; the cause is reachable only through `source()`, so that it
/// cannot slip into an answer.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    fields: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
    cause: Option<Cause>,
}

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            fields: Vec::new(),
            retry_after_seconds: None,
            cause: None,
        }))
    }

    /// The request is wrong; the message says how to correct it.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// One field of the request is wrong.
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// Several fields of the request are wrong.
    #[must_use]
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.detail),
            several => format!("{} fields are not valid; see errors", several.len()),
        };
        let mut error = Self::new(Kind::Invalid, message);
        error.0.fields = fields;
        error
    }

    /// Nobody we know is asking.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, message)
    }

    /// The principal lacks a right.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, message)
    }

    /// There is no such thing, or it is not the caller's to see.
    pub fn not_found(noun: &str, id: impl fmt::Display) -> Self {
        Self::new(Kind::NotFound, format!("there is no {noun} {id}"))
    }

    /// There is nothing at this path.
    pub fn no_route(path: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is nothing at {path}; see /docs"))
    }

    /// The path exists, the method does not.
    pub fn method_not_allowed(method: &str, path: &str) -> Self {
        Self::new(Kind::MethodNotAllowed, format!("{path} does not answer {method}; see /docs"))
    }

    /// The state of things does not allow it now.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// An idempotency key came again with another request.
    pub fn key_reused(message: impl Into<String>) -> Self {
        Self::new(Kind::KeyReused, message)
    }

    /// The request is larger than the limit.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(Kind::TooLarge, message)
    }

    /// The media type is not one that this operation reads.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// A rate plan is used up; `retry_after_seconds` says when it is refilled.
    pub fn limited(message: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(Kind::Limited, message).retry_after(retry_after_seconds)
    }

    /// A back end, or this gateway, cannot be reached or is too busy now.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message).retry_after(5)
    }

    /// The deadline passed before there was an answer.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(Kind::TimedOut, message).retry_after(5)
    }

    /// A back end answered in a way that cannot be understood, or refused what it should not.
    pub fn upstream(message: impl Into<String>) -> Self {
        Self::new(Kind::Upstream, message).retry_after(30)
    }

    /// A fault of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Adds the private cause, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds when to come back, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// What the caller can do.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The message for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The fields at fault; empty where no single field is.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// When to come back, in seconds, where that is known.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after_seconds
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("fields", &self.0.fields)
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|it| it as &(dyn StdError + 'static))
    }
}
