//! Mach-O: what macOS runs.

use object::macho::{self, MachHeader32, Platform, Version};
use object::read::macho::{LoadCommandVariant, MachHeader};
use object::{Endianness, Object as _};

use super::executable::{Executable, Slice, arch};
use crate::canon::signature::signature;

/// Reads the load commands of a Mach-O file for one processor.
pub fn read<Header: MachHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Executable> {
    let header = Header::parse(bytes, 0).ok()?;
    let endian = header.endian().ok()?;
    let mut commands = header.load_commands(endian, bytes, 0).ok()?;
    let (mut os, mut min_os, mut uuid, mut needed) = (None, None, None, Vec::new());
    while let Some(command) = commands.next().ok()? {
        match command.variant().ok()? {
            LoadCommandVariant::BuildVersion(build, _) => {
                os = Some(platform(build.platform.get(endian)));
                min_os = Some(version(build.minos.get(endian)));
            }
            LoadCommandVariant::VersionMin(min) => {
                os = Some(if command.cmd() == macho::LC_VERSION_MIN_MACOSX { "macos" } else { "other" });
                min_os = Some(version(min.version.get(endian)));
            }
            LoadCommandVariant::Uuid(command) => uuid = Some(hyphenated(&command.uuid)),
            LoadCommandVariant::Dylib(dylib) => {
                let name = command.string(endian, dylib.dylib.name).ok()?;
                needed.push(String::from_utf8_lossy(name).into_owned());
            }
            _ => {}
        }
    }
    let file = object::read::macho::MachOFile::<Header>::parse(bytes).ok()?;
    let arch = arch(file.architecture(), file.is_little_endian());
    // Only files of 64 bits are signed that macOS still runs.
    let signature = if size_of::<Header>() == size_of::<MachHeader32<Endianness>>() { None } else { signature(bytes) };
    let slice = Slice { arch: arch.to_owned(), min_os, uuid, signature };
    Some(Executable { os: os.map(str::to_owned), needed, slices: vec![slice], ..Executable::new("mach-o", arch) })
}

fn platform(platform: Platform) -> &'static str {
    match platform {
        macho::PLATFORM_MACOS => "macos",
        macho::PLATFORM_IOS => "ios",
        _ => "other",
    }
}

/// `xxxx.yy.zz` in nibbles.
fn version(Version(packed): Version) -> String {
    let (major, minor, patch) = (packed >> 16, packed >> 8 & 0xff, packed & 0xff);
    if patch == 0 { format!("{major}.{minor}") } else { format!("{major}.{minor}.{patch}") }
}

fn hyphenated(uuid: &[u8; 16]) -> String {
    let hex = crate::hash::hex(uuid).to_uppercase();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
