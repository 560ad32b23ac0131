use super::*;
use domain::settings::{Day, OpeningHours};
use proptest::prelude::*;

fn weekdays(zone: &str, opens: u16, closes: u16) -> Hours {
    let days = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday];
    let business_hours = days.map(|day| OpeningHours { day, opens, closes }).to_vec();
    Hours::of(&Settings { time_zone: zone.into(), business_hours, ..Settings::default() })
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_weekend_is_not_waited_for() {
    // F07: Saturday 12:00 to Monday 09:10, open Monday to Friday 9 to 17.
    let hours = weekdays("Europe/Berlin", 540, 1020);
    let waited = hours.between(at("2026-03-07T12:00:00+01:00"), at("2026-03-09T09:10:00+01:00"));
    assert_eq!(waited, Duration { seconds: (45 * 60 + 10) * 60, business_seconds: 600 });
}

#[test]
fn clock_changes_move_the_opening_with_the_wall_clock() {
    // Clocks in Berlin go forward in the night to Sunday 2026-03-29: Friday 17:00 to Monday 09:00 is 63 hours.
    let hours = weekdays("Europe/Berlin", 540, 1020);
    let waited = hours.between(at("2026-03-27T16:00:00+01:00"), at("2026-03-30T10:00:00+02:00"));
    assert_eq!(waited, Duration { seconds: 65 * 3600, business_seconds: 2 * 3600 });
    // A shift through the night in which 02:00–03:00 does not exist is an hour shorter, and an hour longer in October.
    let sunday = OpeningHours { day: Day::Sunday, opens: 0, closes: 360 };
    let nights = Settings { time_zone: "Europe/Berlin".into(), business_hours: vec![sunday], ..Settings::default() };
    let nights = Hours::of(&nights);
    let spring = nights.between(at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z"));
    let autumn = nights.between(at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z"));
    assert_eq!((spring.business_seconds, autumn.business_seconds), (5 * 3600, 7 * 3600));
}

#[test]
fn overlapping_hours_count_once_and_midnight_joins() {
    let spans = [(Day::Monday, 540, 720), (Day::Monday, 600, 1440), (Day::Tuesday, 0, 60)];
    let business_hours = spans.map(|(day, opens, closes)| OpeningHours { day, opens, closes }).to_vec();
    let hours = Hours::of(&Settings { business_hours, ..Settings::default() });
    let all = hours.between(at("2026-03-09T00:00:00Z"), at("2026-03-16T00:00:00Z"));
    assert_eq!(all.business_seconds, 16 * 3600);
}

#[test]
fn a_due_time_falls_into_business_hours() {
    let hours = weekdays("Europe/Berlin", 540, 1020);
    let due = hours.after(at("2026-03-06T16:30:00+01:00"), 3600);
    assert_eq!(due, Some(at("2026-03-09T09:30:00+01:00")));
    assert_eq!(Hours::of(&Settings::default()).after(at("2026-03-06T16:30:00Z"), 60), Some(at("2026-03-06T16:31:00Z")));
}

proptest! {
    #[test]
    fn never_more_than_the_wall_clock_and_additive(
        start in 0_i64..2_000_000_000, one in 0_i64..2_000_000, two in 0_i64..2_000_000, zone in 0_usize..4,
    ) {
        let hours = weekdays(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"][zone], 485, 1013);
        let [a, b, c] = [start, start + one, start + one + two].map(|second| Timestamp::from_second(second).unwrap());
        let (first, second, both) = (hours.between(a, b), hours.between(b, c), hours.between(a, c));
        prop_assert!(both.business_seconds <= both.seconds);
        prop_assert_eq!(first.business_seconds + second.business_seconds, both.business_seconds);
        if both.business_seconds > 0 {
            let due = hours.after(a, both.business_seconds).unwrap();
            prop_assert_eq!(hours.between(a, due).business_seconds, both.business_seconds);
            prop_assert!(due <= c);
        }
    }
}
