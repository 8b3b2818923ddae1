//! The compiler that a release was made with.

use serde::{Deserialize, Serialize};

use crate::project::Project;
use crate::report::{Context, Result};
use crate::run::Runner;

/// The rustc that the released workspace uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// `rustc --version`, the commit included.
    pub rustc: String,
    /// The LLVM in it, where there is one.
    pub llvm: Option<String>,
}

impl Toolchain {
    /// Asks rustc in the workspace, so that a `rust-toolchain.toml` there counts.
    ///
    /// # Errors
    /// No rustc.
    pub fn of(project: &Project) -> Result<Self> {
        let runner = Runner::new(&project.root)?;
        let text = runner.rustc().arg("-vV").read().context(|| "cannot ask rustc for its version")?;
        let value =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_owned());
        Ok(Self { rustc: text.lines().next().unwrap_or_default().to_owned(), llvm: value("LLVM version:") })
    }
}
