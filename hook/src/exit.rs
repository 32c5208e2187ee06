//! What the exit codes of `keyward` mean. Scripts rely on them; they never change.

use std::process::ExitCode;

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: nothing to block; for `pre-receive`, the policy accepts the push.
    Clean,
    /// 1: something to block; for `pre-receive`, the push is rejected.
    Blocked,
    /// 2: it could not be told. The message says why; for `pre-receive`, the push is rejected in doubt.
    CouldNotTell,
}

impl Exit {
    /// The number a shell sees.
    pub(crate) fn code(self) -> i32 {
        match self {
            Exit::Clean => 0,
            Exit::Blocked => 1,
            Exit::CouldNotTell => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code() as u8)
    }
}
