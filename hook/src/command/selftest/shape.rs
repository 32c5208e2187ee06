//! What a shape is: a name, what it is, how it is pushed, and the verdict it must get.

use anyhow::Result;
use serde::Serialize;

use super::world::{Push, World};

/// One push that must get one verdict.
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// What it is, as a sentence's end behind "a push with" or "a push of".
    pub(super) what: &'static str,
    pub(super) expected: Expected,
    /// What stands in the push, or stood in it before.
    pub(super) plant: Plant,
    /// Options of `git init` for the server, where it is not the usual one.
    pub(super) server: &'static [&'static str],
    /// Makes it in a fresh world and pushes it.
    pub(super) push: fn(&World) -> Result<Push>,
}

/// The verdict that a shape must get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Expected {
    /// Rejected, and because of the planted credential.
    Rejected,
    /// Accepted without a word.
    Accepted,
    /// Accepted, with a word on what was not looked at.
    Named,
    /// Accepted, with a word that the credential was there before.
    Known,
}

impl Expected {
    /// The word in tables.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Expected::Rejected => "rejected",
            Expected::Accepted => "accepted",
            Expected::Named => "named",
            Expected::Known => "known",
        }
    }
}

/// The made-up credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    /// A token on one line.
    Token,
    /// A private key of many lines.
    KeyBlock,
}

impl Plant {
    /// What it is expanded from, so that no credential stands in any file.
    pub(super) fn template(self) -> &'static str {
        match self {
            Plant::Token => "ghp_{base62:30}{checksum:crc32-base62}",
            Plant::KeyBlock => "{pem:RSA PRIVATE KEY}",
        }
    }
}

/// Shapes that belong together.
pub(super) struct Family {
    pub(super) name: &'static str,
    /// Heading and first sentence in the documentation.
    pub(super) title: &'static str,
    pub(super) intro: &'static str,
    pub(super) shapes: &'static [Shape],
}

impl Shape {
    /// A push that leaks.
    pub(super) const fn leak(name: &'static str, what: &'static str, push: fn(&World) -> Result<Push>) -> Shape {
        Shape { name, what, expected: Expected::Rejected, plant: Plant::Token, server: &[], push }
    }

    /// A push that is clean.
    pub(super) const fn clean(name: &'static str, what: &'static str, push: fn(&World) -> Result<Push>) -> Shape {
        Shape { name, what, expected: Expected::Accepted, plant: Plant::Token, server: &[], push }
    }

    /// With another verdict.
    pub(super) const fn expecting(mut self, expected: Expected) -> Shape {
        self.expected = expected;
        self
    }

    /// With another credential.
    pub(super) const fn planting(mut self, plant: Plant) -> Shape {
        self.plant = plant;
        self
    }

    /// On a server made with these options of `git init`.
    pub(super) const fn on(mut self, server: &'static [&'static str]) -> Shape {
        self.server = server;
        self
    }
}
