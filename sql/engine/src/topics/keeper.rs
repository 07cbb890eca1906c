//! The topics in which the program keeps its books, by their names alone.

use log_model::{TopicName, is_internal_topic};

/// The default names of the connect worker's topics.
const CONNECT_TOPICS: [&str; 3] = ["connect-configs", "connect-offsets", "connect-status"];

/// How the streams runtime ends the names of what belongs to an application.
const APPLICATION_TOPICS: [&str; 2] = ["-changelog", "-repartition"];

/// Whether the program itself keeps its books in the topic: records that it did not write would be taken for its own. The answer says who does.
///
/// It looks at the name only, so that it also knows the topics of queries that do not run now.
///
/// ```
/// use log_model::TopicName;
/// use sql_engine::topic_keeper;
///
/// assert_eq!(topic_keeper(&TopicName::new("__headwater_sql")?), Some("Headwater itself"));
/// assert_eq!(topic_keeper(&TopicName::new("connect-offsets")?), Some("the connect worker"));
/// assert_eq!(topic_keeper(&TopicName::new("sql-traffic-0badcafe-tumble-1-changelog")?), Some("a query"));
/// assert_eq!(topic_keeper(&TopicName::new("requests")?), None);
/// # Ok::<(), log_model::InvalidTopicName>(())
/// ```
pub fn topic_keeper(topic: &TopicName) -> Option<&'static str> {
    let name = topic.as_str();
    if is_internal_topic(name) {
        return Some("Headwater itself");
    }
    if CONNECT_TOPICS.contains(&name) {
        return Some("the connect worker");
    }
    is_of_query(name).then_some("a query")
}

/// Whether it is named `sql-<relation>-<eight hexadecimal digits>-<store or shuffle>-changelog`, or `-repartition`.
fn is_of_query(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("sql-") else { return false };
    let Some(rest) = APPLICATION_TOPICS.iter().find_map(|end| rest.strip_suffix(end)) else { return false };
    // Relation and store may hold further hyphens.
    let is_random = |part: &str| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    rest.split('-').skip(1).any(is_random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_of_queries_are_known_by_their_names() {
        for (name, kept) in [
            ("sql-t-00c0ffee-grouping-changelog", true),
            ("sql-my-table-00c0ffee-by-key-repartition", true),
            ("sql-00c0ffee-x-changelog", false),
            ("sql-t-coffee-grouping-changelog", false),
            ("sql-t-00c0ffee-grouping", false),
            ("t-00c0ffee-grouping-changelog", false),
            ("changelog", false),
            ("_hidden", false),
            ("connect-offsets-2", false),
        ] {
            assert_eq!(topic_keeper(&TopicName::new(name).unwrap()).is_some(), kept, "{name}");
        }
    }
}
