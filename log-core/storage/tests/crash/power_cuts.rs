//! The power is cut at every point of recorded runs; what is left must open as a prefix of the run that holds every acknowledged step.

use crate::model::{Log, State, open, read_all};
use crate::workload::{Counts, OsStretch, Run, Step, is_compaction_of, run};
use log_env::{Random, SimDisk, SimRandom};
use log_model::{CompressionType, FlushMode, LeaderEpoch, Timestamp, TopicPartition};
use log_record::BatchBuilder;

/// How many images `cargo test` looks at; the environment variable `HEADWATER_SIM_IMAGES` asks for more.
const IMAGES: usize = 10_000;

/// How many images of each crash point.
const IMAGES_PER_POINT: usize = 2;

fn images_wanted() -> usize {
    std::env::var("HEADWATER_SIM_IMAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(IMAGES)
}

/// The step an image shows, among those that may show at this point.
fn shown<'a>(run: &'a Run, point: usize, found: &State) -> Option<&'a Step> {
    let first = run.steps.iter().rposition(|step| step.acknowledged.is_some_and(|acknowledged| acknowledged <= point)).unwrap_or(0);
    let last = run.steps.iter().rposition(|step| step.begun <= point).unwrap_or(0);
    let candidates = &run.steps[first..=last.max(first)];
    let exact = candidates.iter().find(|step| shows(run, point, (&step.state, &step.state), step, found));
    exact.or_else(|| {
        let mut pairs = candidates.windows(2);
        pairs.find(|pair| pair[1].is_gradual && shows(run, point, (&pair[0].state, &pair[1].state), &pair[1], found)).map(|pair| &pair[1])
    })
}

/// Whether every log is a prefix of its longer version and begins with its shorter one; in a step that is not gradual both are the same.
fn shows(run: &Run, point: usize, (longer, shorter): (&State, &State), step: &Step, found: &State) -> bool {
    let fits = |(partition, found): (&TopicPartition, &Log)| {
        let (longer, shorter) = (&longer[partition], &shorter[partition]);
        match step.on_os.get(partition) {
            Some(stretch) => shows_stretch(&run.stretches[*stretch], point, shorter, found),
            None if shorter == found => true,
            None if shorter.cleanup.compacts() => is_compaction_of(found, shorter),
            None => longer != shorter && longer.batches.starts_with(&found.batches) && found.batches.starts_with(&shorter.batches),
        }
    };
    found.keys().eq(shorter.keys()) && longer.keys().eq(shorter.keys()) && found.iter().all(fits)
}

/// Whether a log shows everything from before a stretch without the journal, and of the stretch as much as a checkpoint covered, or more.
fn shows_stretch(stretch: &OsStretch, point: usize, before: &Log, found: &Log) -> bool {
    let floor = stretch.floors.iter().filter(|(made, _)| *made <= point).map(|(_, count)| *count).max().unwrap_or(0);
    let begun = stretch.batches.iter().filter(|(begun, _)| *begun <= point).count();
    (floor..=begun).any(|count| {
        let mut expected = before.clone();
        stretch.batches[..count].iter().for_each(|(_, batch)| expected.append(batch));
        expected == *found
    })
}

fn summary(state: &State) -> String {
    let logs = state.iter().map(|(partition, log)| format!("{partition} {}..{} in {}", log.log_start, log.end, log.batches.len()));
    logs.collect::<Vec<_>>().join(", ")
}

/// A second cut, in the middle of the recovery, changes nothing.
fn check_interrupted(image: &SimDisk, random: &SimRandom, found: &State) {
    let before = image.copy();
    before.start_trace();
    drop(open(&before).unwrap());
    let point = random.below(before.crash_points() as u64) as usize;
    let again = open(&before.image(point, random)).unwrap();
    assert_eq!(read_all(&again).unwrap(), *found, "after a recovery that was cut short");
}

