//! The command line. The texts here are the manual.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::host::Host;

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
    /// Install the hook into repositories of a Git host; an existing hook keeps running after it
    Install(InstallArgs),
    /// Take the hook out again; the hook it was chained with comes back
    Uninstall(UninstallArgs),
    /// List the repositories below folders: covered or not, and why not
    Status {
        /// Folders with repositories, or repositories
        #[arg(required = true)]
        roots: Vec<PathBuf>,
        /// Kind of Git host; found out for each repository where it is not given
        #[arg(long, value_enum)]
        host: Option<Host>,
        /// Configuration file that the hooks should read; one that reads another is told
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Output format
        #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
        format: ReportFormat,
    },
    /// Prove that the hook fires: push a made-up credential to a scratch ref, see it rejected, clean up
    Doctor {
        /// Repositories on this machine, or addresses to push to as a developer would
        #[arg(required_unless_present = "canary")]
        targets: Vec<String>,
        /// Kind of Git host; found out for each repository where it is not given
        #[arg(long, value_enum)]
        host: Option<Host>,
        /// Output format
        #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
        format: ReportFormat,
        /// Print a made-up credential that every Keyward rejects, to commit and push by hand
        #[arg(long, conflicts_with_all = ["targets", "host", "format"])]
        canary: bool,
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

/// What `keyward install` is told.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// Repositories; gitolite's home folder; the folder that `custom_hooks_dir` of Gitaly names
    #[arg(required_unless_present_any = ["all", "new_repositories", "tarball"])]
    pub(crate) paths: Vec<PathBuf>,
    /// Kind of Git host; found out for each path where it is not given
    #[arg(long, value_enum)]
    pub(crate) host: Option<Host>,
    /// Every repository below this folder; run it as often as you like. May be given more than once
    #[arg(long, value_name = "ROOT")]
    pub(crate) all: Vec<PathBuf>,
    /// Cover repositories that are yet to be made: where git takes their hooks from, for this user
    #[arg(long)]
    pub(crate) new_repositories: bool,
    /// Write a file to hand over instead: the tarball for `gitaly hooks set`, the environment of GitHub Enterprise Server
    #[arg(long, value_name = "FILE")]
    pub(crate) tarball: Option<PathBuf>,
    /// Shell of that environment; a static one, as busybox, brings no libraries along
    #[arg(long, value_name = "PROGRAM", default_value = "/bin/sh", requires = "tarball")]
    pub(crate) shell: PathBuf,
    /// Configuration file the hook reads; made with defaults if it does not exist
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Whom developers ask, a URL or an address; written into a new configuration file
    #[arg(long, value_name = "URL")]
    pub(crate) contact: Option<String>,
}

/// What `keyward uninstall` is told.
#[derive(Debug, Args)]
pub(crate) struct UninstallArgs {
    /// Repositories; gitolite's home folder; the folder that `custom_hooks_dir` of Gitaly names
    #[arg(required_unless_present_any = ["all", "new_repositories"])]
    pub(crate) paths: Vec<PathBuf>,
    /// Kind of Git host; found out for each path where it is not given
    #[arg(long, value_enum)]
    pub(crate) host: Option<Host>,
    /// Every repository below this folder that has it. May be given more than once
    #[arg(long, value_name = "ROOT")]
    pub(crate) all: Vec<PathBuf>,
    /// Repositories that are yet to be made
    #[arg(long)]
    pub(crate) new_repositories: bool,
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
