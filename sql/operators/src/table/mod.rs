//! Tables: records that replace earlier ones of their key, as changes.

mod latest;
mod upsert;

pub use latest::latest_per_key;
pub use upsert::upsert_to_delta;
