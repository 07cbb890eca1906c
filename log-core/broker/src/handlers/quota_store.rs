//! The quotas of clients, kept as one setting.

use crate::node::core::Core;
use crate::node::settings::{Turn, encode_setting};
use crate::node::staging::Durable;
use log_client::Result;
use log_model::quota::Quotas;
use std::sync::Arc;

const QUOTAS: &str = "quota/clients";

/// All quotas.
pub(super) fn quotas(core: &Core) -> Quotas {
    core.settings.get(QUOTAS).unwrap_or_default()
}

/// Stores all quotas.
pub(super) fn store(core: &Arc<Core>, turn: Turn, quotas: &Quotas) -> Result<Durable> {
    core.settings.change(core, turn, vec![(QUOTAS.to_owned(), Some(encode_setting(quotas)?))], |_| {})
}
