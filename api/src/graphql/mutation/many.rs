//! What mutations of many todos have in common.

use crate::graphql::{Error, ROUND_TRIP, limits::MAX_NAMED};

pub fn check_number(argument: &str, number: usize) -> Result<(), Error> {
    if (1..=MAX_NAMED).contains(&number) {
        return Ok(());
    }
    Err(Error::bad_input(format!(
        "{argument} has {number} items; it should have 1 to {MAX_NAMED}."
    )))
}

/// What naming so many todos costs: each of them one for the change, and a tenth of what is asked
/// of it.
pub fn complexity(number: usize, child_complexity: usize) -> usize {
    ROUND_TRIP + number + child_complexity.saturating_mul(number) / 10
}
