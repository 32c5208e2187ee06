//! Smart HTTP: git's own `http-backend` behind a small server on the loopback.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use tiny_http::{Header, Method, Request, Response, StatusCode};

use crate::program::git;
use crate::server::Server;

/// Serves one Git server's repository until it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    url: String,
    listener: Arc<Listener>,
    worker: Option<JoinHandle<()>>,
}

struct Listener {
    http: tiny_http::Server,
    root: PathBuf,
    chunked: AtomicUsize,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("root", &self.root).finish_non_exhaustive()
    }
}

impl HttpServer {
    /// Listens on a free port of the loopback.
    ///
    /// # Panics
    /// There is none.
    pub fn of(server: &Server) -> HttpServer {
        let http = tiny_http::Server::http("127.0.0.1:0").expect("a free port");
        let address = http.server_addr().to_ip().expect("an address of the loopback");
        let listener = Arc::new(Listener { http, root: server.root().to_owned(), chunked: AtomicUsize::new(0) });
        let serving = Arc::clone(&listener);
        let worker =
            thread::spawn(move || serving.http.incoming_requests().for_each(|request| serving.answer(request)));
        HttpServer { url: format!("http://{address}/group/app.git"), listener, worker: Some(worker) }
    }

    /// What a developer clones.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many requests came with a chunked body.
    pub fn chunked(&self) -> usize {
        self.listener.chunked.load(Ordering::Relaxed)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.listener.http.unblock();
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

impl Listener {
    fn answer(&self, mut request: Request) {
        if header(&request, "Transfer-Encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked")) {
            self.chunked.fetch_add(1, Ordering::Relaxed);
        }
        let output = backend(&self.root, &mut request);
        // The developer's git may have left; the story then fails on its side.
        let _ = request.respond(response(&output));
    }
}

fn header(request: &Request, name: &str) -> Option<String> {
    let found = request.headers().iter().find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
    found.map(|header| header.value.to_string())
}

/// Runs `git http-backend` as a CGI program, RFC 3875.
fn backend(root: &Path, request: &mut Request) -> Vec<u8> {
    let mut body = Vec::new();
    request.as_reader().read_to_end(&mut body).expect("a whole request");
    let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
    let mut command = git(root);
    command.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("PATH_INFO", path).env("QUERY_STRING", query).env("REQUEST_METHOD", method(request.method()));
    // Without a user, http-backend serves no pushes.
    command.env("REMOTE_USER", "dev").env("REMOTE_ADDR", "127.0.0.1").env("CONTENT_LENGTH", body.len().to_string());
    let passed = [
        ("Content-Type", "CONTENT_TYPE"),
        ("Content-Encoding", "HTTP_CONTENT_ENCODING"),
        ("Git-Protocol", "GIT_PROTOCOL"),
    ];
    for (name, variable) in passed {
        if let Some(value) = header(request, name) {
            command.env(variable, value);
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("git http-backend starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let writer = thread::spawn(move || stdin.write_all(&body));
    let output = child.wait_with_output().expect("git http-backend ends");
    let _ = writer.join();
    output.stdout
}

fn method(method: &Method) -> &'static str {
    if *method == Method::Post { "POST" } else { "GET" }
}

/// From a CGI program's output: header lines, an empty line, the body.
fn response(output: &[u8]) -> Response<std::io::Cursor<Vec<u8>>> {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").expect("a CGI answer has headers");
    let mut response = Response::from_data(&output[end + 4..]);
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        let (name, value) = line.split_once(": ").expect("a header line");
        if name == "Status" {
            let code = value.split(' ').next().and_then(|code| code.parse().ok());
            response = response.with_status_code(StatusCode(code.expect("a status code")));
        } else {
            response.add_header(Header::from_bytes(name, value).expect("a header"));
        }
    }
    response
}
