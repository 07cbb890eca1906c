//! The real world: the machine's clocks, chance, files, sockets and threads.
//!
//! The only place where the banned functions of `std` and `tokio` may be named; each use carries its reason.

mod clock;
mod disk;
mod file;
mod limits;
mod network;
mod random;
mod spawner;
mod work_pool;

pub use clock::RealClock;
pub use disk::RealDisk;
pub use limits::raise_open_file_limit;
pub use network::RealNetwork;
pub use random::RealRandom;
pub use spawner::RealSpawner;
