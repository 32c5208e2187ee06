//! What Keyward does not look for, on purpose, and why. Whoever takes something off this list adds a shape for it.

use serde::Serialize;

/// One thing that is not covered.
#[derive(Serialize)]
pub(super) struct Uncovered {
    pub(super) what: &'static str,
    pub(super) why: &'static str,
}

pub(super) const UNCOVERED: &[Uncovered] = &[
    Uncovered {
        what: "a credential split over several strings, variables, lines or files, or put together by code",
        why: "only running the program tells what it makes",
    },
    Uncovered {
        what: "ciphers, from ROT13 and XOR to GPG, age, SOPS and Ansible Vault",
        why: "without the key it is not a credential, and what does not need a key is a riddle of its own each time",
    },
    Uncovered {
        what: "the content of 7z, RAR, cabinet and disk images",
        why: "no small decoder that is safe on a stranger's bytes; 7z and RAR are named, `policy.doubt.container` may reject them",
    },
    Uncovered {
        what: "encrypted members of zip archives, encrypted PDF and Office documents",
        why: "nobody can look without the password; zip and PDF are named, `policy.doubt.container` may reject them",
    },
    Uncovered {
        what: "what lies more than four encodings and containers deep, or unpacks to more than 64 MiB from one object",
        why: "a small push could cost any amount of time; it is named, `policy.doubt.container` may reject it",
    },
    Uncovered {
        what: "the content of Git LFS files",
        why: "it goes to another server and never through git; the pointer is named",
    },
    Uncovered {
        what: "the commits of a submodule",
        why: "they lie in another repository, whose own hook sees them; the address in `.gitmodules` is covered",
    },
    Uncovered {
        what: "text that is a picture: screenshots, scans, glyphs of a PDF font without letters, sound and film",
        why: "reading pictures takes seconds for each and is often wrong",
    },
    Uncovered {
        what: "UTF-32, UTF-7 and EBCDIC; base32, base85, uuencode and quoted-printable",
        why: "hardly any tool writes them into a repository",
    },
    Uncovered {
        what: "zlib, LZMA, LZ4, Brotli and LZW without a container that is known: Git packs and bundles kept as files, compressed text in pictures",
        why: "such streams have no reliable mark, and to try at every byte would cost any amount of time",
    },
    Uncovered {
        what: "passwords that only a person can tell from other words",
        why: "they are warned about where the name beside them speaks, and not rejected: false rejections make people go around the hook",
    },
    Uncovered {
        what: "push options, and whatever else does not become part of the repository",
        why: "nobody can clone it",
    },
];
