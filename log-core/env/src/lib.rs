//! The outside world behind traits: clock, randomness, disk, network and spawning, real and simulated.
//!
//! Everything else in Headwater receives an [`Env`] and asks it; only this crate names `std::fs`, `std::time::Instant`,
//! sockets, threads or `tokio::spawn`. The simulated world is deterministic: one seed, one run.

mod clock;
mod disk;
mod env;
mod network;
mod outgoing;
mod process;
mod random;
mod real;
mod sim;
mod spawn;
mod utc_text;

pub use clock::{Clock, Mono};
pub use disk::{DirEntry, Disk, File, FileSystem, Lock, LockError, OpenMode, Space};
pub use env::Env;
pub use network::{NetListener, NetStream, Network};
pub use outgoing::{Outgoing, write_chunks};
pub use process::process_label;
pub use random::Random;
pub use real::{RealClock, RealDisk, RealNetwork, RealRandom, RealSpawner, raise_open_file_limit};
pub use sim::{Fault, FaultKind, FaultOn, Sim, SimClock, SimDisk, SimNetwork, SimRandom, SimSpawner};
pub use spawn::{Spawner, Task};
pub use utc_text::utc_text;
