//! A moment as people read it.

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970 as RFC 3339 in UTC, to the second. Source: Howard Hinnant, `civil_from_days`.
///
/// ```
/// assert_eq!(log_env::utc_text(1_700_000_000_000), "2023-11-14T22:13:20Z");
/// ```
pub fn utc_text(wall_ms: i64) -> String {
    let (days, second) = (wall_ms.div_euclid(DAY_MS), wall_ms.rem_euclid(DAY_MS) / 1000);
    // Years are counted from March, so that the leap day is the last of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_of_days_and_leap_years_are_right() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_399_999, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_798_761_599_000, "2026-12-31T23:59:59Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ];
        for (wall_ms, text) in cases {
            assert_eq!(utc_text(wall_ms), text);
        }
    }
}
