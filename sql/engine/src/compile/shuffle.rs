//! Brings rows of one group together, before a grouping over more than one partition.

use super::{Compiler, Step, project};
use crate::Result;
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, ident};
use sql_operators::{shuffle_decoder, shuffle_encoder};
use sql_planner::plan::Node;
use std::sync::Arc;
use streams_runtime::topology::RepartitionSpec;

/// The input of a grouping and the expressions of its groups over it.
pub(super) struct Grouped {
    pub(super) step: Step,
    pub(super) groups: Vec<Arc<dyn datafusion::physical_expr::PhysicalExpr>>,
}

/// Sends rows to the task of their group, unless there is only one. The groups become further columns at the end of the rows.
pub(super) fn compile(compiler: &mut Compiler<'_>, groups: &[Expr], input: Step, below: &Node) -> Result<Grouped> {
    if !compiler.settings.shuffle {
        let groups = groups.iter().map(|group| compiler.physical(group, &below.schema)).collect::<Result<_>>()?;
        return Ok(Grouped { step: input, groups });
    }
    let mut expressions: Vec<Expr> = below.schema.columns().into_iter().map(Expr::Column).collect();
    let mut names: Vec<String> = below.schema.fields().iter().map(|field| field.name().clone()).collect();
    let first = names.len();
    expressions.extend(groups.iter().cloned().map(Expr::unalias));
    names.extend((0..groups.len()).map(|index| format!("__group_{index}")));
    let step = project::columns(compiler, &expressions, &names, input, below)?;
    let key: Vec<usize> = (first..names.len()).collect();
    let spec = RepartitionSpec {
        name: None,
        partition_count: None,
        encoder: shuffle_encoder(&step.schema, &key)?,
        decoder: shuffle_decoder(&step.schema)?,
        describe: format!("by {}", groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    let output = compiler.builder.repartition(spec, step.output).into();
    let schema = DFSchema::try_from(Arc::clone(&step.schema)).map_err(sql_operators::Error::from)?;
    let groups = names[first..].iter().map(|name| compiler.physical(&ident(name), &schema)).collect::<Result<_>>()?;
    Ok(Grouped { step: Step { output, schema: step.schema }, groups })
}
