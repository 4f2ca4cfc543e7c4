//! Two jobs at once. A compiler keeps all cores busy only at times.

use std::{panic, thread};

use anyhow::Result;

use crate::interrupt::Interrupted;

/// Runs both jobs, the second in a thread of its own. Calls `stop` when one fails, which should end the other. Returns
/// the error of the job that failed first.
pub fn both<A, B: Send>(
    stop: impl Fn() + Sync,
    first: impl FnOnce() -> Result<A>,
    second: impl FnOnce() -> Result<B> + Send,
) -> Result<(A, B)> {
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| second().inspect_err(|_| stop()));
        let first = first().inspect_err(|_| stop());
        (first, second.join().unwrap_or_else(|cause| panic::resume_unwind(cause)))
    });
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        // It was stopped because the other failed.
        (Err(error), Err(cause)) if error.is::<Interrupted>() => Err(cause),
        (Err(error), Err(other)) if !other.is::<Interrupted>() => {
            Err(error.context(format!("two jobs failed, the other one with: {other:#}")))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    fn ignore() {}

    #[test]
    fn error_of_the_second_job_is_returned() {
        let outcome = both(ignore, || Ok(1), || -> Result<()> { bail!("second") });
        assert_eq!(outcome.unwrap_err().to_string(), "second");
        assert_eq!(both(ignore, || Ok(1), || Ok(2)).unwrap(), (1, 2));
    }

    #[test]
    fn stopped_job_does_not_hide_the_cause() {
        let stopped = || -> Result<()> { Err(Interrupted.into()) };
        let failed = || -> Result<()> { bail!("cause") };
        for outcome in [both(ignore, stopped, failed), both(ignore, failed, stopped)] {
            assert_eq!(outcome.unwrap_err().to_string(), "cause");
        }
    }

    #[test]
    fn errors_of_both_jobs_are_shown() {
        let failed = |text: &'static str| move || -> Result<()> { bail!(text) };
        let outcome = both(ignore, failed("one"), failed("two"));
        let text = format!("{:#}", outcome.unwrap_err());
        assert!(text.contains("one") && text.contains("two"), "{text}");
    }
}
