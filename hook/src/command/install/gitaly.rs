//! The tarball for `gitaly hooks set`. Gitaly replaces all hooks of a repository by it, so those that a named repository has go along.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::environment::header;
use crate::host::{CUSTOM, CUSTOM_FOLDER, OURS, Script, is_executable, repository::is_repository};

/// Folders inside each other that hooks may lie in.
const DEEPEST: usize = 8;

/// Largest hook taken along, in bytes.
const LARGEST: u64 = 64 << 20;

/// Writes the tarball; `repositories` is empty or the one whose hooks go along.
///
/// # Errors
/// More than one repository is named, it is none, or a file could not be read or written.
pub(super) fn write(file: &Path, config: &Path, repositories: &[PathBuf]) -> Result<String> {
    let with = match repositories {
        [] => None,
        [one] if is_repository(one) => Some(one.join(CUSTOM)),
        [one] => bail!("{} is no repository; its hooks cannot go along", one.display()),
        _ => bail!("a tarball replaces the hooks of one repository; name one at most"),
    };
    let context = || format!("could not write {}", file.display());
    let mut tar = tar::Builder::new(File::create(file).with_context(context)?);
    let ours = Path::new(CUSTOM_FOLDER).join(OURS);
    let mut kept = 0;
    if let Some(folder) = with.filter(|folder| folder.is_dir()) {
        for path in files(&folder, 0)? {
            let inside = path.strip_prefix(&folder).unwrap_or(&path);
            if inside != ours {
                let bytes = fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
                let mode = if is_executable(&path) { 0o755 } else { 0o644 };
                tar.append_data(&mut header(&bytes, mode), Path::new(CUSTOM).join(inside), &bytes[..])
                    .with_context(context)?;
                kept += 1;
            }
        }
    }
    let script = Script::of(config, None)?.render()?;
    tar.append_data(&mut header(script.as_bytes(), 0o755), Path::new(CUSTOM).join(&ours), script.as_bytes())
        .with_context(context)?;
    tar.into_inner().and_then(|file| file.sync_all()).with_context(context)?;
    Ok(format!(
        "tarball: {} (Keyward's hook and {kept} that the repository has)\n\
         On each Gitaly node, with this program and {} there:\n  \
         cat {} | sudo -u git -- /opt/gitlab/embedded/bin/gitaly hooks set --storage STORAGE --repository RELATIVE_PATH \
         --config /var/opt/gitlab/gitaly/config.toml\n",
        file.display(),
        config.display(),
        file.display()
    ))
}

/// Every file below a folder.
fn files(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let context = || format!("could not read {}", folder.display());
    if depth > DEEPEST {
        bail!("{} lies too deep", folder.display());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        let metadata = fs::metadata(&path).with_context(context)?;
        if metadata.is_dir() {
            found.extend(files(&path, depth + 1)?);
        } else if metadata.len() > LARGEST {
            bail!("{} is too large for a hook", path.display());
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
