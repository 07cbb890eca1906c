//! The allocator of the program: jemalloc, which gives memory that a burst of load needed back within a second or two. What is C and C++ in it
//! (RocksDB, zstd, librdkafka) stays with glibc's.
//!
//! With glibc's, whose pools keep what they have, a server held 42 MiB of heap after a load of which it used 9.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What jemalloc reads when it starts: pages that nobody uses go back after a second, on one thread of its own; and each processor has one pool
/// instead of four.
#[allow(
    unsafe_code,
    reason = "jemalloc looks for its configuration under a fixed symbol; a reference to an array is the pointer that it wants"
)]
#[used]
#[unsafe(export_name = "_rjem_malloc_conf")]
static CONFIGURATION: &[u8; 88] = b"background_thread:true,max_background_threads:1,dirty_decay_ms:1000,percpu_arena:percpu\0";
