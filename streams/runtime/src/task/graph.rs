//! The operators of one task and the rows on their way between them.
//!
//! Nodes are numbered inputs first. Every node has an inbox; a pass visits the nodes once in that order, so rows flow through the whole graph without
//! recursion and each node sees all rows of a pass from its inputs in a fixed order.

use super::counters::NodeCounters;
use super::output::{TaskOutput, TooLarge, TopicWriter};
use super::targets::Targets;
use crate::context::Effects;
use crate::{Chunk, ConsumedRecord, Context, DeadLetter, Decoder, Encoder, Error, Operator, Result};
use log_model::{Timestamp, TopicPartition};
use std::collections::VecDeque;
use streams_state::CachedStore;

/// What a node does, built for this task.
pub(super) enum Work {
    Source(Box<dyn Decoder>),
    Operator(Box<dyn Operator>),
    /// With the index of the topic in the task's targets.
    Sink(Box<dyn Encoder>, usize),
}

/// One node of the task.
pub(super) struct TaskNode {
    pub(super) name: String,
    pub(super) work: Work,
    pub(super) inputs: Vec<usize>,
    pub(super) children: Vec<Vec<(usize, usize)>>,
    pub(super) stores: Vec<usize>,
    pub(super) inbox: VecDeque<(usize, Chunk)>,
    /// The least watermark of the inputs, as the operator was last told.
    pub(super) input_watermark: Timestamp,
    /// What the node passes on.
    pub(super) watermark: Timestamp,
    pub(super) counters: NodeCounters,
}

/// All nodes and stores of a task.
pub(super) struct TaskGraph {
    pub(super) nodes: Vec<TaskNode>,
    pub(super) stores: Vec<CachedStore>,
    pub(super) targets: Targets,
    pub(super) dead_letters: Vec<DeadLetter>,
    /// Records of sinks that their topic does not take.
    pub(super) too_large: Vec<TooLarge>,
    pub(super) task_partition: i32,
    pub(super) effects: Effects,
    /// A pass of time that an operator holds up because it is still closing; whether it is for every operator.
    pub(super) unfinished: Option<bool>,
}

/// What a node is called for.
pub(super) enum Call<'a> {
    Open,
    Process(usize, Chunk),
    Advance(Timestamp),
    FinishEpoch,
    Decode(&'a TopicPartition, &'a [ConsumedRecord]),
}

impl TaskGraph {
    /// Calls one node and puts what it forwards into the inboxes of its children.
    pub(super) fn call(&mut self, index: usize, call: Call<'_>, stream_time: Timestamp) -> Result<()> {
        let node = &mut self.nodes[index];
        let mut context = Context {
            effects: &mut self.effects,
            stores: &mut self.stores,
            own_stores: &node.stores,
            stream_time,
            watermark: node.input_watermark,
            task_partition: self.task_partition,
        };
        let called = match (&mut node.work, call) {
            (Work::Source(decoder), Call::Decode(partition, records)) => {
                node.counters.rows_in += records.len() as u64;
                decoder.decode(partition, records, &mut context).map(|rows| context.forward(rows))
            }
            (Work::Operator(operator), Call::Process(port, chunk)) => {
                node.counters.rows_in += chunk.count() as u64;
                operator.process(port, chunk, &mut context)
            }
            (Work::Operator(operator), Call::Open) => operator.open(&mut context),
            (Work::Operator(operator), Call::Advance(watermark)) => operator.advance(watermark, &mut context),
            (Work::Operator(operator), Call::FinishEpoch) => operator.finish_epoch(&mut context),
            _ => Ok(()),
        };
        called.map_err(|error| error.at_node(&node.name))?;
        self.route(index)
    }

