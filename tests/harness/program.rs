//! Starts git and keyward in an environment of their own, so that no setting of the machine changes a story.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// What a program said and how it ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// Exit code; 128 and more for a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Run {
    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Run {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    /// Asserts that standard output or standard error holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Run {
        assert!(self.out.contains(text) || self.err.contains(text), "{text:?} is not in\n{}{}", self.out, self.err);
        self
    }

    /// Asserts that nothing was said as a programmer, or the runtime, would say it.
    #[track_caller]
    pub fn is_plain(&self) -> &Run {
        for word in ["panicked", "backtrace", "BACKTRACE", ".rs:", "Err(", "unwrap"] {
            assert!(!self.err.contains(word) && !self.out.contains(word), "{word:?} is in\n{}{}", self.out, self.err);
        }
        self
    }
}

/// Processor seconds and kilobytes of memory that a program of a story may take: one that loops or swallows memory ends, and its story
/// fails instead of the machine.
const LIMITS: &str = "ulimit -t 10; ulimit -v 1500000; ";

/// A `git` that reads no configuration but its repository's.
pub fn git(folder: &Path) -> Command {
    let mut command = shell(folder, "exec git \"$@\"");
    command.arg("git");
    command
}

/// The `keyward` that lies beside the tests.
///
/// # Panics
/// It was not built.
pub fn keyward(folder: &Path) -> Command {
    let mut command = shell(folder, "exec \"$KEYWARD\" \"$@\"");
    command.arg("keyward");
    command
}

/// The same without limits on time and memory, for a command that starts many others.
///
/// # Panics
/// It was not built.
pub fn unlimited_keyward(folder: &Path) -> Command {
    isolated(&binary(), folder)
}

/// A line for the shell, which finds `keyward` in `$KEYWARD`.
///
/// # Panics
/// `keyward` was not built.
pub fn shell(folder: &Path, line: &str) -> Command {
    let mut command = isolated(Path::new("sh"), folder);
    command.env("KEYWARD", binary()).arg("-c").arg(format!("{LIMITS}{line}"));
    command
}

/// Where that `keyward` lies.
///
/// # Panics
/// It was not built.
pub fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("a running test has a path");
    let profile = tests.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let binary = profile.join("keyward");
    assert!(binary.exists(), "{} is not there; `cargo build -p keyward-hook` makes it", binary.display());
    binary
}

/// A `keyward` without shared libraries, built on first use: what goes into an environment that has none.
///
/// # Panics
/// It cannot be built.
pub fn static_keyward() -> PathBuf {
    let rustc = run(Command::new("rustc").arg("-vV"));
    let host = rustc.out.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc tells its host").to_owned();
    let tests = std::env::current_exe().expect("a running test has a path");
    let target = tests.ancestors().nth(3).expect("tests lie in target/<profile>/deps").to_owned();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args([
        "build",
        "--quiet",
        "--offline",
        "--locked",
        "-p",
        "keyward-hook",
    ]);
    // Named, so that the flags reach the program alone and not what runs while it is built.
    cargo.args(["--target", &host]).env("RUSTFLAGS", "-C target-feature=+crt-static").env("CARGO_TARGET_DIR", &target);
    run(&mut cargo).exits(0);
    target.join(host).join("debug").join("keyward")
}

/// Writes a file that can be run.
///
/// # Panics
/// It cannot be written.
pub fn write_executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a writable folder");
    std::fs::write(path, text).expect("a writable file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}

fn isolated(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.current_dir(folder).env_clear().env("PATH", path).env("LC_ALL", "C").env("HOME", folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Dev").env(format!("GIT_{who}_EMAIL"), "dev@example.com");
        // The same content gives the same ids in every run.
        command.env(format!("GIT_{who}_DATE"), "2026-01-05T09:00:00Z");
    }
    // On purpose: also with this set, nothing may show a backtrace.
    command.env("RUST_BACKTRACE", "1");
    command
}

/// Runs with nothing on standard input.
pub fn run(command: &mut Command) -> Run {
    run_with(command, b"")
}

/// Runs with `input` on standard input.
pub fn run_with(command: &mut Command, input: &[u8]) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_vec();
    // In a thread, so that a program that writes before it reads does not wait for ever.
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    // A program may leave without reading; that is its right.
    let _ = writer.join().expect("the writer does not panic");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(128), out: text(&output.stdout), err: text(&output.stderr) }
}
