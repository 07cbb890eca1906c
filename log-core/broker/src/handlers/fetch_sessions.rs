//! Incremental fetch sessions (KIP-227): a client names its partitions once, later only what changed, and is answered only what is new.
//!
//! Always holds: no more sessions than slots; a session's epoch grows by one with each request that names it. A new client takes the place of the
//! session that was silent longest, if that was long enough; else it is served without a session.

use crate::handlers::fetch::Wanted;
use log_model::KafkaCode;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A session silent for less is not taken from its client (`FetchSession.evictionMs`, two minutes).
const EVICT_AFTER_MS: i64 = 120_000;
/// The partitions all sessions may hold together.
const PARTITIONS_MAX: usize = 200_000;

/// The session epoch of a request that ends its session.
const FINAL_EPOCH: i32 = -1;
/// The session epoch of a request that asks for a new session.
const INITIAL_EPOCH: i32 = 0;

/// A partition of a session.
pub(super) type Key = (String, Uuid, i32);

/// What was last answered for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) high_watermark: i64,
    pub(super) last_stable: i64,
    pub(super) log_start: i64,
}

#[derive(Debug)]
struct Entry {
    wanted: Wanted,
    told: Option<Told>,
    /// Partitions that were served last come last.
    turn: u64,
}

#[derive(Debug, Default)]
struct Session {
    epoch: i32,
    used_ms: i64,
    entries: BTreeMap<Key, Entry>,
    next_turn: u64,
}

impl Session {
    fn put(&mut self, wanted: Wanted) {
        self.next_turn += 1;
        let turn = self.next_turn;
        let entry = self.entries.entry(wanted.key()).or_insert_with(|| Entry { wanted: wanted.clone(), told: None, turn });
        entry.wanted = wanted;
    }

    fn in_turn(&self) -> Vec<Wanted> {
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_by_key(|entry| entry.turn);
        entries.into_iter().map(|entry| entry.wanted.clone()).collect()
    }
}

/// All sessions of a node.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    slots: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: BTreeMap<i32, Session>,
    last_id: i32,
}

/// What a request names of sessions.
pub(super) struct SessionRequest {
    pub(super) id: i32,
    pub(super) epoch: i32,
    pub(super) wanted: Vec<Wanted>,
    pub(super) forgotten: Vec<Key>,
}

/// What a request is to be answered.
#[derive(Debug)]
pub(super) struct Plan {
    /// The session, or 0.
    pub(super) session_id: i32,
    /// Whether only what is new is answered.
    pub(super) is_incremental: bool,
    /// What to read, in this order.
    pub(super) wanted: Vec<Wanted>,
}

impl FetchSessions {
    /// Sessions with ids from somewhere on: a client of an earlier run of the node must not meet another's.
    pub(crate) fn new(slots: usize, last_id: u64) -> FetchSessions {
        let last_id = (last_id % i32::MAX as u64) as i32;
        FetchSessions { slots, state: Mutex::new(State { last_id, ..State::default() }) }
    }

    /// What a request means. Errors: `FetchSessionIdNotFound`, `InvalidFetchSessionEpoch`.
    pub(super) fn open(&self, request: SessionRequest, now_ms: i64) -> Result<Plan, KafkaCode> {
        let mut state = self.state.lock();
        match request.epoch {
            FINAL_EPOCH | INITIAL_EPOCH => {
                state.sessions.remove(&request.id);
                let session_id = if request.epoch == INITIAL_EPOCH { self.create(&mut state, &request.wanted, now_ms) } else { 0 };
                Ok(Plan { session_id, is_incremental: false, wanted: request.wanted })
            }
            epoch => {
                let held: usize = state.sessions.values().map(|session| session.entries.len()).sum();
                if held + request.wanted.len() > PARTITIONS_MAX {
                    // The client begins anew, and is served without a session if there is no room.
                    state.sessions.remove(&request.id);
                }
                let session = state.sessions.get_mut(&request.id).ok_or(KafkaCode::FetchSessionIdNotFound)?;
                if session.epoch != epoch {
                    return Err(KafkaCode::InvalidFetchSessionEpoch);
                }
                session.epoch = if epoch == i32::MAX { 1 } else { epoch + 1 };
                session.used_ms = now_ms;
                request.forgotten.iter().for_each(|key| _ = session.entries.remove(key));
                request.wanted.into_iter().for_each(|wanted| session.put(wanted));
                Ok(Plan { session_id: request.id, is_incremental: true, wanted: session.in_turn() })
            }
        }
    }

