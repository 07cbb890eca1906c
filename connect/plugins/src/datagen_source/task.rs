//! The task: counts rows and keeps to the rate.

use super::access_log::{AccessLog, AccessLogOptions};
use super::template::Template;
use connect_api::{
    Config, Error, Result, SourceBatch, SourceContext, SourceOffset, SourcePartition, SourcePoll, SourceRecord, SourceTask, TopicName,
    async_trait,
};
use std::time::{Duration, Instant};

/// The field of the source offset.
const ROW: &str = "row";

#[derive(Default)]
pub(super) struct DatagenTask {
    running: Option<Running>,
}

struct Running {
    topic: TopicName,
    template: Template,
    partition: SourcePartition,
    next: u64,
    end: Option<u64>,
    batch_size: u64,
    rate: Option<Rate>,
}

/// Rows a second since a moment.
struct Rate {
    per_second: u64,
    since: Instant,
    first: u64,
}

impl Rate {
    /// How many rows may be out by now, as a row number.
    fn allowed(&self) -> u64 {
        self.first + (self.since.elapsed().as_secs_f64() * self.per_second as f64) as u64
    }
}

#[async_trait]
impl SourceTask for DatagenTask {
    async fn start(&mut self, config: &Config, context: SourceContext) -> Result<()> {
        let word = config.optional_string("template")?.or(config.optional_string("quickstart")?).unwrap_or("counter").to_ascii_lowercase();
        let seed = config.int("seed")? as u64;
        let defaults = AccessLogOptions::default();
        let (name, template) = match word.as_str() {
            "access-log" | "access_log" => {
                let options = AccessLogOptions { seed, malformed_share: config.double("malformed.share")?, ..defaults };
                ("access-log", Template::AccessLog(AccessLog::new(options)))
            }
            "counter" => ("counter", Template::Counter),
            _ => ("json", Template::Orders { seed, start_ms: defaults.start_ms, schema: Template::order_schema()? }),
        };
        let partition = SourcePartition::of("template", name);
        let next = context.offset_number(&partition, ROW).and_then(|row| u64::try_from(row).ok()).unwrap_or(0);
        let per_second = config.count("rate.per.second")? as u64;
        self.running = Some(Running {
            topic: config.topic("topic")?,
            template,
            partition,
            next,
            end: config.optional_int("rows")?.and_then(|rows| u64::try_from(rows).ok()),
            batch_size: config.count("batch.size")? as u64,
            rate: (per_second > 0).then(|| Rate { per_second, since: Instant::now(), first: next }),
        });
        Ok(())
    }

    async fn poll(&mut self) -> Result<SourcePoll> {
        let running = self.running.as_mut().ok_or_else(|| Error::Bug { reason: "poll before start".into() })?;
        running.poll()
    }

    fn remaining(&self) -> Option<u64> {
        let running = self.running.as_ref()?;
        Some(running.end?.saturating_sub(running.next))
    }
}

impl Running {
    fn poll(&mut self) -> Result<SourcePoll> {
        let mut until = self.next + self.batch_size;
        if let Some(end) = self.end {
            if self.next >= end {
                return Ok(SourcePoll::EndOfInput { retry_after: Duration::from_secs(3600) });
            }
            until = until.min(end);
        }
        if let Some(rate) = &self.rate {
            until = until.min(rate.allowed());
            if until <= self.next {
                let retry_after = Duration::from_millis((1000 / rate.per_second).clamp(5, 1000));
                return Ok(SourcePoll::Idle { retry_after, waiting_for: None });
            }
        }
        let mut records = Vec::with_capacity((until - self.next) as usize);
        for row in self.next..until {
            let (key, value, timestamp) = self.template.row(row)?;
            let offset = SourceOffset::number(ROW, row as i64 + 1);
            let record = SourceRecord::new(self.topic.clone(), value).with_key(key).at(self.partition.clone(), offset);
            records.push(SourceRecord { timestamp, ..record });
        }
        self.next = until;
        Ok(SourcePoll::Records(SourceBatch::from(records)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect_api::JsonMap;
    use futures::executor::block_on;

    fn rows(template: &str, stored: Option<i64>) -> Vec<(String, String)> {
        let def = super::super::plugin().config;
        let config = def.parse(&[("topic", "t"), ("template", template), ("rows", "5"), ("batch.size", "2")]).unwrap();
        let stored = stored.map(|row| (SourcePartition::of("template", template), JsonMap::from([(ROW.into(), row.into())])));
        let mut task = DatagenTask::default();
        block_on(task.start(&config, SourceContext::new("c", 0, stored))).unwrap();
        let mut found = Vec::new();
        while let SourcePoll::Records(batch) = block_on(task.poll()).unwrap() {
            assert!(batch.records.len() <= 2);
            let pair = |record: SourceRecord| (format!("{:?}", record.value.value), record.source_offset.unwrap().to_string());
            found.extend(batch.records.into_iter().map(pair));
        }
        found
    }

    #[test]
    fn every_template_resumes_exactly_at_its_row() {
        for template in ["access-log", "counter", "json"] {
            let whole = rows(template, None);
            assert_eq!(whole.len(), 5);
            assert_eq!(whole[1].1, "{\"row\":2}");
            assert_eq!(rows(template, Some(3)), whole[3..]);
            assert_eq!(rows(template, Some(5)), []);
        }
    }
}
