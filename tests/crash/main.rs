//! `kill -9` of the real binary at random moments under a stream of submissions. What a client saw
//! acknowledged is there afterwards, with its events, once; what was cut off is sent again under
//! its key and makes one invoice. Some games are played over a back end that is another Threeway
//! and is killed in its turn: what matched is in the books behind it once. `THREEWAY_SEED` plays
//! other games, `THREEWAY_CRASH_KILLS` kills so often.
//!
//! A killed process leaves what it wrote to the operating system: that the disk keeps it through a
//! loss of power is SQLite's `synchronous = FULL`, and not tried here.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod client;
mod image;
mod invoices;
mod round;

use round::{Game, Tally};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;
use tests::Dice;
use tests::binary::say;

const SEED: u64 = 20_261_122;
/// Each game begins with no store, so that making its tables is cut off at times, too.
const GAMES: u64 = 5;
const KILLS_PER_GAME: u64 = 40;
/// The first of so many games is played over a back end that is killed, too.
const FEDERATED_EVERY: u64 = 5;
const NAME: &str = "what_was_acknowledged_survives_a_kill_once";

fn main() -> ExitCode {
    let (seed, began) = (Dice::seed(SEED), Instant::now());
    say("\nrunning 1 test");
    say(&format!("seed {seed}: THREEWAY_SEED={seed} tries the same again"));
    let played = catch_unwind(AssertUnwindSafe(|| play(seed)));
    let took = began.elapsed().as_secs_f64();
    let (word, result, counts) = match &played {
        Ok(tally) => {
            say(&format!("tally: {tally}"));
            ("ok", "ok", "1 passed; 0 failed")
        }
        Err(_panic) => ("FAILED", "FAILED", "0 passed; 1 failed"),
    };
    say(&format!("test {NAME} ... {word}\n"));
    let rest = "0 ignored; 0 measured; 0 filtered out";
    say(&format!("test result: {result}. {counts}; {rest}; finished in {took:.2}s\n"));
    if played.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(seed: u64) -> Tally {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut dice = Dice::new(seed);
    let mut tally = Tally::default();
    let asked = env::var_os("THREEWAY_CRASH_KILLS").and_then(|it| it.to_str()?.parse::<u64>().ok());
    let games = asked.map_or(GAMES, |it| it.div_ceil(KILLS_PER_GAME));
    for number in 0..games {
        let mut game = Game::new(dice.roll(), number % FEDERATED_EVERY == 0);
        runtime.block_on(async {
            for number in 1..=KILLS_PER_GAME {
                game.round(number).await;
            }
            game.end().await;
        });
        tally.add(&game.tally);
    }
    tally.check(games * KILLS_PER_GAME);
    tally
}
