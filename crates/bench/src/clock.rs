//! Processor time and wall time in seconds. What is timed must not be.

use rustix::time::{ClockId, clock_gettime};

/// Processor time of the whole process, all threads together.
pub fn processor() -> f64 {
    read(ClockId::ProcessCPUTime)
}

/// A clock that never goes back.
pub fn wall() -> f64 {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> f64 {
    let now = clock_gettime(clock);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
