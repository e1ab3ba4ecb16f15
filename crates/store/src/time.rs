//! Moments as Optuna 5 stores them: `YYYY-MM-DD HH:MM:SS.ffffff`, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// The text of a moment, to the microsecond. Moments before 1970 become 1970.
pub fn to_text(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / DAY, since.as_secs() % DAY);
    let (year, month, day) = date(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{:06}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        since.subsec_micros()
    )
}

/// The moment of a text; the fraction may be absent, and `T` may stand for the space. What another program wrote may be
/// anything: nothing is reckoned with before it is known to be a date and a time from 1970 to 9999.
pub(crate) fn from_text(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let mut date = date.split('-').map(str::parse::<u64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let time = time.split(['+', 'Z']).next()?; // a zone, if any, is UTC
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut time = time.split(':').map(str::parse::<u64>);
    let (hours, minutes, seconds) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let digits: String = fraction.chars().take_while(char::is_ascii_digit).take(6).collect();
    let micros = format!("{digits:0<6}").parse::<u64>().ok()?;
    let is_date = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_lengths(year)[month as usize - 1]).contains(&day);
    let is_time = hours < 24 && minutes < 60 && seconds < 60;
    (is_date && is_time).then(|| {
        let seconds = days(year, month, day) * DAY + hours * 3600 + minutes * 60 + seconds;
        UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros)
    })
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_lengths(year: u64) -> [u64; 12] {
    let february = if is_leap(year) { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// Days from 1970-01-01 to the first day of a year.
fn days_before(year: u64) -> u64 {
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
}

fn days(year: u64, month: u64, day: u64) -> u64 {
    let months: u64 = month_lengths(year).iter().take(month as usize - 1).sum();
    days_before(year) + months + day - 1
}

fn date(days: u64) -> (u64, u64, u64) {
    let mut year = 1970 + days / 366; // never too late
    while days_before(year + 1) <= days {
        year += 1;
    }
    let mut day = days - days_before(year);
    let mut month = 1;
    for length in month_lengths(year) {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::{from_text, to_text};
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn moments_are_pythons() {
        // datetime.fromtimestamp(x, UTC).strftime("%Y-%m-%d %H:%M:%S.%f"), Python 3.11
        for (seconds, micros, text) in [
            (0, 0, "1970-01-01 00:00:00.000000"),
            (951_782_399, 999_999, "2000-02-28 23:59:59.999999"),
            (951_782_400, 0, "2000-02-29 00:00:00.000000"),
            (1_790_000_000, 123_456, "2026-09-21 14:13:20.123456"),
            (4_107_542_400, 1, "2100-03-01 00:00:00.000001"),
        ] {
            let moment = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros);
            assert_eq!(to_text(moment), text);
            assert_eq!(from_text(text), Some(moment));
        }
        assert_eq!(from_text("2026-09-21T14:13:20+00:00"), from_text("2026-09-21 14:13:20"));
        assert_eq!(from_text("soon"), None);
    }

    #[test]
    fn what_is_no_date_or_no_time_is_no_moment() {
        for text in [
            "2026-09-21 18446744073709551615:00:00",
            "2026-09-21 00:307445734561825861:00",
            "2026-09-21 00:00:18446744073709551615",
            "2026-09-21 24:00:00",
            "2026-09-21 00:60:00",
            "2026-02-29 00:00:00",
            "2026-09-31 00:00:00",
            "2026-09-00 00:00:00",
            "2026-13-01 00:00:00",
            "1969-12-31 23:59:59",
            "10000-01-01 00:00:00",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn texts_give_the_moment_back(micros in 0_u64..200_000_000_000_000_000) {
            let moment = UNIX_EPOCH + Duration::from_micros(micros);
            prop_assert_eq!(from_text(&to_text(moment)), Some(moment));
        }

        #[test]
        fn any_text_of_another_program_is_a_moment_or_none(
            text in prop_oneof![
                any::<String>(),
                "[0-9]{0,20}-[0-9]{0,20}-[0-9]{0,20}[ T][0-9]{0,20}:[0-9]{0,20}:[0-9]{0,20}(\\.[0-9é]{0,9})?Z?",
                "[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,9})?",
            ]
        ) {
            if let Some(moment) = from_text(&text) {
                prop_assert_eq!(from_text(&to_text(moment)), Some(moment));
            }
        }
    }
}
