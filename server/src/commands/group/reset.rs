//! `headwater group reset`.

use super::describe::cell;
use super::plan::{Facts, Goal, listed};
use super::standing::{self, Standing, Standings};
use crate::kafka_form::group_reset;
use crate::offsets::{Partitions, moment, span};
use crate::out::Out;
use crate::output;
use crate::place::OpenLog;
use anyhow::{Context, Result, anyhow, bail};
use clap::{ArgGroup, Args};
use headwater::log::{Admin, ConsumerOptions, Env, GroupId, KafkaCode, Offset, OffsetAndMetadata, OffsetSpec, Timestamp, TopicPartition};
use serde_json::json;
use std::path::PathBuf;

/// What to move, and where to.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("goal").required(true).multiple(false))]
pub(super) struct ResetArguments {
    /// The group; one that has committed nothing yet begins where this puts it
    group: String,
    /// A topic, with or without partitions: t or t:0,2-4; several times for several
    #[arg(short, long, value_name = "TOPIC[:PARTITIONS]")]
    topic: Vec<String>,
    /// All topics that the group has committed for
    #[arg(long, conflicts_with = "topic")]
    all_topics: bool,
    /// To the first record there is
    #[arg(long, group = "goal")]
    to_earliest: bool,
    /// To the end: only what comes from now on
    #[arg(long, group = "goal")]
    to_latest: bool,
    /// To where it stands; the end where it has committed nothing
    #[arg(long, group = "goal")]
    to_current: bool,
    /// To this offset, or the nearest there is
    #[arg(long, group = "goal", value_name = "N")]
    to_offset: Option<u64>,
    /// To the first record of this time or later: 2026-11-21T10:00:00Z, 2026-11-21 or milliseconds since 1970
    #[arg(long, group = "goal", value_name = "TIME")]
    to_datetime: Option<String>,
    /// By so many records, back with a minus
    #[arg(long, group = "goal", value_name = "N", allow_negative_numbers = true)]
    shift_by: Option<i64>,
    /// To the first record that is at most so old: 1h30m, 2d or PT1H30M
    #[arg(long, group = "goal", value_name = "DURATION")]
    by_duration: Option<String>,
    /// To what the lines of a file say: TOPIC,PARTITION,OFFSET
    #[arg(long, group = "goal", value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Does it; without it the command only shows what it would do
    #[arg(long)]
    execute: bool,
    /// Shows it only, which is the default
    #[arg(long, conflicts_with = "execute")]
    dry_run: bool,
    /// A JSON object a partition instead of a table
    #[arg(long)]
    json: bool,
    /// The lines of kafka-consumer-groups.sh --reset-offsets
    #[arg(long, conflicts_with = "json")]
    kafka: bool,
}

/// A partition and where it goes.
struct Move {
    partition: TopicPartition,
    standing: Standing,
    to: Offset,
}

impl ResetArguments {
    /// What is wrong whatever the log holds.
    pub(super) fn check(&self) -> Result<()> {
        if self.group.is_empty() {
            bail!("the group has no name");
        }
        let goal = self.goal()?;
        if self.topic.is_empty() && !self.all_topics && !matches!(goal, Goal::Listed(_)) {
            bail!("say what to reset: --topic TOPIC, --topic TOPIC:PARTITIONS, or --all-topics");
        }
        self.topic.iter().try_for_each(|text| Partitions::parse(text).map(|_| ()))
    }

    fn goal(&self) -> Result<Goal> {
        let now_ms = Env::real().clock.wall_ms();
        Ok(match self {
            _ if self.to_earliest => Goal::Earliest,
            _ if self.to_latest => Goal::Latest,
            ResetArguments { to_offset: Some(offset), .. } => Goal::At(i64::try_from(*offset).unwrap_or(i64::MAX)),
            ResetArguments { shift_by: Some(by), .. } => Goal::ShiftBy(*by),
            ResetArguments { to_datetime: Some(text), .. } => Goal::Time(moment(text, now_ms).ok_or_else(|| {
                anyhow!(
                    "--to-datetime takes a time like 2026-11-21T10:00:00Z, a day like 2026-11-21, or milliseconds since 1970, not {text:?}"
                )
            })?),
            ResetArguments { by_duration: Some(text), .. } => {
                let ago = span(text).context("--by-duration")?;
                Goal::Time(Timestamp(now_ms.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX))))
            }
            ResetArguments { from_file: Some(path), .. } => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Goal::Listed(listed(&text).with_context(|| format!("{} is no list of offsets", path.display()))?)
            }
            _ => Goal::Current,
        })
    }
}

