//! One timed run: wall time and the CPU time of the whole process.

use std::future::Future;
use std::time::{Duration, Instant};

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How many records it processed.
    pub count: u64,
    /// Wall time.
    pub wall: Duration,
    /// CPU time of all threads, user and system.
    pub cpu: Duration,
}

impl Measured {
    /// Records per second of wall time.
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }

    /// Records per second of CPU time: the rate of one core.
    pub fn per_core(&self) -> f64 {
        self.count as f64 / self.cpu.as_secs_f64()
    }

    /// CPU seconds per million records.
    pub fn cpu_per_million(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count as f64
    }
}

/// Runs `work`, which returns how many records it processed.
#[allow(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]
pub async fn measure<F: Future<Output = anyhow::Result<u64>>>(work: F) -> anyhow::Result<Measured> {
    let (start, cpu_start) = (Instant::now(), cpu_time());
    let count = work.await?;
    Ok(Measured { count, wall: start.elapsed(), cpu: cpu_time() - cpu_start })
}

#[allow(unsafe_code, reason = "getrusage has no safe wrapper in std")]
fn cpu_time() -> Duration {
    // SAFETY: `usage` is plain data that getrusage fills; the pointer is valid for the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let duration = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    duration(usage.ru_utime) + duration(usage.ru_stime)
}
