//! What the process has used so far, as the operating system tells it.

use std::time::Duration;

/// The system counts CPU time in hundredths of a second for every program to read (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// CPU time of all threads, user and system; `None` where the system does not say.
pub(super) fn cpu_time() -> Option<Duration> {
    cpu_time_in(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// The most memory the process has had, in bytes; `None` where the system does not say.
pub(super) fn peak_memory_bytes() -> Option<u64> {
    peak_memory_in(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// `utime` and `stime` are the 14th and 15th field of proc_pid_stat(5); the name in the second may hold anything but ends at the last parenthesis.
fn cpu_time_in(stat: &str) -> Option<Duration> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.checked_add(system)?)
}

fn peak_memory_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_are_understood() {
        let stat = "17 (a) b) S 1 17 17 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 100 0 0";
        assert_eq!(cpu_time_in(stat), Some(Duration::from_secs(3)));
        assert_eq!(cpu_time_in("nonsense"), None);
        assert_eq!(peak_memory_in("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(peak_memory_in("Name:\tx\n"), None);
    }
}
