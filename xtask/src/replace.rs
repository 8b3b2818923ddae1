//! Files of the repository that are written: whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Puts `text` in the place of `file`, or where there was none. What a link points at is written, and the link stays;
/// so do permissions.
///
/// # Errors
/// A file that is read-only, a folder that cannot be written; the old file is as it was.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = if file.exists() { fs::canonicalize(file)? } else { file.to_owned() };
    let permissions = fs::metadata(&file).ok().map(|old| old.permissions());
    if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let beside = file.with_file_name(name);
    let written = fs::File::create(&beside).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        if let Some(permissions) = permissions {
            new.set_permissions(permissions)?;
        }
        new.sync_all()?;
        fs::rename(&beside, &file)
    });
    written.inspect_err(|_| {
        // Best effort: it is in nobody's way.
        let _ = fs::remove_file(&beside);
    })
}
