//! DataFusion's session as both batch and continuous queries use it: its options and its functions, with ours besides.

use super::tumble::Tumble;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionConfig;
use std::sync::Arc;

/// The options that differ from DataFusion's own.
pub(super) fn config() -> SessionConfig {
    let mut config = SessionConfig::new().with_information_schema(true);
    let parser = &mut config.options_mut().sql_parser;
    // Columns of relations are Utf8; casts must give the same, or every comparison would cast again.
    parser.map_string_types_to_utf8view = false;
    parser.collect_spans = true;
    config
}

/// A session state with these options, DataFusion's functions and `tumble`.
pub(super) fn state(config: SessionConfig) -> SessionState {
    let mut state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let tumble = Arc::new(ScalarUDF::from(Tumble::default()));
    // Registering replaces nothing: DataFusion has no function of this name.
    let _ = datafusion::logical_expr::registry::FunctionRegistry::register_udf(&mut state, tumble);
    state
}