/// The process dies, the next one reads what was never synced, and then the power goes: what a reader saw must not vanish.
fn check_process_death(run: &Run, point: usize, random: &SimRandom) {
    let disk = run.disk.process_death(point);
    let found = read_all(&open(&disk).unwrap()).unwrap();
    assert!(shown(run, point, &found).is_some(), "after the death of the process: {}", summary(&found));
    let mut after = read_all(&open(&disk.crash(random)).unwrap()).unwrap();
    for (partition, log) in after.iter_mut().filter(|(_, log)| log.flush == FlushMode::Os) {
        assert!(found[partition].batches.starts_with(&log.batches), "{partition} keeps a beginning of what it had");
        *log = found[partition].clone();
    }
    assert_eq!(summary(&after), summary(&found), "a reader saw more than the disk kept");
    assert_eq!(after, found);
}

/// The recovered directory takes new batches, and they survive the next cut; nothing of a lost tail comes back.
fn check_goes_on(image: &SimDisk, random: &SimRandom, found: &State, step: &Step) {
    let mut expected = found.clone();
    image.start_trace();
    let directory = open(image).unwrap();
    for (partition, (batch, offset)) in &step.known {
        let again = directory.stage(vec![(partition.clone(), vec![batch.clone()])], 0).unwrap();
        assert!(again.results[0].1.is_duplicate && again.results[0].1.base_offset == *offset, "{partition} forgot its producer");
    }
    let mut parts = Vec::new();
    for (partition, log) in &mut expected {
        let mut builder = BatchBuilder::new(CompressionType::None);
        builder.append_parts(Timestamp(0), Some(b"key"), Some(format!("{partition} goes on").as_bytes()), &[]).unwrap();
        let batch = builder.build();
        log.append(&batch.clone().with_base_offset(log.end, LeaderEpoch(0)));
        parts.push((partition.clone(), vec![batch]));
    }
    _ = directory.stage(parts, 0).unwrap();
    directory.flush().unwrap();
    if random.below(2) == 0 {
        directory.checkpoint().unwrap();
    }
    let after = open(&image.image(image.crash_points() - 1, random)).unwrap();
    assert_eq!(read_all(&after).unwrap(), expected, "after going on");
}

fn check_image(run: &Run, point: usize, random: &SimRandom, number: usize) {
    let image = run.disk.image(point, random);
    let first = image.copy();
    let directory = open(&first).unwrap();
    let found = read_all(&directory).unwrap();
    drop(directory);
    let Some(step) = shown(run, point, &found) else {
        let steps = run.steps.iter().filter(|step| step.begun <= point).rev().take(6);
        let candidates: Vec<String> =
            steps.map(|step| format!("{}..{:?}: {}", step.begun, step.acknowledged, summary(&step.state))).collect();
        panic!("what never was: {}\nthe latest steps, newest first:\n{}", summary(&found), candidates.join("\n"));
    };
    if number.is_multiple_of(2) {
        assert_eq!(read_all(&open(&first).unwrap()).unwrap(), found, "opened twice");
    }
    match number % 8 {
        1 | 5 => check_interrupted(&image, random, &found),
        3 => check_goes_on(&image, random, &found, step),
        7 => check_process_death(run, point, random),
        _ => {}
    }
}

#[test]
fn every_power_cut_leaves_a_prefix_with_all_that_was_acknowledged() {
    let wanted = images_wanted();
    let (mut images, mut seed, mut counts) = (0, 0, Counts::default());
    while images < wanted {
        seed += 1;
        let run = run(seed, 60);
        counts.os_appends += run.counts.os_appends;
        counts.config_changes += run.counts.config_changes;
        counts.compactions += run.counts.compactions;
        let random = SimRandom::new(seed);
        let points = run.disk.crash_points();
        for point in 0..points {
            for _ in 0..IMAGES_PER_POINT {
                let check = || check_image(&run, point, &random, images);
                if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)) {
                    eprintln!("run {}, crash point {point} of {points}, image {images}", run.seed);
                    std::panic::resume_unwind(panic);
                }
                images += 1;
            }
        }
    }
    println!("{images} images of {seed} runs: {counts:?}");
    assert!(images >= wanted);
    assert!(counts.os_appends > 15 && counts.config_changes > 10 && counts.compactions > 10, "{counts:?}");
}
