//! A push as it goes over the wire, without git's client: for packs that no client makes, and for smart HTTP without a socket, with git's
//! own `http-backend` driven as the CGI program it is.

use std::process::Command;

use anyhow::{Result, bail};

use super::git::{self, Done, NotRun};
use super::world::{Push, World};

/// What git says where it has no `http-backend`.
const NO_BACKEND: &str = "is not a git command";

/// How the request reaches git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Road {
    /// `git receive-pack`, as behind SSH.
    Direct,
    /// `git http-backend`, as behind a web server.
    Http,
}

/// Pushes the commit where the clone is to `branch`, with exactly these objects in the pack.
pub(super) fn push(world: &World, road: Road, branch: &str, objects: &[String]) -> Result<Push> {
    let new = world.git(&["rev-parse", "HEAD"])?;
    let pack = world.git_bytes(&["pack-objects", "--stdout", "-q"], (objects.join("\n") + "\n").as_bytes())?;
    let request = [request(&world.serve(&["for-each-ref"])?, &new, &format!("refs/heads/{branch}")), pack].concat();
    world.watch(|| {
        let done = match road {
            Road::Direct => {
                git::run(world.command(&world.server()).args(["receive-pack", "--stateless-rpc", "."]), &request)?
            }
            Road::Http => git::run(&mut backend(world, request.len()), &request)?,
        };
        answer(&done)
    })
}

/// All objects that the clone has and `main` on the server has not.
pub(super) fn new_objects(world: &World) -> Result<Vec<String>> {
    let base = world.serve(&["rev-parse", "refs/heads/main"])?;
    let listed = world.git(&["rev-list", "--objects", "HEAD", &format!("^{base}")])?;
    Ok(listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

/// The command of a push and the end of commands, gitprotocol-pack's reference update request.
fn request(refs: &str, new: &str, name: &str) -> Vec<u8> {
    // A line of refs is `id kind TAB name`.
    let old = refs.lines().find(|line| line.ends_with(&format!("\t{name}"))).and_then(|line| line.split(' ').next());
    let zero = "0".repeat(new.len());
    let command = format!("{} {new} {name}\0report-status", old.unwrap_or(&zero));
    format!("{:04x}{command}0000", command.len() + 4).into_bytes()
}

/// `git http-backend` with the environment that RFC 3875 asks for.
fn backend(world: &World, length: usize) -> Command {
    let mut command = world.command(&world.server());
    command.arg("http-backend").env("GIT_PROJECT_ROOT", world.server()).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("REQUEST_METHOD", "POST").env("PATH_INFO", "/git-receive-pack").env("QUERY_STRING", "");
    command.env("CONTENT_TYPE", "application/x-git-receive-pack-request").env("CONTENT_LENGTH", length.to_string());
    // Without a user, http-backend serves no pushes.
    command.env("REMOTE_USER", "dev").env("REMOTE_ADDR", "127.0.0.1");
    command
}

/// From git's report to what a developer would read: without a side band the hook's message is on standard error as it is.
fn answer(done: &Done) -> Result<(bool, String)> {
    if done.err.contains(NO_BACKEND) {
        bail!(NotRun("this git has no http-backend".to_owned()));
    }
    let report = String::from_utf8_lossy(&done.out);
    if !report.contains("unpack ok") {
        bail!("git did not take the pack: {} {}", report.trim(), done.err.trim());
    }
    let said: String = done.err.lines().map(|line| format!("remote: {line}\n")).collect();
    Ok((!report.contains("ng refs/"), format!("{said}{}\n", report.escape_default())))
}
