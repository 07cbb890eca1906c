//! Quotas of clients: whom they are for, what they limit, which one holds for a client (KIP-13, KIP-257, KIP-546, KIP-612).
//!
//! Measuring clients and delaying them is not here.

mod entity;
mod filter;
mod key;
mod quotas;

pub use entity::{EntityType, QuotaEntity, QuotaName};
pub use filter::{QuotaFilter, QuotaMatch};
pub use key::{InvalidQuota, QuotaKey};
pub use quotas::{QuotaChange, QuotaLimit, Quotas};
