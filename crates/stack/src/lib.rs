//! What every request passes through, in and out: one shared stack of policies.
//!
//! [`inbound`] is the list for requests that come in, [`outbound`] the list for calls to back ends.
//! Nothing but [`problem`] knows which status an error has.

pub mod cache;
pub mod context;
pub mod contract;
pub mod extract;
pub mod idempotency;
pub mod inbound;
pub mod operations;
pub mod outbound;
pub mod problem;
pub mod random;
pub mod sandbox;
pub mod token;
pub mod webhook;

mod secret;

pub use problem::Problem;
pub use secret::Secret;
