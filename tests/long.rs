//! Long histories: what is found is told with its commit and its paths, however many commits lie around it.

use std::fmt::Write;

use end_to_end::{Credential, World, git, keyward, run, run_with};

/// A history as `git fast-import` reads it.
struct History {
    text: String,
    commits: usize,
}

impl History {
    /// Commits upon `main`, a file of its own for each.
    fn upon_main() -> History {
        History { text: String::new(), commits: 0 }
    }

    /// One commit with these changes: a path and its content, or none to take it away.
    fn commit(&mut self, changes: &[(&str, Option<&str>)]) {
        self.commits += 1;
        let time = 1_767_603_600 + self.commits;
        let from = if self.commits == 1 { "from refs/heads/main^0\n" } else { "" };
        let message = format!("Change {}", self.commits);
        let head = format!("commit refs/heads/main\ncommitter Dev <dev@example.com> {time} +0000\n");
        let _ = write!(self.text, "{head}data {}\n{message}\n{from}", message.len());
        for (path, content) in changes {
            let _ = match content {
                Some(content) => write!(self.text, "M 100644 inline {path}\ndata {}\n{content}\n", content.len()),
                None => writeln!(self.text, "D {path}"),
            };
        }
    }

    /// So many commits that change this and that.
    fn commits(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.commits;
            let path = format!("src/part{}/deep{}/{}.txt", number % 7, number % 3, number % 41);
            self.commit(&[(&path, Some(&format!("version {number}\n")))]);
        }
    }

    fn write(&self, world: &World) {
        let mut command = git(&world.work.path(""));
        run_with(command.args(["fast-import", "--quiet"]), self.text.as_bytes()).exits(0);
        world.work.git(["reset", "--quiet", "--hard"]);
    }
}

/// A credential comes in among hundreds of commits, moves, goes and comes back.
fn with_a_credential(token: &Credential) -> (World, String) {
    let world = World::unguarded();
    let script = token.script();
    let mut history = History::upon_main();
    history.commits(300);
    history.commit(&[("ops/tools/deploy.sh", Some(&script))]);
    history.commits(150);
    history.commit(&[("ops/tools/deploy.sh", None), ("ops/release/deploy.sh", Some(&script))]);
    history.commits(100);
    history.commit(&[("ops/release/deploy.sh", None)]);
    history.commits(100);
    history.commit(&[("ops/tools/deploy.sh", Some(&script))]);
    history.commits(20);
    history.write(&world);
    let first = world.work.git(["log", "--format=%h", "--abbrev=7", "--reverse", "--", "ops/tools/deploy.sh"]);
    (world, first.lines().next().expect("a commit").to_owned())
}

#[test]
fn a_credential_among_hundreds_of_commits_is_told_with_the_first() {
    let token = Credential::github(1000);
    let (world, first) = with_a_credential(&token);
    world.server.install();
    let push = world.rejects(&["main"], &token, &first, "ops/tools/deploy.sh:2:");
    // Three commits bring the file to where no parent has it.
    push.says("1 secret in 3 commits").says(&format!("{first} (first)"));
}

#[test]
fn an_exception_for_one_of_its_paths_excuses_no_other() {
    let token = Credential::github(1001);
    let (world, _) = with_a_credential(&token);
    world.server.install();
    world.server.set("rule = []", "rule = [{ path = \"ops/tools/*\", action = \"observe\" }]");
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("ops/release/deploy.sh:2:");
    world.server.set("path = \"ops/tools/*\"", "path = \"ops/*\"");
    world.accepts_silently(&["main"]);
}

#[test]
fn a_long_history_is_scanned_and_placed_as_a_push_is() {
    let token = Credential::github(1002);
    let (world, first) = with_a_credential(&token);
    world.accepts(&["main"]);
    world.server.install();
    for packed in [false, true] {
        if packed {
            world.server.git(["gc", "--quiet"]);
        }
        let mut command = keyward(world.server.root());
        command.arg("scan").arg(world.server.path()).arg("--config").arg(world.server.config());
        run(&mut command).exits(1).says("ops/tools/deploy.sh:2:").says(&format!("commit {first}"));
    }
}

#[test]
fn the_name_of_a_file_among_hundreds_of_commits() {
    let (world, token) = (World::guarded(), Credential::github(1003));
    let mut history = History::upon_main();
    history.commits(400);
    history.commit(&[(&format!("ops/{token}/note.txt"), Some("in use\n"))]);
    history.commits(200);
    history.write(&world);
    let first = world.work.git(["log", "--format=%h", "--abbrev=7", "--", "ops"]);
    world.rejects(&["main"], &token, &first, "the name of ops/");
}

#[test]
fn many_clean_commits_upon_an_old_repository() {
    let world = World::guarded();
    let mut history = History::upon_main();
    history.commits(300);
    history.write(&world);
    world.accepts_silently(&["main"]);
    let mut more = History::upon_main();
    more.commits(250);
    more.write(&world);
    world.accepts_silently(&["main"]);
}
