//! The queue of changes that are not yet on the server, and live updates.

pub mod backoff;
pub mod outcome_channel;
pub mod queue;
pub mod send;
pub mod socket;
pub mod use_live;
pub mod use_online;
