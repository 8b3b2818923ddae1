//! PE: what Windows runs.

use std::collections::BTreeSet;

use object::Object as _;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _, PeFile};

use super::executable::{Executable, arch};

/// Reads the headers and the imported libraries of a PE file.
pub fn read<Pe: ImageNtHeaders>(bytes: &[u8]) -> Option<Executable> {
    let file = PeFile::<Pe>::parse(bytes).ok()?;
    let mut needed = BTreeSet::new();
    if let Some(table) = file.import_table().ok()? {
        let mut libraries = table.descriptors().ok()?;
        while let Some(library) = libraries.next().ok()? {
            let name = table.name(library.name.get(object::LittleEndian)).ok()?;
            needed.insert(String::from_utf8_lossy(name).into_owned());
        }
    }
    // Programs for the firmware have the same format.
    let subsystem = file.nt_headers().optional_header().subsystem();
    let os = if (10..=13).contains(&subsystem.0) { "uefi" } else { "windows" };
    Some(Executable {
        os: Some(os.to_owned()),
        needed: needed.into_iter().collect(),
        ..Executable::new("pe", arch(file.architecture(), file.is_little_endian()))
    })
}
