//! The quotas of clients, kept as one setting.

use crate::handlers::refusal::Refusal;
use crate::node::core::{Core, closed};
use crate::node::settings::encode_setting;
use log_model::quota::Quotas;

const QUOTAS: &str = "quota/clients";

/// All quotas.
pub(super) fn quotas(core: &Core) -> Quotas {
    core.settings.get(QUOTAS).unwrap_or_default()
}

/// Stores all quotas. Durable once the future is done.
pub(super) fn store(core: &Core, quotas: &Quotas) -> impl Future<Output = Result<(), Refusal>> + use<> {
    let stored = encode_setting(quotas).and_then(|value| core.settings.change(core, vec![(QUOTAS.to_owned(), Some(value))]));
    async { Ok(stored?.await.unwrap_or_else(|_| Err(closed()))?) }
}
