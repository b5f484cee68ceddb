//! `kill -9` of every process in its turn, under a stream of whole purchases: three gateways on one
//! PostgreSQL, the database itself, the NATS broker that events are relayed to, and a back end that
//! is another Threeway. What was acknowledged is there afterwards, once; every purchase comes to
//! its end; and what is derived from the event log is what the log gives.
//!
//! `tests/run crash` starts it. `THREEWAY_CRASH_KILLS` kills so often, `THREEWAY_CRASH_FLOWS` makes
//! so many purchases meanwhile, `THREEWAY_SEED` plays another game.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod client;
mod game;
mod image;
mod parts;
mod rebuild;

use game::Game;
use std::env;
use tests::Dice;
use tests::binary::say;

const SEED: u64 = 20_261_128;
const KILLS: u64 = 16;
const FLOWS: u64 = 64;

fn asked(variable: &str, default: u64) -> u64 {
    let asked = env::var_os(variable);
    asked.and_then(|it| it.to_str()?.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_every_purchase_ends_once_and_is_told_once() {
    let seed = Dice::seed(SEED);
    let (kills, flows) =
        (asked("THREEWAY_CRASH_KILLS", KILLS), asked("THREEWAY_CRASH_FLOWS", FLOWS));
    say(&format!("seed {seed}: THREEWAY_SEED={seed} tries the same again"));
    let mut game = Game::start(seed, kills, flows).await;
    game.play().await;
    let tally = game.end().await;
    say(&format!("tally: {tally}"));
}
