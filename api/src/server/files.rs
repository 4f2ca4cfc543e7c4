//! How many files the system lets the process open, of which each connection is one.

use crate::config::Config;

/// What is open besides: listeners, the Core, mails, files of the page.
const OTHERS: u64 = 256;

/// For how many connections of clients there is room, once the process has asked for as many files as it
/// may.
pub(super) fn room(config: &Config) -> usize {
    let wanted = u64::from(config.limits.max_connections);
    let needed = OTHERS + u64::from(config.database_max_connections);
    // A system that does not say sets no limit.
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
    let room = files.saturating_sub(needed).clamp(1, wanted);
    if room < wanted {
        tracing::warn!(
            "there is room for {room} connections, not for {wanted} (MAX_CONNECTIONS): the process \
             may open {files} files. Raise that limit (`ulimit -Hn`, LimitNOFILE of systemd)."
        );
    }
    usize::try_from(room).unwrap_or(usize::MAX)
}
