//! Names that a request repeats.
//!
//! Where Kafka answers a name as often as it is named, it is answered once here: clients ask for sets, and a request of a few megabytes must not
//! be worth gigabytes of answers.

use std::collections::BTreeSet;

/// The items without those whose key came before.
pub(super) fn once<T, K: Ord>(items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> K) -> impl Iterator<Item = T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(move |item| seen.insert(key(item)))
}

#[cfg(test)]
mod tests {
    use crate::handlers::config_resource::resource_type;
    use crate::handlers::tests::client::Node;
    use log_wire::messages::describe_configs_request::DescribeConfigsResource;
    use log_wire::messages::describe_producers_request::TopicRequest;
    use log_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
    use log_wire::messages::{
        ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribeConfigsRequest, DescribeConfigsResponse,
        DescribeGroupsRequest, DescribeGroupsResponse, DescribeProducersRequest, DescribeProducersResponse, DescribeTransactionsRequest,
        DescribeTransactionsResponse, OffsetFetchRequest, OffsetFetchResponse,
    };

    const MANY: usize = 10_000;

    #[test]
    fn a_name_that_is_repeated_is_answered_once() {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 2)]);
        node.run(async |client| {
            let groups = vec!["g".into(); MANY];
            let answer: DescribeGroupsResponse<'_> = client.ask(5, &DescribeGroupsRequest { groups, ..Default::default() }).await;
            assert_eq!(answer.groups.len(), 1);
            let group_ids = vec!["g".into(); MANY];
            let answer: ConsumerGroupDescribeResponse<'_> =
                client.ask(1, &ConsumerGroupDescribeRequest { group_ids, ..Default::default() }).await;
            assert_eq!(answer.groups.len(), 1);
            let transactional_ids = vec!["x".into(); MANY];
            let answer: DescribeTransactionsResponse<'_> = client.ask(0, &DescribeTransactionsRequest { transactional_ids }).await;
            assert_eq!(answer.transaction_states.len(), 1);
            let topics = vec![TopicRequest { name: "t".into(), partition_indexes: vec![0, 1, 0, 1, 1] }; MANY / 10];
            let answer: DescribeProducersResponse<'_> = client.ask(0, &DescribeProducersRequest { topics }).await;
            assert_eq!(answer.topics.iter().map(|topic| topic.partitions.len()).sum::<usize>(), 2);
            let topics =
                vec![OffsetFetchRequestTopics { name: "t".into(), partition_indexes: vec![0, 1, 0, 1], ..Default::default() }; MANY / 10];
            let group = OffsetFetchRequestGroup { group_id: "g".into(), topics: Some(topics), member_epoch: -1, ..Default::default() };
            let answer: OffsetFetchResponse<'_> =
                client.ask(8, &OffsetFetchRequest { groups: vec![group; 10], ..OffsetFetchRequest::default() }).await;
            let partitions = answer.groups.iter().flat_map(|group| &group.topics).map(|topic| topic.partitions.len());
            assert_eq!((answer.groups.len(), partitions.sum::<usize>()), (1, 2));
        });
    }

    #[test]
    fn names_that_need_not_exist_are_not_worth_more_than_an_answer_holds() {
        let node = Node::start(&[]);
        node.create_topics(&[("t", 1)]);
        node.run(async |client| {
            let resource = |resource_type: i8, name: String| DescribeConfigsResource {
                resource_type,
                resource_name: name.into(),
                configuration_keys: None,
            };
            // One node under many spellings of its number.
            let mut resources: Vec<_> = (0..2000).map(|zeros| resource(resource_type::BROKER, format!("{}1", "0".repeat(zeros)))).collect();
            resources.extend((0..10).map(|_| resource(resource_type::BROKER, "1".into())));
            let answer: DescribeConfigsResponse<'_> = client.ask(4, &DescribeConfigsRequest { resources, ..Default::default() }).await;
            let shown = answer.results.iter().filter(|result| result.error_code == 0).count();
            assert_eq!(answer.results.len(), 2000);
            assert!((500..1500).contains(&shown), "{shown}");
            assert!(answer.results[1999].configs.is_empty() && answer.results[1999].error_code != 0);
        });
    }
}
