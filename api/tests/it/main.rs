mod embedded_core;
mod support;
