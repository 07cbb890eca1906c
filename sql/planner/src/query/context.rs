//! What DataFusion's planner asks while it plans a continuous query: relations as tables, functions, options.

use crate::error::Error;
use crate::relation::{Relation, Relations};
use crate::text::did_you_mean;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{DataFusionError, Result, TableReference};
use datafusion::config::ConfigOptions;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner};
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};
use std::sync::Arc;

/// A relation as a table to plan with; nothing can be read from it.
pub(super) struct RelationSource {
    pub(super) relation: Arc<Relation>,
}

impl TableSource for RelationSource {
    fn schema(&self) -> SchemaRef {
        self.relation.schema()
    }
}

/// The session's functions and the catalog's relations.
pub(super) struct Context<'a> {
    pub(super) state: &'a SessionState,
    pub(super) relations: &'a dyn Relations,
}

/// The refusal of a relation name.
pub(super) fn unknown_relation(name: &str, relations: &dyn Relations) -> Error {
    let names = relations.names();
    let hint = did_you_mean(name, names.iter().map(String::as_str)).or_else(|| {
        let some = names.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
        Some(if names.is_empty() { "there is no stream or table yet".to_string() } else { format!("there are {some}") })
    });
    Error::missing(format!("relation \"{name}\" does not exist")).with_hint_if(hint)
}

impl ContextProvider for Context<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        match self.relations.relation(name.table()) {
            Some(relation) if name.schema().is_none() => Ok(Arc::new(RelationSource { relation })),
            _ => Err(DataFusionError::External(Box::new(unknown_relation(&name.to_string(), self.relations)))),
        }
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.state.expr_planners()
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.state.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }
}
