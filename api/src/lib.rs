pub mod clock;
pub mod embedded_core;
