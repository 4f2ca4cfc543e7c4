//! The program that is handed out, and the files by which it is run.

mod alone;
mod deploy;
mod support;
