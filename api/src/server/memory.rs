//! How much memory the process seems to need.

/// Has Linux leave this process's pages as small as they are. Otherwise it fills, minutes later, what is in use
/// up to whole 2 MB, and memory grows for no reason that anybody finds in the service. Only hashing passwords
/// becomes slower by it, which in production the Core does (`PR_SET_THP_DISABLE`, prctl(2)).
pub(super) fn keep_pages_small() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_thp_disable(true) {
        tracing::debug!(%error, "the system may make pages huge");
    }
}
