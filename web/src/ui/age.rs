//! When a task was written down, as people say it; to the second where the pointer rests.

use web_sys::Element;
use web_sys::js_sys::Date;
use web_sys::wasm_bindgen::{JsCast, JsValue};
use yew::prelude::*;

use crate::moment::Moment;

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS: f64 = 86_400_000.0;

/// As seen `now`, in milliseconds since 1970.
pub fn age(written: Moment, now: u64) -> Html {
    let written = AttrValue::from(written.iso());
    let onpointerenter = {
        let written = written.clone();
        // Only then: a browser takes longer to write a date in its language than to draw the row.
        Callback::from(move |event: PointerEvent| {
            if let Some(element) =
                event.target().and_then(|target| target.dyn_into::<Element>().ok())
            {
                let _ = element.set_attribute("title", &exactly(&written));
            }
        })
    };
    let said = Age::of(&Date::new(&JsValue::from_str(&written)), &date(now)).words();
    html! { <time class="todo-age" datetime={written} {onpointerenter}>{ said }</time> }
}

/// Date and time as the browser's language writes them.
pub fn exactly(iso: &str) -> String {
    Date::new(&iso.into()).to_locale_string("default", &JsValue::UNDEFINED).into()
}

#[expect(clippy::cast_precision_loss, reason = "of today, far below 2^52")]
fn date(ms: u64) -> Date {
    Date::new(&JsValue::from_f64(ms as f64))
}

/// Nothing where it is yet to come: clocks differ. Not written as a floating-point number, which would take 6 kB.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn whole(number: f64) -> u32 {
    number as u32
}

/// How long ago, and on which day where one is.
#[derive(Clone, Copy)]
struct Age {
    minutes: u32,
    /// Midnights in between.
    days: u32,
    weekday: u32,
    day: u32,
    month: u32,
    year: u32,
    this_year: u32,
}

impl Age {
    fn of(then: &Date, now: &Date) -> Self {
        let local_day = |date: &Date| {
            ((date.get_time() - date.get_timezone_offset() * 60_000.0) / DAY_MS).floor()
        };
        Self {
            minutes: whole((now.get_time() - then.get_time()) / 60_000.0),
            days: whole(local_day(now) - local_day(then)),
            weekday: then.get_day(),
            day: then.get_date(),
            month: then.get_month(),
            year: then.get_full_year(),
            this_year: now.get_full_year(),
        }
    }

    fn words(self) -> String {
        let Self { minutes, days, day, .. } = self;
        let name = |names: &[&'static str], at: u32| names.get(at as usize).copied().unwrap_or("");
        if minutes < 1 {
            "just now".into()
        } else if minutes < 60 {
            [&*minutes.to_string(), " min ago"].concat()
        } else if days < 1 {
            [&*(minutes / 60).to_string(), " h ago"].concat()
        } else if days < 2 {
            "yesterday".into()
        } else if days < 7 {
            name(&WEEKDAYS, self.weekday).into()
        } else {
            let date = [&*day.to_string(), " ", name(&MONTHS, self.month)].concat();
            if self.year == self.this_year {
                date
            } else {
                [&*date, " ", &*self.year.to_string()].concat()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(minutes: u32, days: u32) -> String {
        let (year, this_year) = (2027, 2027);
        Age { minutes, days, weekday: 1, day: 4, month: 2, year, this_year }.words()
    }

    #[test]
    fn what_is_young_is_so_many_minutes_or_hours_old() {
        for (minutes, words) in [
            (0, "just now"),
            (1, "1 min ago"),
            (59, "59 min ago"),
            (60, "1 h ago"),
            (1_439, "23 h ago"),
        ] {
            assert_eq!(said(minutes, 0), words);
        }
        assert_eq!(said(20, 1), "20 min ago", "midnight was in between");
    }

    #[test]
    fn what_is_older_is_of_a_day() {
        assert_eq!(said(61, 1), "yesterday");
        assert_eq!(said(2_880, 2), "Monday");
        assert_eq!(said(8_640, 6), "Monday");
        assert_eq!(said(10_080, 7), "4 Mar");
        let last_year = Age {
            minutes: 1_000_000,
            days: 365,
            weekday: 0,
            day: 31,
            month: 11,
            year: 2026,
            this_year: 2027,
        };
        assert_eq!(last_year.words(), "31 Dec 2026");
    }
}
