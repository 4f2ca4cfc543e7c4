//! Two jobs at once. A compiler keeps all cores busy only at times, and a browser seldom.

use std::{panic, thread};

use anyhow::Result;

use crate::interrupt::{self, Interrupted};

/// What the failure of one job means for the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The other is stopped.
    Stop,
    /// The other runs to its end, so that one run finds the failures of both.
    Finish,
}

/// Runs both jobs, the second in a thread of its own. Returns the error of the job that failed first.
pub fn both<A, B: Send>(
    on_failure: OnFailure,
    first: impl FnOnce() -> Result<A>,
    second: impl FnOnce() -> Result<B> + Send,
) -> Result<(A, B)> {
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| ended(on_failure, second()));
        let first = ended(on_failure, first());
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

fn ended<T>(on_failure: OnFailure, outcome: Result<T>) -> Result<T> {
    if outcome.is_err() && on_failure == OnFailure::Stop {
        interrupt::cancel();
    }
    outcome
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn error_of_the_second_job_is_returned() {
        let outcome = both(OnFailure::Finish, || Ok(1), || -> Result<()> { bail!("second") });
        assert_eq!(outcome.unwrap_err().to_string(), "second");
        assert_eq!(both(OnFailure::Finish, || Ok(1), || Ok(2)).unwrap(), (1, 2));
    }

    #[test]
    fn stopped_job_does_not_hide_the_cause() {
        let stopped = || -> Result<()> { Err(Interrupted.into()) };
        let failed = || -> Result<()> { bail!("cause") };
        for outcome in
            [both(OnFailure::Finish, stopped, failed), both(OnFailure::Finish, failed, stopped)]
        {
            assert_eq!(outcome.unwrap_err().to_string(), "cause");
        }
    }

    #[test]
    fn errors_of_both_jobs_are_shown() {
        let failed = |text: &'static str| move || -> Result<()> { bail!(text) };
        let outcome = both(OnFailure::Finish, failed("one"), failed("two"));
        let text = format!("{:#}", outcome.unwrap_err());
        assert!(text.contains("one") && text.contains("two"), "{text}");
    }
}
