//! The two plans. [`ReleasePlan`] says what is released: names, URLs, settings; no fact of this machine. [`BuildPlan`]
//! says how it is built here, and is never written into a release. `--plan` is stopping after them.

mod build;
mod build_std;
mod features;
mod release;
mod resolve;
mod tags;
mod target;
mod wasm;

pub use build::{BuildPlan, Invocation, MACOS_FLOOR, Machine};
pub use build_std::BuildStd;
pub use release::{ArchivePlan, ArchiveTemplates, ChannelPlan, PackagePlan, ReleasePlan, TargetPlan};
pub use resolve::{ChannelRules, Wanted, releases};
pub use wasm::WasmPlan;
