//! Which rows of a long list are drawn: those near the eye, and the one that has the focus. The others are empty
//! room of their height, measured when they were last drawn.

use std::ops::Range;

/// Of a row of one line, in CSS pixels.
const ROW: i32 = 53;

/// How many are drawn before anything is measured.
const FIRST: i32 = 40;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heights(Vec<i32>);

impl Heights {
    pub fn resize(&mut self, count: usize) {
        self.0.resize(count, ROW);
    }

    pub fn measure(&mut self, row: usize, height: i32) {
        if let Some(kept) = self.0.get_mut(row) {
            *kept = height;
        }
    }

    pub fn of(&self, rows: Range<usize>) -> i32 {
        self.0.get(rows).unwrap_or_default().iter().sum()
    }

    /// The rows between two heights under the top of the list.
    pub fn between(&self, span: &Range<i32>) -> Range<usize> {
        let (mut start, mut end, mut height) = (0, self.0.len(), 0);
        for (row, own) in self.0.iter().enumerate() {
            if height + own < span.start {
                start = row + 1;
            }
            height += own;
            if height > span.end {
                end = row + 1;
                break;
            }
        }
        start.min(end)..end
    }
}

/// What is drawn of so many rows, in order: the near ones and the one that stays, if it is not among them.
pub fn drawn(near: &Range<usize>, stays: Option<usize>, count: usize) -> [Range<usize>; 2] {
    let near = near.start.min(count)..near.end.min(count);
    match stays.filter(|row| *row < count && !near.contains(row)) {
        Some(row) if row < near.start => [row..row + 1, near],
        Some(row) => [near, row..row + 1],
        None => [near.clone(), near.end..near.end],
    }
}

pub fn at_first() -> Range<i32> {
    0..FIRST * ROW - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_near_the_eye_are_drawn() {
        let mut heights = Heights::default();
        heights.resize(1_000);
        assert_eq!(heights.between(&(-500..530)), 0..11);
        assert_eq!(heights.between(&(5_300..5_830)), 99..111);
        assert_eq!(heights.between(&(52_000..90_000)).end, 1_000);
        assert_eq!(heights.between(&(90_000..99_000)), 1_000..1_000);
        heights.measure(0, 530);
        assert_eq!(heights.of(0..2), 583);
        assert_eq!(heights.between(&(400..600)), 0..3);
    }

    #[test]
    fn a_row_that_is_added_pushes_no_other_out() {
        let mut heights = Heights::default();
        for count in [0, 1, 2, 40, 41] {
            heights.resize(count);
            assert_eq!(heights.between(&at_first()), 0..count.min(40));
        }
    }

    #[test]
    fn the_row_with_the_focus_stays() {
        assert_eq!(drawn(&(10..20), Some(3), 50), [3..4, 10..20]);
        assert_eq!(drawn(&(10..20), Some(30), 50), [10..20, 30..31]);
        for (near, stays, count, alone) in
            [(10..20, Some(12), 50, 10..20), (10..20, Some(60), 15, 10..15), (0..40, None, 2, 0..2)]
        {
            assert_eq!(drawn(&near, stays, count), [alone.clone(), alone.end..alone.end]);
        }
    }
}
