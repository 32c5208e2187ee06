//! The part of the command line for who decides what may pass: ledger, baseline, allowances, grants, windows, replay.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListFormat;

/// `keyward ledger`.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Walk the ledger's files: say what is whole and where it breaks, and compare it with its signed heads
    Verify {
        /// Configuration file: names the ledger and the key of its heads
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// A log with heads, as the system log keeps them; `-` for standard input
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
        /// A public key that signed heads, beside this server's own; may be given more than once
        #[arg(long, value_name = "KEY")]
        public: Vec<String>,
        /// Number of the first entry, where older files were put elsewhere
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        from: u64,
        /// A ledger instead of the configuration's, which is then not read
        #[arg(long, value_name = "FILE", conflicts_with = "config")]
        ledger: Option<PathBuf>,
    },
    /// Show entries, oldest first
    Show {
        /// Configuration file: names the ledger
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// How many, counted from the end
        #[arg(long, value_name = "N", default_value_t = 20)]
        last: usize,
        /// Only pushes in which this code was found
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
        /// Only this repository, `*` standing for anything
        #[arg(long, value_name = "NAME")]
        repository: Option<String>,
        /// Output format; JSON is the ledger's own, one entry a line
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
}

/// `keyward allow`.
#[derive(Debug, Subcommand)]
pub(crate) enum AllowCommand {
    /// List allowances: until when each holds, and when it was last used
    List {
        /// Configuration file: names the allowances and the ledger
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// The same for those alone that ended, end soon, or were not used; exit code 1 if there are any
    Check {
        /// Configuration file: names the allowances and the ledger
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Days before its end from which an allowance counts as ending soon
        #[arg(long, value_name = "DAYS", default_value_t = 14)]
        soon: u32,
        /// Days without use from which an allowance counts as unused
        #[arg(long, value_name = "DAYS", default_value_t = 90)]
        unused: u32,
    },
    /// Add an allowance for one secret
    Add {
        /// Its code, which must be in the ledger, or its fingerprint
        secret: String,
        /// Configuration file: names the allowances and the ledger
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Why it may stand there
        #[arg(long)]
        reason: String,
        /// Who answers for it
        #[arg(long)]
        owner: String,
        /// The last day on which it holds, as 2027-01-31
        #[arg(long, value_name = "DAY")]
        expires: String,
    },
}

/// `keyward grant`.
#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    /// Make an approver's key; prints the lines for the server's configuration
    NewKey {
        /// Where the private key goes; never overwritten
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// The approver's name, as the ledger shall show it
        #[arg(long, default_value = "the approver's name")]
        name: String,
    },
    /// Sign a grant: one secret of one commit, pushed to one ref of one repository, within hours
    Sign(SignArgs),
    /// Show what a grant says
    Show {
        /// The grant, or a file with it; `-` for standard input
        grant: String,
        /// Configuration file: names the approvers
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// `keyward grant sign`.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The secret's code from the developer's message, or its fingerprint
    pub(crate) secret: String,
    /// Name of the repository, as the server calls it
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: String,
    /// Whole id of the commit that brings it; `git rev-parse` tells it
    #[arg(long, value_name = "ID")]
    pub(crate) commit: String,
    /// Full name of the ref it is pushed to, as refs/heads/main
    #[arg(long = "ref", value_name = "REF")]
    pub(crate) reference: String,
    /// Who may push it, where the host tells who pushes; anybody if left out
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Why it is let in; stands in the ledger
    #[arg(long)]
    pub(crate) reason: String,
    /// For how many hours
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) hours: u32,
    /// The approver's private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

/// `keyward window`.
#[derive(Debug, Subcommand)]
pub(crate) enum WindowCommand {
    /// Let pushes to one repository in for some hours, whatever is found; everything is scanned and recorded
    Open {
        /// Name of the repository, as the ledger shows it
        #[arg(long, value_name = "NAME")]
        repository: String,
        #[command(flatten)]
        act: ActArgs,
    },
    /// Close the import window of a repository before its end
    Close {
        /// Name of the repository
        #[arg(long, value_name = "NAME")]
        repository: String,
        /// Who closes it
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Configuration file
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// List what is open, the off switch included
    List {
        /// Configuration file
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// What opening a window and switching off have in common.
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// For how many hours
    #[arg(long, value_name = "N")]
    pub(crate) hours: u32,
    /// Why; stands in the ledger and in the developers' messages
    #[arg(long)]
    pub(crate) reason: String,
    /// Who does it
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `keyward replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Configuration whose rules and policy are tried; its ledger tells the pushes
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A ledger instead of the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Only pushes from this day on, as 2026-11-01
    #[arg(long, value_name = "DAY")]
    pub(crate) since: Option<String>,
    /// Only this repository, `*` standing for anything
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<String>,
    /// Folder that holds the repositories under their names, where they no longer lie where the ledger says
    #[arg(long, value_name = "FOLDER")]
    pub(crate) root: Option<PathBuf>,
}
