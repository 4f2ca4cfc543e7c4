//! Settings of the recipe EmailVerification.

/// Whether a session counts before its user has verified their email.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum EmailVerificationMode {
    /// It counts; operations can ask for a verified email one by one.
    #[default]
    Optional,
    /// It counts for signing out and for verifying alone: anything else is a 403 `invalid claim`.
    Required,
}
