//! What flows between SQL operators: weighted rows with their event times.

mod batch;
mod consolidate;
mod letters;
mod origin;

pub use batch::DeltaBatch;
pub use letters::Letters;
pub use origin::Origin;
