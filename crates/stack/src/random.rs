//! Random bits for ids and jitter.

/// Sixteen random bytes as a number; zero where the system has no randomness to give.
pub(crate) fn bits() -> u128 {
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
