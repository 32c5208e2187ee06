//! The command line. The texts here are the manual.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Keeps machine credentials out of Git.
#[derive(Debug, Parser)]
#[command(name = "keyward", version, arg_required_else_help = true, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it: a scratch repository, a clean push, a push with a credential, a fixed push
    Demo,
    /// Install the hook into bare repositories; an existing hook keeps running after it
    Install {
        /// Bare repositories
        #[arg(required = true)]
        repositories: Vec<PathBuf>,
        /// Configuration file the hook reads; made with defaults if it does not exist
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Whom developers ask, a URL or an address; written into a new configuration file
        #[arg(long, value_name = "URL")]
        contact: Option<String>,
    },
    /// Take the hook out again; the hook it was chained with comes back
    Uninstall {
        /// Bare repositories
        #[arg(required = true)]
        repositories: Vec<PathBuf>,
    },
    /// Push every known way to hide a credential, and clean pushes of every kind, against a scratch server with this hook
    Selftest {
        /// Run these shapes or families alone
        #[arg(long, value_name = "NAME", num_args = 1..)]
        only: Vec<String>,
        /// Say what each shape is and what is not covered on purpose, and run nothing
        #[arg(long)]
        list: bool,
        /// Leave the scratch folder of a shape that fails, and say where it is
        #[arg(long)]
        keep: bool,
        /// Fail too where a shape cannot be run on this machine
        #[arg(long)]
        strict: bool,
        /// Output format
        #[arg(long, value_enum, default_value_t = SelftestFormat::Text)]
        format: SelftestFormat,
    },
    /// Run as git's pre-receive hook (git calls this)
    PreReceive {
        /// Configuration file
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Hook to run when Keyward accepts the push
        #[arg(long, value_name = "HOOK")]
        then: Option<PathBuf>,
    },
    /// Scan a folder's files, or a bare repository's full history
    Scan {
        /// Folder, file or repository
        path: PathBuf,
        /// Scan every commit of the repository instead of the files of its work tree
        #[arg(long)]
        history: bool,
        /// Output format
        #[arg(long, value_enum, default_value_t = ScanFormat::Text)]
        format: ScanFormat,
        /// Rules to use beside the others: a rule file of Keyward's, Gitleaks' or Betterleaks' form; may be given more than once
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
        /// Configuration file: its key, rules, allowlist and policy
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// List what is detected, check rule files, or see what another scanner's file brings
    Rules {
        #[command(subcommand)]
        command: Option<RulesCommand>,
        /// Output format
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Say what a code from a message means, where it was seen and what to do
    Explain {
        /// A code such as KW-7F3K9QXD, or the id of a rule
        code: String,
        /// Configuration file: names the ledger
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// The key that makes fingerprints and codes
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Check rule files: syntax, meaning, and every sample
    Check {
        /// A rule file or a folder of them
        path: PathBuf,
    },
    /// Write the catalogue of all types: catalogue.md and a page for each letter
    Pages {
        /// The folder to write to
        folder: PathBuf,
    },
    /// Tell what of a Gitleaks or Betterleaks configuration is taken, what differs, and what is not taken
    Import {
        /// The configuration file, as .gitleaks.toml
        file: PathBuf,
        /// Output format
        #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
        format: ReportFormat,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a new key; servers that shall agree on codes get a copy of the same file
    New {
        /// Where the key goes; never overwritten
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ScanFormat {
    Text,
    Json,
    Sarif,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SelftestFormat {
    Text,
    Json,
    Markdown,
}
