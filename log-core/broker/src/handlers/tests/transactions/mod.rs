//! Transactions over the network, in both protocols: commit, abort, fencing, timeouts, and a node that stops in the middle.

mod ends;
mod fencing;
mod markers;
mod refused;
mod restarts;
mod under_load;
