//! ISO 8601 dates and times as days.

/// Days from 1970-01-01 of `2024-02-29`, `2024-02-29T13:30`, `2024-02-29 13:30:05.25`, with or without `Z` or `+02:00`.
pub(super) fn days(cell: &str) -> Option<f64> {
    let (date, rest) = cell.split_at_checked(10)?;
    let day = day(date)? as f64;
    if rest.is_empty() {
        return Some(day);
    }
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let (time, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(place) => time.split_at(place),
        None => (time, ""),
    };
    Some(day + (seconds(time.trim_end())? - zone_seconds(zone)?) / 86_400.0)
}

/// The day of `2024-02-29`, counted from 1970-01-01.
pub(super) fn day(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = lengths.get(usize::try_from(month - 1).ok()?)?;
    if parts.next().is_some() || !(1..=*length).contains(&day) {
        return None;
    }
    let months: i64 = lengths[..month as usize - 1].iter().sum();
    Some(new_year(year) + months + day - 1)
}

/// The text of a day, `2024-02-29`.
pub(super) fn text(day: i64) -> String {
    let mut year = 1970 + day.div_euclid(366).min(day.div_euclid(365)); // never too late
    while new_year(year + 1) <= day {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| first(year, *month) <= day).unwrap_or(1);
    format!("{year:04}-{month:02}-{:02}", day - first(year, month) + 1)
}

fn first(year: i64, month: i64) -> i64 {
    self::day(&format!("{year:04}-{month:02}-01")).unwrap_or_else(|| new_year(year))
}

/// The day of January 1st, counted from 1970-01-01, in the Gregorian calendar.
fn new_year(year: i64) -> i64 {
    let before = year - 1;
    let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * (year - 1970) + leaps(before) - leaps(1969)
}

/// Seconds of `13:30`, `13:30:05` or `13:30:05.25`.
fn seconds(time: &str) -> Option<f64> {
    let mut parts = time.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = match parts.next() {
        None => 0.0,
        Some(second) => {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, "0"));
            digits(whole, 2)?;
            digits(fraction, fraction.len().max(1))?;
            second.parse().ok()?
        }
    };
    let possible = parts.next().is_none() && hour < 24 && minute < 60 && second < 61.0;
    possible.then_some((hour * 3600 + minute * 60) as f64 + second)
}

/// Seconds of `Z`, `+02:00`, `-0330`; zero of nothing.
fn zone_seconds(zone: &str) -> Option<f64> {
    if ["", "Z", "z"].contains(&zone) {
        return Some(0.0);
    }
    let sign = if zone.starts_with('-') { -1.0 } else { 1.0 };
    let clock: String = zone[1..].chars().filter(|&c| c != ':').collect();
    let (hour, minute) = clock.split_at_checked(2)?;
    Some(sign * (digits(hour, 2)? * 3600 + digits(minute, 2)? * 60) as f64)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{day, days, text};

    #[test]
    fn every_day_of_eight_centuries_has_one_text() {
        let (first, last) = (day("1600-01-01").unwrap(), day("2399-12-31").unwrap());
        assert_eq!(last - first + 1, 2 * 146_097, "the calendar repeats after 146,097 days");
        for expected in first..=last {
            assert_eq!(day(&text(expected)), Some(expected));
        }
    }

    #[test]
    fn known_days_and_times() {
        assert_eq!(
            (day("1970-01-01"), day("2000-03-01"), day("1969-12-31")),
            (Some(0), Some(11_017), Some(-1))
        );
        assert_eq!(days("1970-01-02T06:00"), Some(1.25));
        assert_eq!(days("1970-01-02 06:00:00.0Z"), Some(1.25));
        assert_eq!(days("1970-01-02T06:00:00+06:00"), Some(1.0));
        assert_eq!(days("1970-01-02T06:00-0600"), Some(1.5));
        for wrong in [
            "2023-02-29",
            "2023-13-01",
            "2023-00-01",
            "2023-1-01",
            "2023-01-01x",
            "2023-01-01T25:00",
            "20230101",
            "2023-01-01T1",
            "ß023-01-01",
            "2023-01-01T+1",
        ] {
            assert_eq!(days(wrong), None, "{wrong}");
        }
    }
}
