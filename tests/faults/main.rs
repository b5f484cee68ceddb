//! Faults between every pair of parts: a caller and the gateway, the gateway and a back end
//! (another Threeway over HTTP), the gateway and PostgreSQL where `THREEWAY_TEST_POSTGRES` names a
//! server. While a fault lasts, answers are honest; when it has passed, everything is there, once.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod back_end;
mod caller;
mod run;
mod store;
