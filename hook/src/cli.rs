//! The command line. The texts here are the manual.

pub(crate) mod admin;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::host::Host;

use admin::{ActArgs, AllowCommand, GrantCommand, LedgerCommand, ReplayArgs, WindowCommand};

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
    /// What every push came to: check it, show it
    Ledger {
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Remember what lies in repositories today, so that it is reported and never rejected
    Baseline {
        /// Repositories
        #[arg(required = true)]
        repositories: Vec<PathBuf>,
        /// The repository's name as the server calls it, where its path does not tell
        #[arg(long)]
        name: Option<String>,
        /// Configuration file: names the baseline
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Allowances: list them, look through them, add one
    Allow {
        #[command(subcommand)]
        command: AllowCommand,
    },
    /// Grants: an approver's signature that lets one secret of one commit in
    Grant {
        #[command(subcommand)]
        command: GrantCommand,
    },
    /// Import windows: hours in which pushes to a repository are scanned and recorded, and not rejected
    Window {
        #[command(subcommand)]
        command: WindowCommand,
    },
    /// Switch Keyward off for some hours: pushes are recorded, and not scanned
    Off {
        /// Only for this repository
        #[arg(long, value_name = "NAME")]
        repository: Option<String>,
        #[command(flatten)]
        act: ActArgs,
    },
    /// Switch Keyward on again
    On {
        /// The repository for which it was switched off, if it was one
        #[arg(long, value_name = "NAME")]
        repository: Option<String>,
        /// Who does it
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Configuration file
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Try a policy on the pushes that the ledger has: what would it have rejected?
    Replay(ReplayArgs),
    /// The keys that make fingerprints and codes, and that sign the ledger
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
    /// Make a new key that signs heads of the ledger
    Ledger {
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