    /// Moves the effects of the last call to where they belong.
    fn route(&mut self, index: usize) -> Result<()> {
        for forwarded in self.effects.forwarded.drain(..) {
            self.nodes[index].counters.rows_out += forwarded.chunk.count() as u64;
            let Some(children) = self.nodes[index].children.get(forwarded.output) else {
                let name = &self.nodes[index].name;
                return Err(
                    Error::bug(format!("it forwards to output {}, which it was not declared to have", forwarded.output)).at_node(name)
                );
            };
            let Some((last, others)) = children.split_last() else { continue };
            let (last, others) = (*last, others.to_vec());
            for (child, port) in others {
                self.nodes[child].inbox.push_back((port, forwarded.chunk.clone()));
            }
            self.nodes[last.0].inbox.push_back((last.1, forwarded.chunk));
        }
        for (reason, count) in self.effects.drops.drain(..) {
            self.nodes[index].counters.dropped(reason, count);
        }
        self.dead_letters.append(&mut self.effects.dead_letters);
        Ok(())
    }

    /// Lets the node work off its inbox.
    pub(super) fn drain(&mut self, index: usize, stream_time: Timestamp, out: &mut dyn TaskOutput) -> Result<()> {
        while let Some((port, chunk)) = self.nodes[index].inbox.pop_front() {
            let node = &mut self.nodes[index];
            match &mut node.work {
                Work::Sink(encoder, target) => {
                    node.counters.rows_in += chunk.count() as u64;
                    let topic = &self.targets.all()[*target];
                    let too_large = &mut self.too_large;
                    let task_partition = self.task_partition;
                    let mut writer = TopicWriter { out, node: index, target: *target, topic, task_partition, written: 0, too_large };
                    encoder.encode(chunk, &mut writer).map_err(|error| error.at_node(&node.name))?;
                    node.counters.rows_out += writer.written;
                }
                _ => self.call(index, Call::Process(port, chunk), stream_time)?,
            }
        }
        Ok(())
    }

    /// One pass of rows through the whole graph.
    pub(super) fn drain_all(&mut self, stream_time: Timestamp, out: &mut dyn TaskOutput) -> Result<()> {
        (0..self.nodes.len()).try_for_each(|index| self.drain(index, stream_time, out))
    }

    /// The least watermark of a node's inputs; for a source what it was set to.
    pub(super) fn least_input(&self, index: usize) -> Timestamp {
        let node = &self.nodes[index];
        node.inputs.iter().map(|input| self.nodes[*input].watermark).min().unwrap_or(node.watermark)
    }

    /// Whether a pass of time has not come to its end: call [`TaskGraph::pass_time`] again.
    pub(super) fn is_closing(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Lets watermarks follow: each node whose input watermark moved (or every operator, if `always`) is advanced, after the rows that the nodes before
    /// it emitted. No node is below `floor`. The pass ends at an operator that is not done with its closing; behind it only rows go on.
    pub(super) fn pass_time(&mut self, floor: Timestamp, always: bool, stream_time: Timestamp, out: &mut dyn TaskOutput) -> Result<()> {
        let always = self.unfinished.take().unwrap_or(false) || always;
        for index in 0..self.nodes.len() {
            self.drain(index, stream_time, out)?;
            if self.unfinished.is_some() {
                continue;
            }
            let input = self.least_input(index).max(floor);
            let node = &mut self.nodes[index];
            let moved = input > node.input_watermark;
            node.input_watermark = node.input_watermark.max(input);
            let input = node.input_watermark;
            if let Work::Operator(operator) = &node.work
                && (moved || always || operator.is_closing())
            {
                self.call(index, Call::Advance(input), stream_time)?;
            }
            let node = &mut self.nodes[index];
            if matches!(&node.work, Work::Operator(operator) if operator.is_closing()) {
                self.unfinished = Some(always);
                continue;
            }
            let own = if let Work::Operator(operator) = &node.work { operator.watermark(input) } else { input };
            node.watermark = node.watermark.max(own).max(floor);
        }
        Ok(())
    }

    /// The largest watermark an operator asks for to close what it holds open.
    pub(super) fn open_until(&self) -> Option<Timestamp> {
        let asks = |node: &TaskNode| if let Work::Operator(operator) = &node.work { operator.open_until() } else { None };
        self.nodes.iter().filter_map(asks).max()
    }
}
