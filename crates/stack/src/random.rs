//! Random bits for ids and jitter.

/// Sixteen random bytes as a number; zero where the system has no randomness to give.
#[must_use]
pub fn bits() -> u128 {
    #[cfg(feature = "simulation")]
    if let Some(bits) = seeded::bits() {
        return bits;
    }
    let mut bytes = [0; 16];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => u128::from_le_bytes(bytes),
        Err(aws_lc_rs::error::Unspecified) => 0,
    }
}

/// A random number from 0 to `most`.
pub(crate) fn up_to(most: u64) -> u64 {
    let number = bits() % (u128::from(most) + 1);
    u64::try_from(number).unwrap_or(most)
}

#[cfg(feature = "simulation")]
pub use seeded::seed;

/// Chance as an input, for simulations on one thread.
#[cfg(feature = "simulation")]
mod seeded {
    use std::cell::Cell;

    thread_local! {
        static STATE: Cell<Option<u128>> = const { Cell::new(None) };
    }

    /// From here on this thread's bits follow from `seed`.
    pub fn seed(seed: u64) {
        STATE.set(Some(u128::from(seed)));
    }

    /// `SplitMix` in 128 bits.
    pub(super) fn bits() -> Option<u128> {
        let state = STATE.get()?.wrapping_add(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        STATE.set(Some(state));
        let mut z = state;
        z = (z ^ (z >> 67)).wrapping_mul(0xBF58_476D_1CE4_E5B9_94D0_49BB_1331_11EB);
        z = (z ^ (z >> 61)).wrapping_mul(0x94D0_49BB_1331_11EB_BF58_476D_1CE4_E5B9);
        Some(z ^ (z >> 63))
    }
}
