//! What flows between SQL operators: weighted rows with their event times.

mod batch;
mod consolidate;
mod origin;

pub use batch::DeltaBatch;
pub use origin::Origin;