    /// The id of a new session, or 0 if there is no slot for it.
    fn create(&self, state: &mut State, wanted: &[Wanted], now_ms: i64) -> i32 {
        let held: usize = state.sessions.values().map(|session| session.entries.len()).sum();
        if wanted.is_empty() || held + wanted.len() > PARTITIONS_MAX {
            return 0;
        }
        if state.sessions.len() >= self.slots {
            let oldest = state.sessions.iter().min_by_key(|(_, session)| session.used_ms).map(|(id, session)| (*id, session.used_ms));
            match oldest {
                Some((id, used_ms)) if now_ms - used_ms >= EVICT_AFTER_MS => _ = state.sessions.remove(&id),
                _ => return 0,
            }
        }
        loop {
            state.last_id = if state.last_id == i32::MAX { 1 } else { state.last_id + 1 };
            if !state.sessions.contains_key(&state.last_id) {
                break;
            }
        }
        let mut session = Session { epoch: 1, used_ms: now_ms, ..Session::default() };
        wanted.iter().for_each(|wanted| session.put(wanted.clone()));
        let id = state.last_id;
        state.sessions.insert(id, session);
        id
    }

    /// Notes what a partition is answered, and says whether that is news: records, an error, or offsets that moved.
    pub(super) fn tell(&self, session_id: i32, key: &Key, told: Told, has_records: bool, has_error: bool) -> bool {
        let mut state = self.state.lock();
        let Some(session) = state.sessions.get_mut(&session_id) else { return true };
        session.next_turn += 1;
        let turn = session.next_turn;
        let Some(entry) = session.entries.get_mut(key) else { return true };
        let is_news = has_records || has_error || entry.told != Some(told);
        // After an error it is news that there is none any more.
        entry.told = (!has_error).then_some(told);
        if has_records {
            entry.turn = turn;
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(partition: i32, offset: i64) -> Wanted {
        Wanted { topic: "t".into(), topic_id: Uuid::nil(), partition, offset, max_bytes: 1, leader_epoch: -1, last_fetched_epoch: -1 }
    }

    fn request(id: i32, epoch: i32, wanted: Vec<Wanted>) -> SessionRequest {
        SessionRequest { id, epoch, wanted, forgotten: Vec::new() }
    }

    fn partitions(plan: &Plan) -> Vec<(i32, i64)> {
        plan.wanted.iter().map(|wanted| (wanted.partition, wanted.offset)).collect()
    }

    #[test]
    fn a_session_remembers_what_is_not_named_again_and_forgets_what_it_is_told_to() {
        let sessions = FetchSessions::new(2, 0);
        let first = sessions.open(request(0, 0, vec![wanted(0, 5), wanted(1, 7)]), 0).unwrap();
        assert!(!first.is_incremental && first.session_id > 0);
        let id = first.session_id;
        let second = sessions.open(request(id, 1, vec![wanted(1, 8)]), 0).unwrap();
        assert_eq!((second.is_incremental, partitions(&second)), (true, vec![(0, 5), (1, 8)]));
        let third = SessionRequest { forgotten: vec![wanted(0, 0).key()], ..request(id, 2, vec![]) };
        assert_eq!(partitions(&sessions.open(third, 0).unwrap()), [(1, 8)]);
        assert_eq!(sessions.open(request(id, 2, vec![]), 0).unwrap_err(), KafkaCode::InvalidFetchSessionEpoch);
        assert_eq!(sessions.open(request(id + 1, 2, vec![]), 0).unwrap_err(), KafkaCode::FetchSessionIdNotFound);
        let closed = sessions.open(request(id, -1, vec![wanted(0, 1)]), 0).unwrap();
        assert_eq!((closed.session_id, closed.is_incremental), (0, false));
        assert_eq!(sessions.open(request(id, 3, vec![]), 0).unwrap_err(), KafkaCode::FetchSessionIdNotFound);
    }

    #[test]
    fn only_news_is_told_and_whoever_was_served_waits_for_the_others() {
        let sessions = FetchSessions::new(1, 0);
        let id = sessions.open(request(0, 0, vec![wanted(0, 0), wanted(1, 0)]), 0).unwrap().session_id;
        let told = Told { high_watermark: 3, last_stable: 3, log_start: 0 };
        let key = wanted(0, 0).key();
        assert!(sessions.tell(id, &key, told, true, false));
        assert!(!sessions.tell(id, &key, told, false, false));
        assert!(sessions.tell(id, &key, Told { last_stable: 2, ..told }, false, false));
        assert!(sessions.tell(id, &key, told, false, true));
        assert!(sessions.tell(id, &key, told, false, false));
        assert_eq!(partitions(&sessions.open(request(id, 1, vec![]), 0).unwrap()), [(1, 0), (0, 0)]);
    }

    #[test]
    fn slots_go_to_those_who_use_them() {
        let sessions = FetchSessions::new(1, 0);
        let first = sessions.open(request(0, 0, vec![wanted(0, 0)]), 0).unwrap().session_id;
        assert_eq!(sessions.open(request(0, 0, vec![wanted(0, 0)]), EVICT_AFTER_MS - 1).unwrap().session_id, 0);
        let second = sessions.open(request(0, 0, vec![wanted(0, 0)]), EVICT_AFTER_MS).unwrap().session_id;
        assert!(second > first);
        assert_eq!(sessions.open(request(first, 1, vec![]), 0).unwrap_err(), KafkaCode::FetchSessionIdNotFound);
    }
}
