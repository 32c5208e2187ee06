//! Tells the machine's system log a line: a datagram to its local socket, if there is one. Never waits, never opens another socket.

use std::path::Path;

/// How much a line asks to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// For later.
    Info,
    /// For the administrator.
    Warning,
}

/// Facility `authpriv`, RFC 5424, 6.2.1.
const FACILITY: u8 = 10 << 3;

/// Sends; what the log does not take at once is lost to it. The heads kept beside the ledger, and the next head, say the same.
#[cfg(unix)]
pub(super) fn send(socket: &Path, level: Level, text: &str) {
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::UnixDatagram;
    if !std::fs::metadata(socket).is_ok_and(|file| file.file_type().is_socket()) {
        return;
    }
    let Ok(sender) = UnixDatagram::unbound() else { return };
    if sender.set_nonblocking(true).is_ok() {
        let _ = sender.send_to(datagram(level, &stamp(), std::process::id(), text).as_bytes(), socket);
    }
}

/// Elsewhere there is no such socket.
#[cfg(not(unix))]
pub(super) fn send(_socket: &Path, _level: Level, _text: &str) {}

/// Local time, as programs write it to this socket.
fn stamp() -> String {
    jiff::Zoned::now().strftime("%b %e %H:%M:%S").to_string()
}

/// The form that the C library's `syslog` gives.
fn datagram(level: Level, stamp: &str, process: u32, text: &str) -> String {
    let severity = match level {
        Level::Info => 6,
        Level::Warning => 4,
    };
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("<{}>{stamp} keyward[{process}]: {line}", FACILITY | severity)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::{Level, datagram, send};

    #[test]
    fn a_line_stays_one_line() {
        let text = datagram(Level::Warning, "Dec  1 10:44:31", 77, "one\ntwo\u{1b}");
        assert_eq!(text, "<84>Dec  1 10:44:31 keyward[77]: one two ");
    }

    #[test]
    fn it_arrives_where_somebody_listens_and_nothing_waits_where_nobody_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        send(&path, Level::Info, "lost");
        std::fs::write(&path, "").expect("writable");
        send(&path, Level::Info, "lost");
        std::fs::remove_file(&path).expect("removable");
        let listener = UnixDatagram::bind(&path).expect("a socket");
        send(&path, Level::Info, "a head");
        let mut buffer = [0; 200];
        let length = listener.recv(&mut buffer).expect("a line");
        let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert!(line.starts_with("<86>") && line.ends_with("]: a head"), "{line}");
        // Its buffer ends at some time; sending does not.
        (0..10_000).for_each(|_| send(&path, Level::Info, "many"));
    }
}
