//! The rates as bars, in colours that can be read on white and on black.

use std::path::Path;

use anyhow::{Context as _, Result};
use plotters::{
    prelude::{IntoDrawingArea as _, Rectangle, SVGBackend, Text},
    style::{Color as _, IntoFont as _, RGBColor, TextStyle},
};

use super::{
    report::{Contestant, Report},
    workload::Workload,
};

const WIDTH: u32 = 760;
const BAR: i32 = 26;
const GAP: i32 = 10;
const HEAD: i32 = 34;
/// Where bars begin, and how long the longest may be.
const LEFT: i32 = 170;
const LONGEST: f64 = 470.0;

const TEXT: RGBColor = RGBColor(125, 133, 144);
const OURS: RGBColor = RGBColor(224, 108, 40);
const OTHERS: RGBColor = RGBColor(110, 140, 190);

/// Writes `bench.svg`.
pub fn draw(report: &Report, folder: &Path) -> Result<()> {
    let workloads = [Workload::Read, Workload::Add];
    let bars = i32::try_from(Contestant::ALL.len())? * (BAR + GAP);
    let height = (HEAD + bars + GAP) * i32::try_from(workloads.len())?;
    let file = folder.join("bench.svg");
    let area = SVGBackend::new(&file, (WIDTH, u32::try_from(height)?)).into_drawing_area();
    let text = |size: f64| TextStyle::from(("sans-serif", size).into_font()).color(&TEXT);
    let mut y = 0;
    for workload in workloads {
        let rates = Contestant::ALL.map(|contestant| report.rate(workload, contestant));
        let most = rates.iter().copied().fold(f64::MIN, f64::max);
        area.draw(&Text::new(format!("{workload}: requests a second"), (0, y + 10), text(16.0)))?;
        y += HEAD;
        for (contestant, rate) in Contestant::ALL.into_iter().zip(rates) {
            let colour = if contestant == Contestant::Service { OURS } else { OTHERS };
            #[expect(clippy::cast_possible_truncation, reason = "at most LONGEST")]
            let end = LEFT + (LONGEST * rate / most) as i32;
            let style = colour.filled();
            area.draw(&Text::new(contestant.to_string(), (0, y + 6), text(14.0)))?;
            area.draw(&Rectangle::new([(LEFT, y), (end, y + BAR)], style))?;
            area.draw(&Text::new(format!("{rate:.0}"), (end + 8, y + 6), text(14.0)))?;
            y += BAR + GAP;
        }
        y += GAP;
    }
    area.present().context("the chart cannot be written")
}
