//! Asks the caller every so often whether to go on. Counts work instead of time, for the core has no clock.

use super::Unreadable;

/// Bytes of work between two questions. A fraction of a millisecond of it.
pub(super) const STEP: usize = 256 << 10;

/// What an object costs besides its bytes.
pub(super) const OBJECT: usize = 1 << 10;

/// Whether to go on, asked anew after each step.
pub(super) struct Pace<'a> {
    proceed: &'a (dyn Fn() -> bool + Sync),
    done: usize,
    stopped: bool,
}

impl<'a> Pace<'a> {
    pub(super) fn new(proceed: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Pace { proceed, done: STEP, stopped: false }
    }

    /// Counts so many bytes of work. Once the caller said no, the answer stays no.
    #[inline]
    pub(super) fn spend(&mut self, work: usize) -> Result<(), Unreadable> {
        self.done = self.done.saturating_add(work);
        if self.done < STEP { Ok(()) } else { self.ask() }
    }

    #[cold]
    fn ask(&mut self) -> Result<(), Unreadable> {
        self.done = 0;
        self.stopped = self.stopped || !(self.proceed)();
        if self.stopped {
            self.done = STEP;
            return Err(Unreadable::Stopped);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{Pace, STEP};

    #[test]
    fn the_first_step_and_each_further_one_are_asked_for_and_a_no_stays() {
        let asked = AtomicUsize::new(0);
        let proceed = || asked.fetch_add(1, Ordering::Relaxed) != 2;
        let mut pace = Pace::new(&proceed);
        assert!(pace.spend(0).is_ok());
        assert!(pace.spend(STEP - 1).is_ok());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(pace.spend(1).is_ok());
        assert!(pace.spend(STEP).is_err());
        assert!(pace.spend(0).is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
