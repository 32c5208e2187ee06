//! A grant: one secret of one commit that an approver lets into one ref of one repository, for hours. One line of text in, a checked
//! grant or one line of why not out. Never touches a file or a clock.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fingerprint::{Code, Fingerprint};
use crate::redact::printable;
use crate::sign::{PrivateKey, PublicKey, Purpose};

/// Longest text read as a grant, in bytes.
pub const LONGEST: usize = 4096;

/// Most approvers a server trusts: each grant is tried with each of them.
pub const MOST_APPROVERS: usize = 64;

/// Seconds by which an approver's clock may be ahead of the server's.
pub const CLOCK_SLACK: i64 = 300;

const PREFIX: &str = "kwg1.";
const HOUR: i64 = 3600;

/// What an approver says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The secret: its code or its fingerprint.
    pub secret: String,
    /// Name of the repository, as the server calls it.
    pub repository: String,
    /// The whole id of the commit that brings the secret.
    pub commit: String,
    /// Full name of the one ref it may be pushed to.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Who may push it; anybody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Why.
    pub reason: String,
    /// When it was signed, in seconds since 1970.
    pub issued: i64,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// Somebody whose grants a server takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// Name, as the ledger and messages show it.
    pub name: String,
    /// The public key that `keyward grant new-key` printed.
    pub key: PublicKey,
}

/// A grant of which nobody has said yet that its signature is one to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    grant: Grant,
    signed: Vec<u8>,
    signature: String,
}

/// The push in which a grant shall count.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// Name of the repository.
    pub repository: &'a str,
    /// Full names of the refs that shall name something.
    pub refs: &'a [String],
    /// Who pushes, if the host says so.
    pub actor: Option<&'a str>,
    /// Seconds since 1970.
    pub now: i64,
    /// Hours for which a grant may hold.
    pub longest: u32,
}

/// Why a grant does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not the form of a grant.
    #[error("it is no grant, or a part of it was lost while copying")]
    Form,
    /// No approver's signature.
    #[error("nobody whom this server trusts has signed it")]
    Signature,
    /// Its time is over.
    #[error("it ended at {0}")]
    Ended(When),
    /// Its time has not come.
    #[error("it begins at {0}; one of the clocks is wrong")]
    Early(When),
    /// It holds for longer than the server allows.
    #[error("it holds for more than the {0} hours that this server allows")]
    Long(u32),
    /// Another repository's.
    #[error("it is for the repository {0}")]
    Repository(String),
    /// Another ref, or more than one.
    #[error("it is for a push to {0} alone")]
    Reference(String),
    /// Somebody else's.
    #[error("it is for a push by {0}")]
    User(String),
    /// Its code is that of several secrets of the commit.
    #[error("its code stands for several secrets of that commit; sign with the fingerprint")]
    Several,
    /// Nothing in the push that it would let in.
    #[error("it is for {secret} in commit {commit}, which does not block this push")]
    Nothing {
        /// Its code.
        secret: String,
        /// First digits of the commit.
        commit: String,
    },
}

/// A time as people read it, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub i64);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => write!(f, "second {}", self.0),
        }
    }
}

/// Why a grant cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsignable(&'static str);

impl Grant {
    /// The line of text for a push option or a file.
    ///
    /// # Errors
    /// A field that no server would take, with what to give instead.
    pub fn sign(&self, key: &PrivateKey) -> Result<String, Unsignable> {
        self.check().map_err(Unsignable)?;
        let signed = serde_json::to_vec(self).expect("a grant is plain data");
        let text = format!("{PREFIX}{}.{}", BASE64URL_NOPAD.encode(&signed), key.sign(Purpose::Grant, &signed));
        if text.len() > LONGEST { Err(Unsignable("the texts are too long, shorten the reason")) } else { Ok(text) }
    }

    /// Whether it speaks of this secret in this commit.
    pub fn covers(&self, fingerprint: &Fingerprint, commit: &str) -> bool {
        let secret = match Fingerprint::parse(&self.secret) {
            Some(whole) => whole == *fingerprint,
            None => Code::parse(&self.secret) == Some(fingerprint.code()),
        };
        secret && self.commit == commit
    }

