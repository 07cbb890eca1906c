//! The power is cut at every point of recorded runs; what is left must open as a prefix of the run that holds every acknowledged step.

use crate::model::{Log, State, open, read_all};
use crate::workload::{Run, Step, run};
use log_env::{Random, SimDisk, SimRandom};
use log_model::{CompressionType, LeaderEpoch, Timestamp};
use log_record::BatchBuilder;

/// How many images `cargo test` looks at; the environment variable `HEADWATER_SIM_IMAGES` asks for more.
const IMAGES: usize = 10_000;

fn images_wanted() -> usize {
    std::env::var("HEADWATER_SIM_IMAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(IMAGES)
}

/// The step an image shows, among those that may show at this point.
fn shown<'a>(run: &'a Run, point: usize, found: &State) -> Option<&'a Step> {
    let first = run.steps.iter().rposition(|step| step.acknowledged.is_some_and(|acknowledged| acknowledged <= point)).unwrap_or(0);
    let last = run.steps.iter().rposition(|step| step.begun <= point).unwrap_or(0);
    let candidates = &run.steps[first..=last.max(first)];
    let exact = candidates.iter().find(|step| step.state == *found);
    exact.or_else(|| {
        candidates.windows(2).find(|pair| pair[1].is_gradual && is_between(&pair[0].state, &pair[1].state, found)).map(|pair| &pair[1])
    })
}

/// Whether every log is a prefix of its longer version and begins with its shorter one.
fn is_between(longer: &State, shorter: &State, found: &State) -> bool {
    let fits = |(longer, (shorter, found)): (&Log, (&Log, &Log))| {
        longer.batches.starts_with(&found.batches) && found.batches.starts_with(&shorter.batches)
    };
    found.keys().eq(longer.keys()) && longer.values().zip(shorter.values().zip(found.values())).all(fits)
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
    let after = read_all(&open(&disk.crash(random)).unwrap()).unwrap();
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
        builder.append_parts(Timestamp(0), None, Some(format!("{partition} goes on").as_bytes()), &[]).unwrap();
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
    let (mut images, mut seed) = (0, 0);
    while images < wanted {
        seed += 1;
        let run = run(seed, 60);
        let random = SimRandom::new(seed);
        let points = run.disk.crash_points();
        for point in 0..points {
            for _ in 0..4 {
                let check = || check_image(&run, point, &random, images);
                if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)) {
                    eprintln!("run {}, crash point {point} of {points}, image {images}", run.seed);
                    std::panic::resume_unwind(panic);
                }
                images += 1;
            }
        }
    }
    println!("{images} images of {seed} runs");
    assert!(images >= wanted);
}
