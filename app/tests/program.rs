//! The built program from its start to its end, as an operator sees it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// Starts the program on any free port; the address it announces.
fn start() -> (Child, String, impl BufRead) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keyward-app"))
        .args(["--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("keyward-app listens on http://").expect("an address").to_owned();
    (child, address, said)
}

fn healthz(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn it_starts_answers_and_stops_on_either_signal() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, address, mut said) = start();
        assert!(healthz(&address).ends_with("\r\n\r\nok\n"));
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        assert!(child.wait().expect("it ends").success(), "{signal}");
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "keyward-app stopped\n");
    }
}

#[test]
fn a_port_in_use_is_said_in_one_line() {
    let (mut child, address, _said) = start();
    let second =
        Command::new(env!("CARGO_BIN_EXE_keyward-app")).args(["--listen", &address]).output().expect("it runs");
    child.kill().expect("it runs still");
    child.wait().expect("it ends");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(
        said.starts_with(&format!("error: could not listen on {address}: ")) && said.lines().count() == 1,
        "{said}"
    );
}
