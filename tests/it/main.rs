//! Everything that crosses a crate, in one binary: the rules of the tree, the contracts, and the
//! features as a consumer sees them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod access;
mod bad_input;
mod booking;
mod invoice;
mod layers;
mod matching;
mod openapi;
mod repeat;
mod socket;
mod tidy;
