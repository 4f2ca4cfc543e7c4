//! The program itself, as a deployment runs it.

mod faults;
mod settings;
