//! What operators see: `DescribeTransactions` and `ListTransactions` (versions 0 to 2). Only settled states are shown.

use super::machine::Transactions;
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState};
use log_model::{KafkaCode, ProducerId, TopicPartition};
use regex::{Regex, RegexBuilder};

/// A compiled pattern may take so much memory.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// One transactional id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The newest producer.
    pub producer: ProducerIdAndEpoch,
    /// Where its transaction stands.
    pub state: TransactionState,
    /// How long a transaction may last.
    pub timeout_ms: i32,
    /// When the (last) transaction began; -1 before the first.
    pub start_ms: i64,
    /// What it has written to; sorted.
    pub partitions: Vec<TopicPartition>,
}

/// Which transactional ids to list; by default all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Names of states; empty for all.
    pub states: Vec<String>,
    /// Producer ids; empty for all.
    pub producer_ids: Vec<ProducerId>,
    /// Only transactions that began longer ago than this; negative for all (version 1 and later).
    pub duration_ms: i64,
    /// A regular expression for the whole id; absent or empty for all (version 2 and later).
    pub transactional_id_pattern: Option<String>,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter { states: Vec::new(), producer_ids: Vec::new(), duration_ms: -1, transactional_id_pattern: None }
    }
}

/// The answer to a [`Filter`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Names asked for that are no states.
    pub unknown_states: Vec<String>,
    /// What was found, by transactional id.
    pub transactions: Vec<Listed>,
}

/// One transactional id of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The transactional id.
    pub transactional_id: String,
    /// The newest producer's id.
    pub producer_id: ProducerId,
    /// Where its transaction stands.
    pub state: TransactionState,
}

impl Transactions {
    /// Describes a transactional id. Errors: `InvalidRequest` for the empty one, `TransactionalIdNotFound`.
    pub fn describe(&self, transactional_id: &str) -> Result<Description, KafkaCode> {
        if transactional_id.is_empty() {
            return Err(KafkaCode::InvalidRequest);
        }
        let settled = self.entries.get(transactional_id).and_then(|entry| entry.settled.as_ref());
        let settled = settled.ok_or(KafkaCode::TransactionalIdNotFound)?;
        Ok(Description {
            producer: settled.producer,
            state: settled.state,
            timeout_ms: settled.timeout_ms,
            start_ms: settled.start_ms,
            partitions: settled.partitions.iter().cloned().collect(),
        })
    }

    /// Lists transactional ids. Error: `InvalidRegularExpression`.
    pub fn list(&self, filter: &Filter, now_ms: i64) -> Result<Listing, KafkaCode> {
        let pattern = match filter.transactional_id_pattern.as_deref() {
            None | Some("") => None,
            Some(pattern) => Some(whole(pattern).map_err(|_| KafkaCode::InvalidRegularExpression)?),
        };
        let is_wanted = |name: &str, settled: &Transaction| {
            (filter.producer_ids.is_empty() || filter.producer_ids.contains(&settled.producer.id))
                && (filter.states.is_empty() || filter.states.iter().any(|state| state == settled.state.name()))
                && (filter.duration_ms < 0 || now_ms.saturating_sub(settled.start_ms) > filter.duration_ms)
                && pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
        };
        let settled = self.entries.iter().filter_map(|(name, entry)| Some((name, entry.settled.as_ref()?)));
        let found = settled.filter(|(name, settled)| is_wanted(name, settled)).map(|(name, settled)| Listed {
            transactional_id: name.to_string(),
            producer_id: settled.producer.id,
            state: settled.state,
        });
        let unknown = filter.states.iter().filter(|state| TransactionState::of_name(state).is_none());
        Ok(Listing { unknown_states: unknown.cloned().collect(), transactions: found.collect() })
    }
}

fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    // By itself first, so that `a)(b` is refused and does not become part of the brackets.
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build()?;
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES_MAX).build()
}
