//! The orchestration under faults and crashes, on paused time and one thread: invoices are
//! submitted, matched, matched again, booked, given up and put back, while the store and the back
//! end refuse, are late, or do what they are asked and lose the answer, and while the gateway is
//! dropped at any await and opened again on what it left. Every choice follows from the seed.
//!
//! `THREEWAY_SEEDS=100000` plays so many games, `THREEWAY_SEED=7` that one.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod backend;
mod ends;
mod facts;
mod game;
mod weather;

use facts::Facts;
use game::Rulebook;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tests::binary::say;
use tokio::runtime::Builder;

/// Games in the gate.
const SEEDS: u64 = 500;

/// Runs on this thread, on time that passes when nothing else is to do.
fn paused<F: Future>(play: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(play)
}

/// Plays a game with faults, and the same facts without them: both come to the same.
fn play(rules: &Rulebook, seed: u64) -> game::Tally {
    let facts = Facts::of(seed);
    let end = paused(game::stormy(rules, &facts, seed));
    let calm = paused(game::calm(rules, &facts, &end.accepted));
    if end.decided != calm.decided {
        for (name, log) in [("faults", &end.log), ("calm", &calm.log)] {
            let path = format!("{}/simulation-{seed}-{name}.log", env!("CARGO_TARGET_TMPDIR"));
            std::fs::write(path, log.join("\n")).unwrap();
        }
    }
    assert_eq!(end.decided, calm.decided, "with faults, and without; see target/tmp");
    end.tally
}

/// Plays a game; says how to play it again where it failed.
fn survives(rules: &Rulebook, seed: u64) -> Option<game::Tally> {
    let played = catch_unwind(AssertUnwindSafe(|| play(rules, seed))).ok();
    if played.is_none() {
        say(&format!("seed {seed}: THREEWAY_SEED={seed} plays it again"));
    }
    played
}

fn number(variable: &str) -> Option<u64> {
    env::var_os(variable)?.to_str()?.parse().ok()
}

#[test]
fn whatever_fails_and_wherever_it_crashes_the_end_is_the_same() {
    let (first, count) = match number("THREEWAY_SEED") {
        Some(seed) => (seed, 1),
        None => (0, number("THREEWAY_SEEDS").unwrap_or(SEEDS)),
    };
    let (next, total) = (AtomicU64::new(first), Mutex::new(game::Tally::default()));
    let failed = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let rules = Rulebook::read();
                let seeds = || Some(next.fetch_add(1, Ordering::Relaxed));
                let seeds = std::iter::from_fn(seeds).take_while(|it| *it < first + count);
                seeds.for_each(|seed| match survives(&rules, seed) {
                    Some(it) => total.lock().unwrap_or_else(PoisonError::into_inner).add(&it),
                    None => failed.lock().unwrap_or_else(PoisonError::into_inner).push(seed),
                });
            });
        }
    });
    let total = total.into_inner().unwrap();
    say(&format!("{count} games: {total}"));
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
    if count >= SEEDS {
        total.check(count);
    }
}

#[test]
fn a_seed_plays_the_same_game_again() {
    let rules = Rulebook::read();
    for seed in 0..8 {
        let log = || {
            let facts = Facts::of(seed);
            paused(game::stormy(&rules, &facts, seed)).log
        };
        let (first, second) = (log(), log());
        assert!(first.len() > 10, "seed {seed}");
        assert_eq!(first, second, "seed {seed}");
    }
}
