//! Warms the machine's memory: a child process touches every page of some gibibytes and exits, so that the pages are with the guest.

use std::process::Command;

const ARGUMENT: &str = "--touch-gibibytes";

/// Touches `gibibytes` of memory in a child process.
pub fn warm(gibibytes: u64) {
    let program = std::env::current_exe().expect("the program knows its own path");
    let status = Command::new(program).arg(ARGUMENT).arg(gibibytes.to_string()).status();
    assert!(status.is_ok_and(|status| status.success()), "memory could not be warmed");
}

/// To be called first in `main`: does the child's work if this process is one.
pub(crate) fn touch_and_exit_if_asked() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_none_or(|argument| argument != ARGUMENT) {
        return;
    }
    let gibibytes: usize = arguments[2].parse().expect("a number of gibibytes");
    let mut pages = vec![0u8; gibibytes << 30];
    for page in pages.chunks_mut(4096) {
        page[0] = 1;
    }
    std::hint::black_box(&pages);
    std::process::exit(0);
}
