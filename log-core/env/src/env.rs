//! The bundle of all doors to the outside world, handed down from the edge.

use crate::{Clock, Disk, Network, Random, RealClock, RealDisk, RealNetwork, RealRandom, RealSpawner, SimNetwork, Spawner};
use std::sync::Arc;

/// The outside world as one value; cheap to clone.
#[derive(Clone, Debug)]
pub struct Env {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Files.
    pub disk: Arc<dyn Disk>,
    /// Connections.
    pub network: Arc<dyn Network>,
    /// Concurrent work.
    pub spawner: Arc<dyn Spawner>,
}

impl Env {
    /// The real world. Spawning and connecting need a tokio runtime to be current at that time.
    pub fn real() -> Env {
        Env {
            clock: Arc::new(RealClock::new()),
            random: Arc::new(RealRandom::new()),
            disk: Arc::new(RealDisk::new()),
            network: Arc::new(RealNetwork::new()),
            spawner: Arc::new(RealSpawner::new()),
        }
    }

    /// The real world without its network: whoever listens is reached from this process alone, and nobody else can be.
    pub fn without_network() -> Env {
        Env { network: Arc::new(SimNetwork::new()), ..Env::real() }
    }
}