    /// Whether it counts in this push.
    ///
    /// # Errors
    /// The first condition that does not hold.
    pub fn holds(&self, push: &Occasion<'_>) -> Result<(), Refusal> {
        let shown = |text: &str| printable(text.as_bytes());
        if self.expires <= push.now {
            return Err(Refusal::Ended(When(self.expires)));
        }
        if self.issued > push.now.saturating_add(CLOCK_SLACK) {
            return Err(Refusal::Early(When(self.issued)));
        }
        if self.expires.saturating_sub(self.issued) > i64::from(push.longest) * HOUR {
            return Err(Refusal::Long(push.longest));
        }
        if self.repository != push.repository {
            return Err(Refusal::Repository(shown(&self.repository)));
        }
        // With a second ref the commit could reach a place the approver has not seen.
        if push.refs.len() != 1 || push.refs[0] != self.reference {
            return Err(Refusal::Reference(shown(&self.reference)));
        }
        match &self.user {
            Some(user) if push.actor != Some(user) => Err(Refusal::User(shown(user))),
            _ => Ok(()),
        }
    }

    /// Its end as people read it.
    pub fn end(&self) -> When {
        When(self.expires)
    }

    /// That it covers nothing in the push.
    pub fn covers_nothing(&self) -> Refusal {
        let secret = match (Fingerprint::parse(&self.secret), Code::parse(&self.secret)) {
            (Some(whole), _) => whole.code().to_string(),
            (None, Some(code)) => code.to_string(),
            (None, None) => printable(self.secret.as_bytes()),
        };
        Refusal::Nothing { secret, commit: self.commit.chars().take(7).collect() }
    }

    fn check(&self) -> Result<(), &'static str> {
        let is_id = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if Fingerprint::parse(&self.secret).is_none() && Code::parse(&self.secret).is_none() {
            return Err("the secret is named by its code, as KW-7F3K9QXD, or by its fingerprint of 64 digits");
        }
        if !matches!(self.commit.len(), 40 | 64) || !is_id(&self.commit) {
            return Err("the commit needs its whole id; `git rev-parse COMMIT` tells it");
        }
        if !self.reference.starts_with("refs/") {
            return Err("the ref needs its full name, as refs/heads/main");
        }
        if self.repository.trim().is_empty() || self.reason.trim().is_empty() {
            return Err("the repository and the reason must say something");
        }
        if self.expires <= self.issued {
            return Err("it must end after it begins");
        }
        Ok(())
    }
}

impl Unverified {
    /// Reads a line of text.
    ///
    /// # Errors
    /// `Refusal::Form`.
    pub fn parse(text: &str) -> Result<Unverified, Refusal> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(Refusal::Form);
        }
        let (payload, signature) =
            text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')).ok_or(Refusal::Form)?;
        let signed = BASE64URL_NOPAD.decode(payload.as_bytes()).map_err(|_| Refusal::Form)?;
        let grant: Grant = serde_json::from_slice(&signed).map_err(|_| Refusal::Form)?;
        grant.check().map_err(|_| Refusal::Form)?;
        Ok(Unverified { grant, signed, signature: signature.to_owned() })
    }

    /// The grant and who signed it.
    ///
    /// # Errors
    /// `Refusal::Signature` if none of them did.
    pub fn verify<'a>(&self, approvers: &'a [Approver]) -> Result<(&Grant, &'a Approver), Refusal> {
        let signed = |approver: &&Approver| approver.key.verifies(Purpose::Grant, &self.signed, &self.signature);
        let approver = approvers.iter().take(MOST_APPROVERS).find(signed).ok_or(Refusal::Signature)?;
        Ok((&self.grant, approver))
    }

    /// What it says, to be shown and not to be acted on.
    pub fn claims(&self) -> &Grant {
        &self.grant
    }
}

#[cfg(test)]
mod tests;
