//! Transactions (ListTransactions, DescribeTransactions).

use crate::call::Coordinated;
use crate::error::check;
use crate::{ClusterAdmin, Result};
use log_model::{TopicName, TopicPartition};
use log_wire::messages::{DescribeTransactionsRequest, ListTransactionsRequest};

/// A transactional id as its coordinator lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionListing {
    /// The id.
    pub transactional_id: String,
    /// The node in charge.
    pub coordinator: i32,
    /// Its producer.
    pub producer_id: i64,
    /// Its state in Kafka's words: `Ongoing`, `CompleteCommit`.
    pub state: String,
}

/// Which transactional ids are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// Only those whose transaction has been open for longer.
    pub open_for_ms: Option<i64>,
    /// Only those that match this regular expression as a whole.
    pub pattern: Option<String>,
}

/// A transactional id and its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionDescription {
    /// The id.
    pub transactional_id: String,
    /// The node in charge.
    pub coordinator: i32,
    /// Its producer and that one's epoch.
    pub producer: (i64, i16),
    /// Its state in Kafka's words.
    pub state: String,
    /// How long a transaction of it may take.
    pub timeout_ms: i32,
    /// When the open one began, in milliseconds since 1970; none if none is open.
    pub started_ms: Option<i64>,
    /// The partitions of the open one, in order.
    pub partitions: Vec<TopicPartition>,
}

impl ClusterAdmin {
    /// The transactional ids of all coordinators that a filter means, by name.
    ///
    /// # Errors
    /// `Invalid`: the server is too old for the filter, or finds no regular expression in it.
    pub async fn list_transactions(&self, filter: &TransactionFilter) -> Result<Vec<TransactionListing>> {
        let (call, mut found) = (self.call(), Vec::new());
        for node in call.describe_cluster().await?.nodes.iter().filter(|node| !node.is_fenced) {
            let request = ListTransactionsRequest {
                duration_filter: filter.open_for_ms.unwrap_or(-1),
                transactional_id_pattern: filter.pattern.as_deref().map(Into::into),
                ..Default::default()
            };
            let answer = call.ask_node(node, &request).await?;
            let response = answer.read()?;
            check(response.error_code, None, || format!("the transactions of node {} were not listed", node.id))?;
            found.extend(response.transaction_states.iter().map(|state| TransactionListing {
                transactional_id: state.transactional_id.to_string(),
                coordinator: node.id,
                producer_id: state.producer_id,
                state: state.transaction_state.to_string(),
            }));
        }
        found.sort_by(|one, other| one.transactional_id.cmp(&other.transactional_id));
        Ok(found)
    }

    /// One transactional id. Errors: `TransactionalIdNotFound`.
    pub async fn describe_transaction(&self, transactional_id: &str) -> Result<TransactionDescription> {
        let call = self.call();
        call.coordinated(Coordinated::Transaction(transactional_id), async |node| {
            let request = DescribeTransactionsRequest { transactional_ids: vec![transactional_id.into()] };
            let answer = call.ask_node(&node, &request).await?;
            let response = answer.read()?;
            let what = || format!("transactional id {transactional_id}");
            let Some(state) = response.transaction_states.first() else {
                return Err(crate::Error::Invalid { reason: format!("the server told nothing of {}", what()) });
            };
            check(state.error_code, None, what)?;
            let named = |topic: &str| TopicName::new(topic).ok();
            let mut partitions: Vec<TopicPartition> = state
                .topics
                .iter()
                .filter_map(|topic| Some((named(&topic.topic)?, &topic.partitions)))
                .flat_map(|(topic, partitions)| partitions.iter().map(move |partition| topic.partition(*partition)))
                .collect();
            partitions.sort();
            Ok(TransactionDescription {
                transactional_id: transactional_id.to_string(),
                coordinator: node.id,
                producer: (state.producer_id, state.producer_epoch),
                state: state.transaction_state.to_string(),
                timeout_ms: state.transaction_timeout_ms,
                started_ms: Some(state.transaction_start_time_ms).filter(|started| *started >= 0),
                partitions,
            })
        })
        .await
    }
}
