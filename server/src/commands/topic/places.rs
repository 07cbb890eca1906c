//! `headwater topic offsets` and `trim`: what has to do with places in partitions.

use super::command::refuse_kept;
use crate::offsets::{Bound, From, Limits, OffsetRange, Partitions, resolve};
use crate::out::Out;
use anyhow::{Context, Result, bail};
use headwater::log::{Admin, Env, Offset, TopicPartition};

/// The place that one word names: no range.
fn place(option: &str, text: &str) -> Result<Bound> {
    match OffsetRange::parse(text, Env::real().clock.wall_ms()).with_context(|| format!("{option} {text:?}"))? {
        OffsetRange { from: Some(From::Place(place)), until: None } => Ok(place),
        _ => bail!("{option} takes one place, not {text:?}"),
    }
}

/// The partitions that are meant, and each one's limits.
async fn chosen(admin: &dyn Admin, names: &[String]) -> Result<Vec<(TopicPartition, Limits)>> {
    let chosen = names.iter().map(|text| Partitions::parse(text)).collect::<Result<Vec<_>>>()?;
    let mut partitions = Vec::new();
    for chosen in chosen {
        let topic = admin.describe_topic(&chosen.topic).await?;
        chosen.check(topic.partitions.len())?;
        let meant = topic.partitions.iter().filter(|info| chosen.contains(info.partition));
        partitions.extend(meant.map(|info| (topic.name.partition(info.partition), Limits::all(info))));
    }
    Ok(partitions)
}

fn line(partition: &TopicPartition, offset: Offset) -> String {
    format!("{}:{}:{offset}", partition.topic, partition.partition)
}

pub(super) async fn offsets(admin: &dyn Admin, names: &[String], at: &str, out: &mut Out<'_>) -> Result<()> {
    let place = place("--at", at)?;
    for (partition, limits) in chosen(admin, names).await? {
        out.line(line(&partition, resolve(admin, &partition, limits, place).await?))?;
    }
    Ok(())
}

pub(super) async fn trim(admin: &dyn Admin, names: &[String], before: &str, out: &mut Out<'_>) -> Result<()> {
    let place = place("--before", before)?;
    let partitions = chosen(admin, names).await?;
    for (partition, _) in &partitions {
        refuse_kept(&partition.topic)?;
    }
    for (partition, limits) in partitions {
        let before = resolve(admin, &partition, limits, place).await?;
        out.line(line(&partition, admin.delete_records(&partition, before).await?))?;
    }
    Ok(())
}
