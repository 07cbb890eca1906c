//! `kafka-transactions.sh`: `list`, `describe` and `describe-producers`.

use super::pad::{pretty_table, words};
use crate::out::Out;
use anyhow::Result;
use headwater::admin::{ActiveProducer, TransactionDescription, TransactionListing};
use headwater::log::TopicPartition;

/// What stands for a value that is not there.
const NONE: &str = "None";

fn table(rows: &[Vec<String>], out: &mut Out<'_>) -> Result<()> {
    pretty_table(rows).iter().try_for_each(|line| out.line(line))
}

/// `list`.
pub(crate) fn transactions_listed(found: &[TransactionListing], out: &mut Out<'_>) -> Result<()> {
    let mut rows = vec![words(&["TransactionalId", "Coordinator", "ProducerId", "TransactionState"])];
    rows.extend(
        found
            .iter()
            .map(|one| vec![one.transactional_id.clone(), one.coordinator.to_string(), one.producer_id.to_string(), one.state.clone()]),
    );
    table(&rows, out)
}

/// `describe`.
pub(crate) fn transaction(found: &TransactionDescription, now_ms: i64, out: &mut Out<'_>) -> Result<()> {
    let header = words(&[
        "CoordinatorId",
        "TransactionalId",
        "ProducerId",
        "ProducerEpoch",
        "TransactionState",
        "TransactionTimeoutMs",
        "CurrentTransactionStartTimeMs",
        "TransactionDurationMs",
        "TopicPartitions",
    ]);
    let started = |text: fn(i64, i64) -> i64| found.started_ms.map_or(NONE.to_string(), |started| text(started, now_ms).to_string());
    let row = vec![
        found.coordinator.to_string(),
        found.transactional_id.clone(),
        found.producer.0.to_string(),
        found.producer.1.to_string(),
        found.state.clone(),
        found.timeout_ms.to_string(),
        started(|started, _| started),
        started(|started, now| now - started),
        found.partitions.iter().map(TopicPartition::to_string).collect::<Vec<_>>().join(","),
    ];
    table(&[header, row], out)
}

/// `describe-producers` of one partition.
pub(crate) fn producers(found: &[ActiveProducer], out: &mut Out<'_>) -> Result<()> {
    let header =
        ["ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence", "LastTimestamp", "CurrentTransactionStartOffset"];
    let mut rows = vec![words(&header)];
    rows.extend(found.iter().map(|producer| {
        vec![
            producer.producer_id.to_string(),
            producer.epoch.to_string(),
            producer.coordinator_epoch.to_string(),
            producer.last_sequence.unwrap_or(-1).to_string(),
            producer.last_timestamp_ms.unwrap_or(-1).to_string(),
            producer.transaction_start.map_or(NONE.to_string(), |offset| offset.to_string()),
        ]
    }));
    table(&rows, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater::log::TopicName;

    fn description(started_ms: Option<i64>) -> TransactionDescription {
        let topic = TopicName::new("t").expect("a name");
        TransactionDescription {
            transactional_id: "billing".into(),
            coordinator: 1,
            producer: (7, 3),
            state: "Ongoing".into(),
            timeout_ms: 60_000,
            started_ms,
            partitions: vec![topic.partition(0), topic.partition(2)],
        }
    }

    #[test]
    fn a_transaction_is_a_row_with_its_age_and_partitions() {
        for (started, expected) in [(Some(1000), ["1000", "250"]), (None, ["None", "None"])] {
            let shown = crate::out::printed(|out| transaction(&description(started), 1250, out));
            let cells: Vec<&str> = shown.lines().nth(1).expect("a row").split('\t').map(str::trim_end).collect();
            assert_eq!(cells[..6], ["1", "billing", "7", "3", "Ongoing", "60000"]);
            assert_eq!((&cells[6..8], cells[8]), (&expected[..], "t-0,t-2"));
        }
    }

    #[test]
    fn lists_are_padded_to_their_longest_cell_with_a_tab_behind_each() {
        let one = TransactionListing { transactional_id: "b".into(), coordinator: 1, producer_id: 70, state: "Empty".into() };
        assert_eq!(
            crate::out::printed(|out| transactions_listed(&[one], out)),
            "TransactionalId\tCoordinator\tProducerId\tTransactionState\t\nb              \t1          \t70        \tEmpty           \t\n"
        );
        let producer = ActiveProducer {
            producer_id: 5,
            epoch: 0,
            last_sequence: None,
            last_timestamp_ms: Some(9),
            transaction_start: None,
            coordinator_epoch: -1,
        };
        let shown = crate::out::printed(|out| producers(&[producer], out));
        let cells: Vec<&str> = shown.lines().nth(1).expect("a row").split('\t').map(str::trim_end).collect();
        assert_eq!(cells, ["5", "0", "-1", "-1", "9", "None", ""]);
    }
}
