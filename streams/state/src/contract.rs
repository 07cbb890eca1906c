//! What every store does, as tests run by each of them: backing stores bare, and the cache over each.

use crate::{Backing, CacheLimit, CachedStore, HashedKey, MemoryLimit, MemoryStore, Result, RocksStore, Store, Updated, key_hash};
use bytes::Bytes;
use log_model::Offset;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

/// Every backing store: one list.
fn each_backing(mut test: impl FnMut(&str, Box<dyn Backing>)) {
    test("memory", Box::new(MemoryStore::new()));
    let directory = tempfile::tempdir().unwrap();
    test("rocks", Box::new(rocks(directory.path())));
}

fn rocks(path: &Path) -> RocksStore {
    RocksStore::open(path, b"contract", &MemoryLimit::process()).unwrap()
}

fn small(backing: Box<dyn Backing>) -> CachedStore {
    CachedStore::new("test", backing, CacheLimit { cache_bytes: 500, unflushed_bytes: 300 })
}

fn entries(mut scan: impl FnMut(crate::Scan<'_>) -> Result<()>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut seen = Vec::new();
    scan(&mut |key, value| {
        seen.push((key.to_vec(), value.to_vec()));
        Ok(ControlFlow::Continue(()))
    })
    .unwrap();
    seen
}

#[test]
fn a_backing_store_keeps_what_was_written_last_and_its_offset() {
    each_backing(|name, mut store| {
        assert_eq!(store.changelog_offset(), None, "{name}");
        let changes: [crate::Change<'_>; 4] = [(b"b", Some(b"1")), (b"a", Some(b"2")), (b"b", Some(b"3")), (b"c", None)];
        store.write(&mut changes.into_iter(), Offset(4)).unwrap();
        store.write(&mut [(&b"a"[..], None), (b"", Some(&b""[..]))].into_iter(), Offset(6)).unwrap();
        assert_eq!(store.changelog_offset(), Some(Offset(6)), "{name}");
        assert_eq!(store.multi_get(&[b"b", b"a", b"b", b""]).unwrap(), [Some(b"3".to_vec()), None, Some(b"3".to_vec()), Some(vec![])]);
        assert_eq!(entries(|visit| store.scan(b"", None, visit)), [(vec![], vec![]), (b"b".to_vec(), b"3".to_vec())], "{name}");
        store.clear().unwrap();
        assert_eq!((store.changelog_offset(), store.get(b"b").unwrap()), (None, None), "{name}");
    });
}

#[test]
fn a_large_sorted_run_is_written_over_what_is_there() {
    each_backing(|name, mut store| {
        let run: Vec<(Vec<u8>, Vec<u8>)> =
            (0..12_000u32).map(|number| (number.to_be_bytes().to_vec(), number.to_le_bytes().to_vec())).collect();
        store.write(&mut [(&5u32.to_be_bytes()[..], Some(&b"old"[..])), (b"zzzz", Some(b"kept"))].into_iter(), Offset(2)).unwrap();
        for round in 0..2 {
            let deleted = |key: &[u8]| round == 1 && key[3] == 7;
            let mut changes = run.iter().map(|(key, value)| (key.as_slice(), (!deleted(key)).then_some(value.as_slice())));
            store.write_sorted(&mut changes, Offset(20_000)).unwrap();
        }
        assert_eq!(store.get(&5u32.to_be_bytes()).unwrap(), Some(5u32.to_le_bytes().to_vec()), "{name}");
        assert_eq!(store.get(&7u32.to_be_bytes()).unwrap(), None, "{name}");
        assert_eq!(store.get(b"zzzz").unwrap(), Some(b"kept".to_vec()), "{name}");
        assert_eq!(store.changelog_offset(), Some(Offset(20_000)), "{name}");
        let deleted = run.iter().filter(|(key, _)| key[3] == 7).count();
        assert_eq!(entries(|visit| store.scan(b"", None, visit)).len(), run.len() + 1 - deleted, "{name}");
    });
}

#[test]
fn a_scan_stops_where_it_is_told_to() {
    each_backing(|name, backing| {
        let mut store = small(backing);
        for key in [b"a", b"b", b"c", b"d"] {
            store.put(key, Some(key)).unwrap();
        }
        store.committed(Some(Offset(4)), true).unwrap();
        store.put(b"b", None).unwrap();
        store.put(b"bb", Some(b"new")).unwrap();
        for (from, to, stop_after, wanted) in [
            (&b"a"[..], None, 9, vec!["a", "bb", "c", "d"]),
            (b"b", Some(&b"d"[..]), 9, vec!["bb", "c"]),
            (b"a", None, 1, vec!["a"]),
            (b"a", None, 2, vec!["a", "bb"]),
            (b"c", Some(b"a"), 9, vec![]),
        ] {
            let mut seen = Vec::new();
            let mut visit = |key: &[u8], _: &[u8]| {
                seen.push(String::from_utf8(key.to_vec()).unwrap());
                Ok(if seen.len() == stop_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            };
            store.scan(from, to, &mut visit).unwrap();
            assert_eq!(seen, wanted, "{name}");
        }
    });
}

#[test]
fn nothing_uncommitted_reaches_the_backing_store() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = small(Box::new(rocks(directory.path())));
    store.put(b"k", Some(b"committed")).unwrap();
    store.committed(Some(Offset(1)), false).unwrap();
    assert_eq!(store.changelog_offset(), None, "below the limit committed entries wait in the cache");
    store.put(b"k", Some(&[b'x'; 400])).unwrap();
    assert!(store.changed_bytes() > 400 && store.unflushed_bytes() > 400);
    drop(store);
    let mut store = small(Box::new(rocks(directory.path())));
    assert_eq!((store.changelog_offset(), store.get(b"k").unwrap()), (None, None));
    store.put(b"k", Some(&[b'x'; 400])).unwrap();
    store.committed(Some(Offset(9)), false).unwrap();
    assert_eq!(store.changelog_offset(), Some(Offset(9)), "above the limit a commit moves them");
    drop(store);
    assert_eq!(rocks(directory.path()).changelog_offset(), Some(Offset(9)));
}

#[test]
fn the_cache_evicts_clean_entries_only() {
    each_backing(|name, backing| {
        let mut store = CachedStore::new("test", backing, CacheLimit { cache_bytes: 4000, unflushed_bytes: 1 << 20 });
        let key = |number: u32| number.to_be_bytes();
        for number in 0..500 {
            store.put(&key(number), Some(&[7; 20])).unwrap();
        }
        assert!(store.cached_bytes() > 50_000, "{name}: what the backing store does not have stays");
        store.committed(Some(Offset(500)), true).unwrap();
        for number in 0..1500 {
            assert_eq!(store.get(&key(number % 500)).unwrap().as_deref(), Some(&[7; 20][..]), "{name}");
        }
        for number in 1000..1500 {
            store.get(&key(number)).unwrap();
        }
        assert!(store.cached_bytes() < 6000, "{name}: {} bytes", store.cached_bytes());
    });
}

#[test]
fn entries_of_another_identity_are_deleted_at_open() {
    let directory = tempfile::tempdir().unwrap();
    rocks(directory.path()).write(&mut [(&b"a"[..], Some(&b"1"[..]))].into_iter(), Offset(1)).unwrap();
    let mut same = rocks(directory.path());
    assert_eq!(same.get(b"a").unwrap(), Some(b"1".to_vec()));
    drop(same);
    let mut other = RocksStore::open(directory.path(), b"another", &MemoryLimit::process()).unwrap();
    assert_eq!((other.get(b"a").unwrap(), other.changelog_offset()), (None, None));
}

#[test]
fn a_replay_leaves_the_newest_values_and_its_offset() {
    each_backing(|name, backing| {
        let mut store = small(backing);
        let mut restore = store.restore();
        for (offset, (key, value)) in [("a", Some("1")), ("b", Some("2")), ("a", None), ("b", Some("3"))].into_iter().enumerate() {
            restore.push(Offset(offset as i64), Bytes::from(key), value.map(Bytes::from)).unwrap();
        }
        restore.finish(Offset(7)).unwrap();
        assert_eq!(store.changelog_offset(), Some(Offset(7)), "{name}");
        assert_eq!(store.multi_get(&[b"a", b"b"]).unwrap(), [None, Some(Bytes::from("3"))], "{name}");
    });
}

#[test]
fn a_replay_of_several_runs_keeps_the_newest_values() {
    each_backing(|name, backing| {
        let mut store = small(backing);
        let mut restore = store.restore();
        // 80,000 records of a kilobyte are three runs; keys come back in later runs, one in ten of them deleted.
        let (count, keys) = (80_000u32, 50_000u32);
        for number in 0..count {
            let key = Bytes::copy_from_slice(&(number % keys).to_be_bytes());
            let deleted = number >= keys && number % 10 == 0;
            let mut value = vec![0; 1000];
            value[..4].copy_from_slice(&number.to_be_bytes());
            restore.push(Offset(i64::from(number)), key, (!deleted).then(|| Bytes::from(value))).unwrap();
        }
        restore.finish(Offset(i64::from(count))).unwrap();
        assert_eq!(store.changelog_offset(), Some(Offset(i64::from(count))), "{name}");
        for key in (0..keys).step_by(7) {
            let newest = if key < count - keys { key + keys } else { key };
            let deleted = newest >= keys && newest % 10 == 0;
            let found = store.get(&key.to_be_bytes()).unwrap();
            assert_eq!(found.map(|value| value[..4].to_vec()), (!deleted).then(|| newest.to_be_bytes().to_vec()), "{name} {key}");
        }
    });
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, Vec<u8>),
    Delete(u8),
    Append(u8),
    AppendMany(std::collections::BTreeSet<u8>),
    Get(u8),
    MultiGet(Vec<u8>),
    Scan(u8, u8),
    Commit,
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0u8..12;
    prop_oneof![
        3 => (key(), proptest::collection::vec(any::<u8>(), 0..60)).prop_map(|(key, value)| Step::Put(key, value)),
        1 => key().prop_map(Step::Delete),
        2 => key().prop_map(Step::Append),
        2 => proptest::collection::btree_set(key(), 0..6).prop_map(Step::AppendMany),
        2 => key().prop_map(Step::Get),
        1 => proptest::collection::vec(key(), 0..6).prop_map(Step::MultiGet),
        1 => (key(), key()).prop_map(|(from, to)| Step::Scan(from, to)),
        1 => Just(Step::Commit),
        1 => Just(Step::Flush),
    ]
}

/// Appends to many entries at once and deletes those that are long, in the store and in the map.
fn append_many(store: &mut CachedStore, model: &mut BTreeMap<Vec<u8>, Vec<u8>>, mut keys: Vec<u8>) {
    // In an order of their own: the later half first.
    let half = keys.len() / 2;
    keys.rotate_left(half);
    let hashed: Vec<HashedKey<'_>> = keys.iter().map(std::slice::from_ref).map(|key| HashedKey::new(key_hash(key), key)).collect();
    let mut seen = Vec::new();
    let mut append = |index: usize, old: Option<&[u8]>, new: &mut Vec<u8>| {
        seen.push(index);
        assert_eq!(old, model.get(&vec![keys[index]]).map(Vec::as_slice));
        if old.is_some_and(|old| old.len() > 40) {
            return Ok(Updated::Delete);
        }
        new.extend_from_slice(old.unwrap_or_default());
        new.extend_from_slice(b"many");
        Ok(Updated::Put)
    };
    store.update_many(&hashed, &mut append).unwrap();
    assert_eq!(seen, (0..keys.len()).collect::<Vec<_>>());
    for key in keys {
        let value = model.remove(&vec![key]).unwrap_or_default();
        if value.len() <= 40 {
            model.insert(vec![key], [value.as_slice(), b"many"].concat());
        }
    }
}

/// Runs the steps on a cache and on a plain map, comparing every answer; at each commit the changelog must hold exactly what the epoch wrote.
fn agrees_with_a_map(backing: Box<dyn Backing>, steps: &[Step]) {
    let mut store = small(backing);
    let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let mut logged: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Put(key, value) => {
                store.put(&[*key], Some(value)).unwrap();
                model.insert(vec![*key], value.clone());
            }
            Step::Delete(key) => {
                store.put(&[*key], None).unwrap();
                model.remove(&vec![*key]);
            }
            Step::Append(key) => {
                let mut append = |old: Option<&[u8]>, new: &mut Vec<u8>| {
                    new.extend_from_slice(old.unwrap_or_default());
                    new.push(*key);
                    Ok(Updated::Put)
                };
                store.update(&[*key], &mut append).unwrap();
                model.entry(vec![*key]).or_default().push(*key);
            }
            Step::AppendMany(keys) => append_many(&mut store, &mut model, keys.iter().copied().collect()),
            Step::Get(key) => assert_eq!(store.get(&[*key]).unwrap().map(|value| value.to_vec()), model.get(&vec![*key]).cloned()),
            Step::MultiGet(keys) => {
                let slices: Vec<&[u8]> = keys.iter().map(std::slice::from_ref).collect();
                let found: Vec<_> = store.multi_get(&slices).unwrap().into_iter().map(|value| value.map(|value| value.to_vec())).collect();
                assert_eq!(found, keys.iter().map(|key| model.get(&vec![*key]).cloned()).collect::<Vec<_>>());
            }
            Step::Scan(from, to) => {
                let seen = entries(|visit| store.scan(&[*from], Some(&[*to]), visit));
                let wanted = model.iter().filter(|(key, _)| (*from..*to).contains(&key[0]));
                assert_eq!(seen, wanted.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>());
            }
            Step::Commit | Step::Flush => {
                store.changes(|key, value| match value {
                    Some(value) => drop(logged.insert(key.to_vec(), value.to_vec())),
                    None => drop(logged.remove(key)),
                });
                assert_eq!(logged, model, "the changelog rebuilds the store");
                let offset = Offset(number as i64);
                store.committed(Some(offset), matches!(step, Step::Flush)).unwrap();
                assert_eq!((store.changed_bytes(), store.changed_count()), (0, 0));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_cached_memory_store_is_a_map(steps in proptest::collection::vec(step(), 1..80)) {
        agrees_with_a_map(Box::new(MemoryStore::new()), &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_cached_rocks_store_is_a_map(steps in proptest::collection::vec(step(), 1..80)) {
        let directory = tempfile::tempdir().unwrap();
        agrees_with_a_map(Box::new(rocks(directory.path())), &steps);
    }
}
