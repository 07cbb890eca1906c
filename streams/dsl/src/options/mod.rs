//! Option values: what an operation may be told beyond its arguments. Everything has a default; unset serdes are inherited from
//! upstream, else built in for the type, else an error of [`crate::StreamsBuilder::build`].

mod consumed;
mod grouped;
mod materialized;
mod produced;
mod repartitioned;

pub use consumed::Consumed;
pub use grouped::Grouped;
pub use materialized::Materialized;
pub use produced::Produced;
pub use repartitioned::Repartitioned;
