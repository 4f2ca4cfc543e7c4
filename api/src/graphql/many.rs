//! Fields that name many objects at once.

use super::{Error, ROUND_TRIP, limits::MAX_NAMED};

pub fn check_number(argument: &str, number: usize) -> Result<(), Error> {
    if (1..=MAX_NAMED).contains(&number) {
        return Ok(());
    }
    Err(Error::bad_input(format!(
        "{argument} has {number} items; it should have 1 to {MAX_NAMED}."
    )))
}

/// The cost of a field that names so many objects: one for each, and a tenth of its selection.
pub fn complexity(number: usize, child_complexity: usize) -> usize {
    ROUND_TRIP + number + child_complexity.saturating_mul(number) / 10
}
