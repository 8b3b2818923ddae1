//! A folder for what publishing needs on the way.

use std::fs;
use std::path::{Path, PathBuf};

use crate::report::{Result, unwritable};

/// A folder of one run; it goes with it.
#[derive(Debug)]
pub struct WorkFolder {
    path: PathBuf,
}

impl WorkFolder {
    /// Makes an empty one below `parent`.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new(parent: &Path) -> Result<Self> {
        let path = parent.join(format!("publish-{}", std::process::id()));
        // Of a run that was killed and had the same number.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        // Nothing depends on its going.
        let _ = fs::remove_dir_all(&self.path);
    }
}
