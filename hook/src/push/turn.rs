//! Which files are scanned first where time may run out: those whose names say that they hold settings or keys; pictures and programs last.
//! Names in, an order out. It never decides whether something is scanned.

/// Words in the names of files that likely hold a credential.
const WORDS: [&str; 14] = [
    "env",
    "secret",
    "credential",
    "password",
    "passwd",
    "token",
    "key",
    "config",
    "setting",
    "properties",
    "htpasswd",
    "netrc",
    "pgpass",
    "kube",
];

/// Endings of such files.
const ENDINGS: [&str; 22] = [
    "env",
    "pem",
    "key",
    "p12",
    "pfx",
    "jks",
    "ppk",
    "yml",
    "yaml",
    "json",
    "toml",
    "ini",
    "cfg",
    "conf",
    "cnf",
    "xml",
    "properties",
    "tf",
    "tfvars",
    "sh",
    "ps1",
    "sql",
];

/// Endings of files that are large and seldom hold one.
const LATE: [&str; 26] = [
    "png", "jpg", "jpeg", "gif", "webp", "ico", "bmp", "svg", "mp3", "mp4", "mov", "avi", "webm", "wav", "ogg", "ttf",
    "otf", "woff", "woff2", "pdf", "so", "dll", "exe", "dylib", "a", "wasm",
];

/// When a file is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Before the others.
    First,
    /// In between.
    Usual,
    /// After them.
    Last,
}

impl Turn {
    /// By the name of a file.
    pub(super) fn of(name: &[u8]) -> Turn {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if LATE.contains(&ending) {
            Turn::Last
        } else if ENDINGS.contains(&ending) || name.starts_with("id_") || WORDS.iter().any(|word| name.contains(word)) {
            Turn::First
        } else {
            Turn::Usual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    #[test]
    fn settings_and_keys_come_first_and_pictures_last() {
        for name in [".env", ".env.local", "id_ed25519", "server.PEM", "application.yml", "Secrets.cs", ".npmrc.json"] {
            assert_eq!(Turn::of(name.as_bytes()), Turn::First, "{name}");
        }
        for name in ["main.rs", "README.md", "Makefile", ""] {
            assert_eq!(Turn::of(name.as_bytes()), Turn::Usual, "{name}");
        }
        for name in ["logo.png", "a.b.MP4", "libfoo.so"] {
            assert_eq!(Turn::of(name.as_bytes()), Turn::Last, "{name}");
        }
        assert!(Turn::First < Turn::Usual && Turn::Usual < Turn::Last);
    }
}
