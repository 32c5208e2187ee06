//! The same hook behind smart HTTP, as most servers are reached.

use end_to_end::{Credential, HttpServer, Server, Work, World};

/// A clone over HTTP of a guarded server.
fn over_http() -> (HttpServer, World) {
    let server = Server::guarded();
    let http = HttpServer::of(&server);
    let work = Work::at(http.url());
    (http, World { server, work })
}

#[test]
fn a_credential_is_rejected() {
    let ((_http, world), token) = (over_http(), Credential::github(300));
    let first = world.work.commit_file("deploy.sh", &format!("export GITHUB_TOKEN={token}\n"));
    world.rejects(&["main"], &token, &first, "deploy.sh:1:");
    assert!(world.server.ledger().contains("\"actor\":\"dev\""), "{}", world.server.ledger());
}

#[test]
fn a_clean_push_is_accepted_in_silence() {
    let (_http, world) = over_http();
    world.work.commit_file("README.md", "A small program.\n");
    world.accepts_silently(&["main"]);
    world.accepts_silently(&["main:old"]);
    world.accepts_silently(&[":old"]);
}

#[test]
fn a_large_push_comes_in_chunks_and_is_read_whole() {
    let ((http, world), token) = (over_http(), Credential::github(301));
    world.work.git(["config", "http.postBuffer", "65536"]);
    world.work.write("large.txt", Credential::of("", "{base64:400000}", 302).to_string());
    world.work.commit("Add a large file");
    world.accepts_silently(&["main"]);
    assert!(http.chunked() > 0, "git sent no chunked request");
    world.work.write("larger.txt", Credential::of("", "{base64:400000}", 303).to_string());
    world.work.write("zz.sh", format!("export GITHUB_TOKEN={token}\n"));
    let first = world.work.commit("Add another");
    world.rejects(&["main"], &token, &first, "zz.sh:1:");
}
