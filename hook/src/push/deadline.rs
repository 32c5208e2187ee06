//! Ends a push that takes too long. Some damage makes libraries loop for ever; a developer must not wait for that.

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};

use keyward_rules::policy::{Doubt, DoubtKind};

use super::record::record;
use super::stance::Stance;
use super::{Inspection, then, web};
use crate::config::Config;
use crate::exit::Exit;
use crate::output;
use crate::patience::Clock;
use crate::server::Server;

/// A running watch.
pub(super) struct Watch(Sender<()>);

impl Watch {
    /// The work was done in time.
    pub(super) fn finished(self) {
        // The watch may just have ended; then the process is about to.
        let _ = self.0.send(());
    }
}

/// Starts to watch: at the end of the clock's time the policy's verdict is told and the process ends. The work looks at the clock too and
/// ends in time by itself; this is for what does not come to look.
pub(super) fn watch(
    config: Config,
    server: Server,
    stance: Stance,
    clock: &'static Clock,
    input: Vec<u8>,
    hook: Option<PathBuf>,
) -> Watch {
    let (sender, receiver) = mpsc::channel();
    let Some(patience) = clock.patience() else { return Watch(sender) };
    std::thread::spawn(move || {
        if receiver.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            let exit = match (give_up(&config, &server, stance, clock, &input), hook) {
                // A hook that cannot be started rejects, as it does in time.
                (Exit::Clean, Some(hook)) => then::run(&hook, &input).unwrap_or(Exit::CouldNotTell),
                (exit, _) => exit,
            };
            std::process::exit(exit.code());
        }
    });
    Watch(sender)
}

fn give_up(config: &Config, server: &Server, stance: Stance, clock: &Clock, input: &[u8]) -> Exit {
    let detail = format!("the push was not checked to its end within {}", clock.words());
    let doubt = Doubt { kind: DoubtKind::Time, detail };
    let mut inspection = Inspection { doubts: vec![doubt], stance, ..Inspection::default() };
    let rejected = inspection.rejected(config);
    inspection.doubts.extend(record(config, server, input, &inspection, rejected));
    let rejected = rejected || inspection.rejected(config);
    output::message(&web::message(server, &inspection, config, rejected));
    if rejected { Exit::CouldNotTell } else { Exit::Clean }
}
