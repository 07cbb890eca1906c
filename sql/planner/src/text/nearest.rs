//! The known name that resembles a wrong one most, for hints.

/// The candidate most like `name` (upper and lower case alike), if any is like it at all.
///
/// ```
/// assert_eq!(sql_planner::nearest("formt", ["format", "topic"]), Some("format"));
/// assert_eq!(sql_planner::nearest("xyz", ["format", "topic"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |candidate: &'a str| {
        let lower = candidate.to_lowercase();
        let edits = strsim::damerau_levenshtein(&name, &lower);
        let length = name.chars().count().max(lower.chars().count());
        (edits * 5 <= length * 2).then(|| (edits, strsim::jaro_winkler(&name, &lower), candidate))
    };
    let scored = candidates.into_iter().filter_map(likeness);
    let best = scored.min_by(|left, right| left.0.cmp(&right.0).then(right.1.total_cmp(&left.1)).then(left.2.cmp(right.2)));
    best.map(|(_, _, candidate)| candidate)
}

/// The hint that goes with [`nearest`].
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean \"{candidate}\"?"))
}
