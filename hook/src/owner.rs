//! Whose a new file is: that of its folder's owner. The administrator may be root when a command makes it, and the hook is not.

use std::fs::{self, File};
use std::io::Result;
use std::path::Path;

/// Gives a file that was just made at `path` to the owner of its folder. Who may not give files away keeps it, and is then no other than
/// the one who uses it.
#[cfg(unix)]
pub(crate) fn of_folder(path: &Path, file: &File) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Ok(folder), Ok(made)) = (fs::metadata(folder), file.metadata()) else { return };
    if made.uid() != folder.uid() {
        let _ = fchown(file, Some(folder.uid()), Some(folder.gid()));
    }
}

/// Elsewhere files have no such owner.
#[cfg(not(unix))]
pub(crate) fn of_folder(_path: &Path, _file: &File) {}

/// Gives `file`, which shall replace the one at `path`, that one's owner and permissions; those of the folder where there is none.
///
/// # Errors
/// It could not be given to them: then the hook might not be able to read it.
#[cfg(unix)]
pub(crate) fn of_file(path: &Path, file: &File) -> Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Ok(there) = fs::metadata(path) else {
        of_folder(path, file);
        return Ok(());
    };
    let made = file.metadata()?;
    if (made.uid(), made.gid()) != (there.uid(), there.gid()) {
        fchown(file, Some(there.uid()), Some(there.gid()))?;
    }
    file.set_permissions(there.permissions())
}

/// Elsewhere files have no such owner.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(crate) fn of_file(_path: &Path, _file: &File) -> Result<()> {
    Ok(())
}