pub(super) async fn run(log: &OpenLog, arguments: &ResetArguments, out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let (group, goal) = (GroupId::from(arguments.group.as_str()), arguments.goal()?);
    let mut moves = Vec::new();
    for (partition, standing) in chosen(admin.as_ref(), &group, arguments, &goal).await? {
        // A partition that is gone cannot be read anyway.
        let Some(limits) = standing.limits else { continue };
        let at_time = match &goal {
            Goal::Time(time) => admin.find_offset(&partition, OffsetSpec::AtOrAfter(*time)).await?.map(|found| found.offset),
            _ => None,
        };
        let to = goal.offset(&partition, Facts { limits, committed: standing.committed, at_time })?;
        moves.push(Move { partition, standing, to });
    }
    if moves.is_empty() {
        bail!("there is nothing to reset: group {group} has committed for no topic that exists; name one with --topic");
    }
    if arguments.execute {
        commit(log, &group, &moves).await?;
    }
    if arguments.kafka {
        let moves: Vec<(&TopicPartition, i64)> = moves.iter().map(|one| (&one.partition, one.to.0)).collect();
        return group_reset(group.as_str(), &moves, out);
    }
    show(&group, &moves, arguments.json, out)?;
    if !arguments.execute {
        out.flush()?;
        output::message("nothing was changed; say --execute to do it");
    }
    Ok(())
}

/// The partitions that are meant, and where the group stands in them.
async fn chosen(admin: &dyn Admin, group: &GroupId, arguments: &ResetArguments, goal: &Goal) -> Result<Standings> {
    let committed = standing::committed(admin, group).await?;
    if arguments.all_topics {
        standing::check_known(admin, group).await?;
        return Ok(committed);
    }
    let mut choices = arguments.topic.iter().map(|text| Partitions::parse(text)).collect::<Result<Vec<_>>>()?;
    if let Goal::Listed(offsets) = goal
        && choices.is_empty()
    {
        let one = |partition: &TopicPartition| Partitions { topic: partition.topic.clone(), chosen: Some([partition.partition].into()) };
        choices = offsets.keys().map(one).collect();
    }
    let mut standings = Standings::new();
    for choice in choices {
        let Some(limits) = standing::topic_limits(admin, &choice.topic).await? else { bail!("topic {} does not exist", choice.topic) };
        choice.check(limits.len())?;
        for (number, limits) in limits.into_iter().filter(|(number, _)| choice.contains(*number)) {
            let partition = choice.topic.partition(number);
            let fresh = || Standing { committed: None, metadata: String::new(), limits: Some(limits) };
            let standing = committed.get(&partition).cloned().unwrap_or_else(fresh);
            standings.insert(partition, standing);
        }
    }
    Ok(standings)
}

async fn commit(log: &OpenLog, group: &GroupId, moves: &[Move]) -> Result<()> {
    let options = ConsumerOptions { client_id: "headwater-group".into(), group: Some(group.clone()), ..ConsumerOptions::default() };
    let mut consumer = log.consumer(options).await?;
    let offsets = moves.iter().map(|one| (one.partition.clone(), OffsetAndMetadata::at(one.to))).collect();
    let committed = consumer.commit(offsets).await;
    let closed = consumer.close().await;
    if let Err(error) = committed {
        // Only a group without members takes offsets from somebody who is none.
        return Err(match error.kafka_code() {
            KafkaCode::UnknownMemberId | KafkaCode::IllegalGeneration | KafkaCode::RebalanceInProgress | KafkaCode::ProducerFenced => {
                anyhow!("group {group} has members; stop them, then reset it")
            }
            _ => anyhow!(error).context(format!("group {group} was not reset")),
        });
    }
    Ok(closed?)
}

fn show(group: &GroupId, moves: &[Move], as_json: bool, out: &mut Out<'_>) -> Result<()> {
    let mut rows = Vec::new();
    for Move { partition, standing, to } in moves {
        let (current, lag) = (standing.committed.map(|offset| offset.0), standing.lag(Some(*to)));
        let end = standing.limits.map(|limits| limits.end.0);
        if as_json {
            out.line(json!({
                "group": group.as_str(),
                "topic": partition.topic.as_str(),
                "partition": partition.partition,
                "current": current,
                "new": to.0,
                "end": end,
                "lag": lag,
            }))?;
        } else {
            let names = [group.to_string(), partition.topic.to_string(), partition.partition.to_string()];
            rows.push(names.into_iter().chain([cell(current), to.to_string(), cell(end), cell(lag)]).collect());
        }
    }
    if as_json {
        return Ok(());
    }
    output::table(out, &["GROUP", "TOPIC", "PARTITION", "CURRENT", "NEW", "END", "LAG"], rows)
}
