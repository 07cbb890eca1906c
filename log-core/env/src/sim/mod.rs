//! The simulated world: time that moves when told, chance from a seed, tasks on one thread, and a disk that can lose power.
//!
//! One seed, one run: the same program with the same seed takes the same steps in the same order.

mod clock;
mod content;
mod directory;
mod disk;
mod fault;
mod file;
mod image;
mod network;
mod random;
mod spawner;
mod state;
mod world;

pub use clock::SimClock;
pub use disk::SimDisk;
pub use fault::{Fault, FaultKind, FaultOn};
pub use network::SimNetwork;
pub use random::SimRandom;
pub use spawner::SimSpawner;
pub use world::Sim;
