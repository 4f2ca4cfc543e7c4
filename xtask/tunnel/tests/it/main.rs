//! The tunnel: what passes, and the server that it is made for.

mod relay;
mod server;
mod support;
