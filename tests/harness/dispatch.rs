//! How Gitea and GitLab start hooks, rebuilt from what their sources do: Gitea's modules/gitrepo/hooks.go and cmd/hook.go, Gitaly's
//! internal/gitaly/hook/custom.go.

use std::path::Path;

use crate::program::write_executable;
use crate::server::Server;

/// What Gitea sets for a push over SSH.
pub const GITEA_SSH: [(&str, &str); 4] = [
    ("SSH_ORIGINAL_COMMAND", "git-receive-pack 'group/app.git'"),
    ("GITEA_REPO_USER_NAME", "group"),
    ("GITEA_REPO_NAME", "app"),
    ("GITEA_PUSHER_NAME", "ann"),
];

/// What Gitea sets for an edit in the browser.
pub const GITEA_WEB: [(&str, &str); 4] = [
    ("SSH_ORIGINAL_COMMAND", "gitea-internal"),
    ("GITEA_REPO_USER_NAME", "group"),
    ("GITEA_REPO_NAME", "app"),
    ("GITEA_PUSHER_NAME", "ann"),
];

/// Runs every executable file of the folder with the whole input, then fails as the first one that failed.
const GITEA: &str = r#"#!/usr/bin/env bash
updates=$(cat)
codes=()
for file in "${GIT_DIR:-$(dirname "$0")/..}/hooks/$(basename "$0").d/"*; do
    [[ -x $file && -f $file ]] || continue
    "$file" <<<"$updates"
    codes+=($?)
done
for code in "${codes[@]}"; do
    ((code == 0)) || exit "$code"
done
"#;

/// Gitea's own hook asks its server; one that does not come from Gitea is refused, one of Gitea itself is not asked about.
const GITEA_OWN: &str = r#"#!/usr/bin/env bash
[[ $GITEA_INTERNAL_PUSH == true ]] && exit 0
[[ -n $SSH_ORIGINAL_COMMAND ]] && exit 0
echo "Rejecting changes as Gitea environment not set."
exit 1
"#;

/// Own hooks first, the global folder last, in the order of names, up to the first failure; with a few variables only.
const GITALY: &str = r#"#!/usr/bin/env bash
updates=$(cat)
repository=$PWD
variables=(PATH="$PATH" HOME="$HOME" GIT_DIR="$repository")
for name in GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GL_ID GL_USERNAME GL_PROJECT_PATH GL_PROTOCOL GL_REPOSITORY; do
    [[ -n ${!name} ]] && variables+=("$name=${!name}")
done
for file in "$repository/custom_hooks/pre-receive" "$repository/custom_hooks/pre-receive.d/"* GLOBAL/pre-receive.d/*; do
    [[ $file != *~ && -f $file && -x $file ]] || continue
    printf '%s\n' "$updates" | env -i "${variables[@]}" "$file" || exit 1
done
"#;

/// Makes a repository one of Gitea's.
pub fn gitea(server: &Server) {
    let hooks = server.path().join("hooks");
    write_executable(&hooks.join("pre-receive"), GITEA);
    write_executable(&hooks.join("pre-receive.d/gitea"), GITEA_OWN);
}

/// Makes a repository one of GitLab's, whose Gitaly has `global` for hooks of all repositories.
///
/// # Panics
/// A file cannot be written.
pub fn gitlab(server: &Server, global: &Path) {
    let folder = server.root().join("gitaly");
    let own = folder.join("hooks");
    write_executable(&own.join("pre-receive"), &GITALY.replace("GLOBAL", &global.display().to_string()));
    // Gitaly gives its folder to every git it starts.
    server.git(["config", "core.hooksPath", &own.display().to_string()]);
    let config = format!("[hooks]\ncustom_hooks_dir = '{}'\n", global.display());
    std::fs::create_dir_all(global).expect("a writable folder");
    std::fs::write(folder.join("config.toml"), config).expect("writable");
}
