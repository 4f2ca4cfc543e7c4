//! Everything that can go wrong with a request, said in the words the page shows.

/// `Display` is what the person reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No answer came: the network is gone, the server is gone, or it took too long.
    #[error("The server can\u{2019}t be reached. Check your connection and try again.")]
    Offline,
    /// The server asks for patience; seconds where it said how long.
    #[error("The service is briefly unavailable. Try again {}.", when(*.0))]
    Unavailable(Option<u32>),
    /// Too many tries in a row; seconds where the server said how long to wait.
    #[error("Too many attempts. Try again {}.", when(*.0))]
    TooMany(Option<u32>),
    #[error("Your session ended. Sign in again to continue.")]
    SessionEnded,
    /// The service is newer than the page, and no longer knows what it asks for.
    #[error("This page is out of date. Load it again to continue.")]
    Outdated,
    /// The server wants a verified email first.
    #[error("Verify your email address first.")]
    Unverified,
    #[error("It is no longer there.")]
    NotFound,
    /// The server's own sentence about what was sent.
    #[error("{0}")]
    BadInput(String),
    #[error("Something went wrong on our side. Try again.")]
    Unexpected,
}

impl Error {
    /// Whether the same request may well succeed later: what was to be sent then waits.
    pub fn passes(&self) -> bool {
        !matches!(self, Self::NotFound | Self::BadInput(_) | Self::Unexpected)
    }

    /// Whether time is all that it takes.
    pub fn passes_by_itself(&self) -> bool {
        matches!(self, Self::Offline | Self::Unavailable(_) | Self::TooMany(_))
    }

    /// What the server asks to wait, in seconds.
    pub fn patience(&self) -> Option<u32> {
        match self {
            Self::Unavailable(seconds) | Self::TooMany(seconds) => *seconds,
            _ => None,
        }
    }
}

/// "in 30 seconds", "in 2 minutes", "in a moment".
fn when(seconds: Option<u32>) -> String {
    match seconds {
        None | Some(0) => "in a moment".to_owned(),
        Some(1) => "in a second".to_owned(),
        Some(n @ 2..=90) => format!("in {n} seconds"),
        Some(n) => format!("in {} minutes", n.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_said_as_people_say_them() {
        assert_eq!(when(None), "in a moment");
        assert_eq!(when(Some(1)), "in a second");
        assert_eq!(when(Some(30)), "in 30 seconds");
        assert_eq!(when(Some(91)), "in 2 minutes");
    }

    #[test]
    fn a_busy_server_says_when_to_come_back() {
        let text = Error::TooMany(Some(60)).to_string();
        assert_eq!(text, "Too many attempts. Try again in 60 seconds.");
    }
}
