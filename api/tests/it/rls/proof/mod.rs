//! The proof: whatever users do, nobody reads, changes or counts a row of another.

mod crowd;
mod hostile;
mod model;
mod policies;
