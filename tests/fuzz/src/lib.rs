//! What the targets share.

pub use cap;

/// Refuses memory beyond 256 MB at once to the target it stands in, which ends it: whatever makes
/// so much of a few kilobytes has no bound.
#[macro_export]
macro_rules! bounded {
    () => {
        #[global_allocator]
        static ALLOCATOR: $crate::cap::Cap<std::alloc::System> =
            $crate::cap::Cap::new(std::alloc::System, 256 << 20);
    };
}
