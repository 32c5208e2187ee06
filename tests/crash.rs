//! The hook ended at any moment: no push gets in unseen, and the ledger stays whole.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use end_to_end::{Credential, Run, Server, Work, World, keyward, run};

/// Hooks that are ended.
const KILLS: usize = 200;

/// Pushes after which the story gives up: some come to their end before they are ended.
const MOST: usize = 800;

/// Developers who push at once.
const THREADS: usize = 2;

fn verify(server: &Server) -> Run {
    run(keyward(server.root()).args(["ledger", "verify", "--config"]).arg(server.config()))
}

/// Has the hook ended after the seconds that the push option says.
fn mortal(server: &Server) {
    let hook = server.path().join("hooks/pre-receive");
    fs::rename(&hook, server.path().join("hooks/keyward")).expect("a hook");
    let body = "#!/bin/sh\nexec timeout --signal=KILL \"${GIT_PUSH_OPTION_0:-60}\" hooks/keyward\n";
    fs::write(&hook, body).expect("writable");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("permissions");
    server.git(["config", "receive.advertisePushOptions", "true"]);
}

/// How long hooks live at most: from no time to a bit more than one needs, however busy the machine is.
struct Lives {
    microseconds: AtomicU64,
}

impl Lives {
    /// Begins with the time of a push in peace.
    fn of(world: &World) -> Lives {
        let begin = Instant::now();
        world.accepts_silently(&["main:refs/heads/peace"]);
        Lives { microseconds: AtomicU64::new(begin.elapsed().as_micros() as u64) }
    }

    /// Seconds for one hook.
    fn draw(&self, number: usize) -> f64 {
        drawn(number) * self.microseconds.load(Ordering::Relaxed) as f64 / 1e6
    }

    /// Five of six shall be ended.
    fn learn(&self, killed: bool) {
        let (more, fewer) = ((103, 100), (85, 100));
        let (times, of) = if killed { more } else { fewer };
        let learnt = |before: u64| Some((before * times / of).max(1000));
        let _ = self.microseconds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, learnt);
    }
}

/// A number between 0 and 1 that looks drawn, the same in every run.
fn drawn(number: usize) -> f64 {
    let mixed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

#[test]
fn a_hook_that_is_killed_lets_nothing_in_and_damages_no_ledger() {
    let (world, token) = (World::guarded(), Credential::github(780));
    // Small, so that files are put aside while hooks die.
    world.server.set("ledger_size = 67_108_864", "ledger_size = 20_000");
    mortal(&world.server);
    let lives = Lives::of(&world);
    let (finished, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for developer in 0..THREADS {
            let (server, token, lives, finished, killed) = (&world.server, &token, &lives, &finished, &killed);
            scope.spawn(move || {
                let work = Work::of(server);
                work.commit_file("clean.txt", &format!("clean {developer}\n"));
                work.git(["branch", "clean"]);
                work.commit_file("deploy.sh", &token.script());
                for number in (developer..MOST).step_by(THREADS) {
                    if killed.load(Ordering::Relaxed) >= KILLS {
                        break;
                    }
                    let clean = number % 3 == 0;
                    let option = format!("--push-option={:.4}", lives.draw(number));
                    let from = if clean { "clean" } else { "HEAD" };
                    let push = work.push([option, format!("{from}:refs/heads/{number}")]);
                    assert!(clean || !push.accepted, "a credential got in:\n{}", push.text);
                    token.assert_hidden_in("git's output", push.text.as_bytes());
                    let told = push.accepted || push.text.contains("push rejected");
                    lives.learn(!told);
                    if told { finished } else { killed }.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (finished, killed) = (finished.into_inner(), killed.into_inner());
    assert!(killed >= KILLS && finished >= KILLS / 20, "{killed} were killed, {finished} came to an end");
    let verified = verify(&world.server);
    verified.exits(0).is_plain().says("the ledger is whole");
    // Every ref that came in is in it.
    let show = run(keyward(world.server.root())
        .args(["ledger", "show", "--last", "1000", "--format", "json", "--config"])
        .arg(world.server.config()));
    for line in world.server.refs().lines().filter(|line| !line.ends_with("refs/heads/main")) {
        let name = line.split('\t').nth(1).expect("a ref's name");
        let recorded =
            show.out.lines().any(|entry| entry.contains(&format!(" {name}\"")) && entry.contains("\"accepted\""));
        assert!(recorded, "{name} came in and is not in the ledger");
    }
    token.assert_hidden_under(world.server.root());
}
