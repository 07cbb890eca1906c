//! An allocator that counts, and ends the process where a decoder takes more memory than its input allows.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Memory that any input may take.
const BASE_BYTES: usize = 64 * 1024;

/// Memory that each byte of the input may take.
pub const PER_BYTE: usize = 10;

static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting all it ever gave.
pub struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        TAKEN.fetch_add(new_size, Relaxed);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

/// Runs the decoder over an input of this many bytes. What it takes in all, given back or not, may not exceed ten times the input plus
/// 64 KiB. The target's allocator must be [`Counting`].
pub fn within_memory<T>(input_bytes: usize, decode: impl FnOnce() -> T) -> T {
    let mut decoded = None;
    let taken = taken_by(|| decoded = Some(decode()));
    let allowed = input_bytes * PER_BYTE + BASE_BYTES;
    assert!(taken <= allowed, "{taken} bytes of memory for {input_bytes} bytes of input, {allowed} are allowed");
    decoded.expect("it was decoded")
}

/// The memory that the work takes, given back or not.
pub fn taken_by(work: impl FnOnce()) -> usize {
    let before = TAKEN.load(Relaxed);
    work();
    TAKEN.load(Relaxed) - before
}
