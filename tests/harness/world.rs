//! A server and a developer's clone of it, with one clean commit on both: where most stories begin.

use crate::credential::Credential;
use crate::push::Push;
use crate::server::Server;
use crate::work::Work;

/// One server, one clone.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    /// The clone.
    pub work: Work,
}

impl World {
    /// The server has the hook.
    pub fn guarded() -> World {
        let world = World::unguarded();
        world.server.install();
        world
    }

    /// The server has no hook yet.
    ///
    /// # Panics
    /// The first push fails.
    pub fn unguarded() -> World {
        let server = Server::bare();
        let work = Work::of(&server);
        let world = World { server, work };
        world.work.commit_file("README.md", "A small program.\n");
        world.accepts(&["main"]);
        world
    }

    /// Pushes `refs`, which must be accepted.
    #[track_caller]
    pub fn accepts(&self, refs: &[&str]) -> Push {
        let push = self.work.push(refs);
        assert!(push.accepted, "{}", push.text);
        push
    }

    /// Pushes `refs`, which must be accepted in silence.
    #[track_caller]
    pub fn accepts_silently(&self, refs: &[&str]) {
        assert_eq!(self.accepts(refs).message(), "");
    }

    /// Pushes `refs`, which must be rejected for `credential`. The message names `object` (the first commit) and `place`.
    #[track_caller]
    pub fn rejects(&self, refs: &[&str], credential: &Credential, object: &str, place: &str) -> Push {
        let before = self.server.refs();
        let push = self.work.push(refs);
        self.assert_rejected(&push, credential, object, place);
        assert_eq!(self.server.refs(), before, "a rejected push changed a ref");
        push
    }

    /// The push was rejected, the message tells what a developer needs, and the credential went nowhere.
    #[track_caller]
    pub fn assert_rejected(&self, push: &Push, credential: &Credential, object: &str, place: &str) {
        assert!(!push.accepted, "accepted:\n{}", push.text);
        push.says("remote: error: push rejected: ").says("pre-receive hook declined").says(object).says(place);
        let code = push.code();
        assert!(
            code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
            "{code} is no code:\n{}",
            push.text
        );
        assert!(self.server.ledger().contains(code), "{code} is not in the ledger:\n{}", self.server.ledger());
        credential.assert_hidden_in("git's output", push.text.as_bytes());
        credential.assert_hidden_under(self.server.root());
    }
}
