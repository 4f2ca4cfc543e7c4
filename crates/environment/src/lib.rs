//! Settings from the environment: `.env` files, and secrets in files.

#![warn(missing_docs)]

mod env_file;
mod secret;

pub use self::{
    env_file::{EnvFileError, load_env_file},
    secret::{SecretError, file_variable, secret},
};
