//! Traces and crash images: what the platter may hold if the power is cut at a given moment.
//!
//! A trace is a snapshot after every operation that changes anything; snapshots share all pages they have in common.

use super::content::Survival;
use super::disk::SimDisk;
use super::state::{Node, State};
use crate::Random;
use std::collections::BTreeMap;
use std::sync::Arc;

fn draw(random: &dyn Random) -> Survival {
    match random.below(8) {
        0 => Survival::Sectors(0),
        1 => Survival::Sectors(256),
        2 | 3 => Survival::Prefix,
        4 => Survival::Sectors(16),
        5 => Survival::Sectors(240),
        _ => Survival::Sectors(128),
    }
}

/// What a power cut at this state leaves; all of it durable.
pub(super) fn power_cut(state: &State, random: &dyn Random) -> State {
    let common = draw(random);
    let differs = random.below(2) == 0;
    let mut nodes = BTreeMap::new();
    for (id, node) in &state.nodes {
        let survival = if differs { draw(random) } else { common };
        let left = match node.as_ref() {
            Node::File(content) if content.is_clean() => node.clone(),
            Node::Directory(directory) if directory.is_clean() => node.clone(),
            Node::File(content) => Arc::new(Node::File(content.after_power_cut(survival, random))),
            Node::Directory(directory) => Arc::new(Node::Directory(directory.after_power_cut(survival, random))),
        };
        nodes.insert(*id, left);
    }
    State::with_nodes(nodes, state)
}

impl SimDisk {
    /// From here on every change is a point at which the power may be cut; point 0 is now.
    pub fn start_trace(&self) {
        let mut inner = self.inner.lock();
        inner.trace = Some(vec![inner.state.clone()]);
    }

    /// The number of crash points so far: the points are `0..crash_points()`, the last one is now.
    pub fn crash_points(&self) -> usize {
        self.inner.lock().trace.as_ref().map_or(0, Vec::len)
    }

    /// A disk as a power cut at `point` may leave it: synced data and names, and a drawn subset of the unsynced ones.
    ///
    /// # Panics
    /// If no trace was started or it has no such point.
    pub fn image(&self, point: usize, random: &dyn Random) -> SimDisk {
        let state = self.inner.lock().trace.as_ref().expect("start_trace comes first")[point].clone();
        SimDisk::with_state(power_cut(&state, random))
    }

    /// A disk as a power cut now may leave it.
    pub fn crash(&self, random: &dyn Random) -> SimDisk {
        let state = self.inner.lock().state.clone();
        SimDisk::with_state(power_cut(&state, random))
    }

    /// A disk as the death of the process at `point` leaves it: what was not synced is still in the cache, and still not on the platter.
    ///
    /// # Panics
    /// If no trace was started or it has no such point.
    pub fn process_death(&self, point: usize) -> SimDisk {
        let state = self.inner.lock().trace.as_ref().expect("start_trace comes first")[point].clone();
        SimDisk::with_state(state.as_ref().clone())
    }

    /// An independent copy of the disk as the program sees it now, all of it durable: the machine kept its power, the process died.
    pub fn copy(&self) -> SimDisk {
        let state = self.inner.lock().state.clone();
        let nodes = state.nodes.iter().map(|(id, node)| {
            let mut node = node.as_ref().clone();
            match &mut node {
                Node::File(content) => content.sync(),
                Node::Directory(directory) => directory.sync(),
            }
            (*id, Arc::new(node))
        });
        SimDisk::with_state(State::with_nodes(nodes.collect(), &state))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Disk, OpenMode, SimDisk, SimRandom};
    use std::collections::BTreeSet;
    use std::path::Path;

    fn images(disk: &SimDisk, point: usize) -> BTreeSet<Vec<(String, Vec<u8>)>> {
        let random = SimRandom::new(9);
        let content = |image: &SimDisk| {
            let files = image.files().into_iter();
            files.map(|path| (path.to_str().unwrap().to_owned(), image.read_all(&path).unwrap())).collect()
        };
        (0..200).map(|_| content(&disk.image(point, &random))).collect()
    }

    #[test]
    fn an_unsynced_write_is_lost_or_kept_and_a_synced_one_is_kept() {
        let disk = SimDisk::new();
        let file = disk.open(Path::new("a"), OpenMode::CreateNew).unwrap();
        file.write_at(b"one", 0).unwrap();
        file.sync_data().unwrap();
        disk.sync_dir(Path::new("")).unwrap();
        disk.start_trace();
        file.write_at(b"two", 0).unwrap();
        file.sync_data().unwrap();
        assert_eq!(disk.crash_points(), 3);
        let of = |text: &[u8]| vec![("a".to_owned(), text.to_vec())];
        assert_eq!(images(&disk, 0), BTreeSet::from([of(b"one")]));
        assert_eq!(images(&disk, 1), BTreeSet::from([of(b"one"), of(b"two")]));
        assert_eq!(images(&disk, 2), BTreeSet::from([of(b"two")]));
    }

    #[test]
    fn a_rename_is_whole_or_not_at_all_until_the_directory_is_synced() {
        let disk = SimDisk::new();
        for (name, text) in [("new", "2"), ("old", "1")] {
            let file = disk.open(Path::new(name), OpenMode::CreateNew).unwrap();
            file.write_at(text.as_bytes(), 0).unwrap();
            file.sync_data().unwrap();
        }
        disk.sync_dir(Path::new("")).unwrap();
        disk.start_trace();
        disk.rename(Path::new("new"), Path::new("old")).unwrap();
        let before = vec![("new".to_owned(), b"2".to_vec()), ("old".to_owned(), b"1".to_vec())];
        let after = vec![("old".to_owned(), b"2".to_vec())];
        assert_eq!(images(&disk, 1), BTreeSet::from([before, after.clone()]));
        disk.sync_dir(Path::new("")).unwrap();
        assert_eq!(images(&disk, 2), BTreeSet::from([after]));
    }

    #[test]
    fn removing_a_directory_may_stop_half_way() {
        let disk = SimDisk::new();
        disk.create_dir_all(Path::new("d")).unwrap();
        for name in ["d/a", "d/b"] {
            disk.open(Path::new(name), OpenMode::CreateNew).unwrap();
        }
        disk.sync_dir(Path::new("d")).unwrap();
        disk.sync_dir(Path::new("")).unwrap();
        disk.start_trace();
        disk.remove_dir_all(Path::new("d")).unwrap();
        let names = |image: Vec<(String, Vec<u8>)>| image.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let found: BTreeSet<_> = images(&disk, disk.crash_points() - 1).into_iter().map(names).collect();
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(disk.copy().files().len(), 0);
    }

    #[test]
    fn one_seed_gives_one_image() {
        let disk = SimDisk::new();
        let file = disk.open(Path::new("a"), OpenMode::CreateNew).unwrap();
        disk.sync_dir(Path::new("")).unwrap();
        file.write_at(&[7; 20_000], 0).unwrap();
        let left = |seed| disk.crash(&SimRandom::new(seed)).read_all(Path::new("a")).unwrap();
        assert_eq!(left(5), left(5));
        assert!((6..30).any(|seed| left(seed) != left(5)));
    }
}
