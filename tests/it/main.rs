//! Everything that crosses a crate, in one binary: the rules of the tree, the contracts, and the
//! features as a consumer sees them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]
#![expect(clippy::excessive_nesting, reason = "a test is a loop over a table")]

mod access;
mod accounting;
mod archive;
mod bad_input;
mod booking;
mod bpi2019;
mod config;
mod dead_letter;
mod documents;
mod duplicate;
mod earlier;
mod event;
mod explanation;
mod federation;
mod invoice;
mod layers;
mod limits;
mod matching;
mod openapi;
mod over_time;
mod processes;
mod purchase;
mod repeat;
mod sap_gbi;
mod simulation;
mod socket;
mod storm;
mod supplier;
mod tidy;
mod timeline;
