//! Whether an executable is what its archive promises, by its own headers.

use crate::inspect::{Executable, Signature, Slice};
use crate::manifest::{Asset, Manifest};
use crate::plan::MACOS_FLOOR;
use crate::targets::{Glibc, Libc, Os, Target};

/// What a release promises of the programs in one archive.
#[derive(Debug, Clone, Copy)]
pub struct Promise<'a> {
    /// The target.
    pub target: &'a Target,
    /// Whether they run with nothing but the kernel.
    pub is_static: bool,
    /// The oldest glibc that they run with, where one is promised.
    pub glibc: Option<Glibc>,
    /// The oldest macOS that they run on, as `11.0`, where one is promised.
    pub macos: Option<&'a str>,
}

impl<'a> Promise<'a> {
    /// Nothing but the target: its programs are what such programs are by default.
    pub fn of_target(target: &'a Target) -> Self {
        Self { target, is_static: target.is_static_by_default(), glibc: None, macos: None }
    }

    /// What the plan and the builds of a release say of one of its archives; none for one that the plan does not have.
    pub fn of(manifest: &'a Manifest, asset: &'a Asset) -> Option<Self> {
        let package = manifest.plan.package(&asset.package)?;
        let plan = package.target(&asset.target)?;
        let build = manifest.builds.iter().find(|build| build.package == asset.package && build.target == asset.target);
        let own_flags = build.map(|build| build.rustflags.as_slice()).unwrap_or_default();
        let is_dynamic = plan.build.rustflags.iter().chain(own_flags).any(|flag| flag.contains("-crt-static"));
        let wants_static = plan.target.os() == Os::Linux && plan.build.wants_static_crt();
        Some(Self {
            target: &plan.target,
            is_static: wants_static || plan.target.is_static_by_default() && !is_dynamic,
            glibc: [plan.glibc, build.and_then(|build| build.glibc)].into_iter().flatten().min(),
            macos: plan.build.env.get(MACOS_FLOOR).map(String::as_str),
        })
    }
}

/// What of the promise the executable does not keep: what is wrong, a sentence each, its subject being "it".
pub fn check(promise: &Promise<'_>, executable: &Executable) -> Vec<String> {
    let target = promise.target;
    if let Some(format) = target.executable_format()
        && executable.format != format
    {
        // Nothing else in it is to be compared.
        return vec![format!("it is a program in {} format, and those for {target} are {format}", executable.format)];
    }
    let mut faults = Vec::new();
    if let (Some(wanted), Some(os)) = (target.executable_os(), &executable.os)
        && os != wanted
    {
        faults.push(format!("it is a program for {os}, not for {wanted}"));
    }
    if let Some(wanted) = target.executable_arch()
        && executable.arch != wanted
    {
        faults.push(format!("it is a program for {}, and {target} is {wanted}", executable.arch));
    }
    match target.os() {
        Os::Linux => linux(promise, executable, &mut faults),
        Os::MacOs => macos(promise, executable, &mut faults),
        Os::Windows | Os::FreeBsd | Os::Other => {}
    }
    faults
}

fn linux(promise: &Promise<'_>, executable: &Executable, faults: &mut Vec<String>) {
    if promise.is_static {
        if let Some(interpreter) = &executable.interpreter {
            faults.push(format!("it is loaded by {interpreter}, and is to be static"));
        }
        if !executable.needed.is_empty() {
            faults.push(format!("it needs {}, and is to be static", executable.needed.join(", ")));
        }
    } else if let Some(interpreter) = &executable.interpreter
        && let Some(other) = loader_of_other_libc(promise.target, interpreter)
    {
        faults.push(format!("it is loaded by {interpreter}, which is of {other}"));
    }
    let newest = executable.glibc.as_deref().and_then(Glibc::parse);
    if let (Some(promised), Some(newest)) = (promise.glibc, newest)
        && newest > promised
    {
        faults.push(format!("it needs glibc {newest}, and is to run with {promised}"));
    }
}

/// The libc that the program's loader belongs to, if it is not the target's.
fn loader_of_other_libc(target: &Target, interpreter: &str) -> Option<&'static str> {
    match (target.libc(), interpreter.contains("ld-musl-")) {
        (Libc::Gnu, true) => Some("musl, and not of glibc"),
        (Libc::Musl, false) => Some("glibc, and not of musl"),
        _ => None,
    }
}

fn macos(promise: &Promise<'_>, executable: &Executable, faults: &mut Vec<String>) {
    let wanted = promise.target.slices();
    if let Some(wanted) = &wanted {
        for slice in wanted {
            let arch = slice.executable_arch();
            if executable.slices.iter().filter(|slice| Some(slice.arch.as_str()) == arch).count() != 1 {
                faults.push(format!("it has no part for {}", slice.arch()));
            }
        }
        if executable.slices.len() > wanted.len() {
            faults.push("it has parts for other processors".to_owned());
        }
    }
    for slice in &executable.slices {
        let part = if wanted.is_some() { format!("its part for {}", slice.arch) } else { "it".to_owned() };
        faults.extend(part_faults(promise, slice).into_iter().map(|what| format!("{part} {what}")));
    }
}

fn part_faults(promise: &Promise<'_>, slice: &Slice) -> Vec<String> {
    let mut faults = Vec::new();
    match (&slice.min_os, promise.macos) {
        (None, _) => faults.push("does not say which macOS it needs".to_owned()),
        (Some(real), Some(promised)) if version(real) > version(promised) => {
            faults.push(format!("needs macOS {real}, and is to run on {promised} ({MACOS_FLOOR})"));
        }
        _ => {}
    }
    if slice.uuid.is_none() {
        faults.push("has no LC_UUID, without which macOS 26 runs nothing".to_owned());
    }
    match slice.signature {
        Some(Signature::Broken) => faults.push("has a signature that does not fit it: macOS kills it".to_owned()),
        None if slice.arch == "aarch64" => {
            faults.push("is not signed, without which macOS runs nothing on arm64".to_owned());
        }
        _ => {}
    }
    faults
}

/// A dotted version, so that versions compare as numbers; `11` and `11.0` are one.
fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    while parts.last() == Some(&0) {
        parts.pop();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::testing;

    const MUSL: &str = "x86_64-unknown-linux-musl";
    const GNU: &str = "x86_64-unknown-linux-gnu";
    const MAC: &str = "aarch64-apple-darwin";
    const UNIVERSAL: &str = "universal-apple-darwin";

    /// What is wrong with the target's usual program once it is altered.
    fn faults(triple: &str, alter: impl Fn(&mut Promise<'_>, &mut Executable)) -> Vec<String> {
        let target = Target::parse(triple).unwrap();
        let (mut promise, mut executable) = (Promise::of_target(&target), testing::executable(&target));
        alter(&mut promise, &mut executable);
        check(&promise, &executable)
    }

    #[test]
    fn usual_programs_keep_their_promise() {
        for triple in [MUSL, GNU, MAC, UNIVERSAL, "x86_64-apple-darwin", "x86_64-pc-windows-msvc", "wasm32-wasip1"] {
            assert_eq!(faults(triple, |_, _| {}), Vec::<String>::new(), "{triple}");
        }
    }

    #[test]
    fn format_system_and_processor_are_the_targets() {
        let said = faults(MUSL, |_, program| program.format = "pe".to_owned());
        assert_eq!(said, [format!("it is a program in pe format, and those for {MUSL} are elf")]);
        let said = faults(MUSL, |_, program| program.os = Some("freebsd".to_owned()));
        assert_eq!(said, ["it is a program for freebsd, not for linux"]);
        let said = faults(MUSL, |_, program| program.arch = "aarch64".to_owned());
        assert_eq!(said, [format!("it is a program for aarch64, and {MUSL} is x86_64")]);
        let said = faults("x86_64-pc-windows-msvc", |_, program| program.arch = "i686".to_owned());
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn musl_programs_need_no_loader_and_no_library() {
        let said = faults(MUSL, |_, program| program.interpreter = Some("/lib/ld-musl-x86_64.so.1".to_owned()));
        assert_eq!(said, ["it is loaded by /lib/ld-musl-x86_64.so.1, and is to be static"]);
        let said = faults(MUSL, |_, program| program.needed = vec!["libc.so".to_owned(), "libz.so.1".to_owned()]);
        assert_eq!(said, ["it needs libc.so, libz.so.1, and is to be static"]);
        let said = faults(MUSL, |promise, program| {
            promise.is_static = false;
            program.interpreter = Some("/lib64/ld-linux-x86-64.so.2".to_owned());
        });
        assert_eq!(said, ["it is loaded by /lib64/ld-linux-x86-64.so.2, which is of glibc, and not of musl"]);
    }

    #[test]
    fn gnu_programs_need_no_newer_glibc_than_promised_and_no_musl() {
        let promised = |floor: &'static str| {
            faults(GNU, move |promise, program| {
                promise.glibc = Glibc::parse(floor);
                program.glibc = Some("2.17".to_owned());
            })
        };
        assert_eq!(promised("2.17"), Vec::<String>::new());
        assert_eq!(promised("2.5"), ["it needs glibc 2.17, and is to run with 2.5"]);
        let said = faults(GNU, |_, program| program.interpreter = Some("/lib/ld-musl-x86_64.so.1".to_owned()));
        assert_eq!(said, ["it is loaded by /lib/ld-musl-x86_64.so.1, which is of musl, and not of glibc"]);
    }

    #[test]
    fn mac_programs_are_signed_on_arm64_and_tell_their_macos_and_name() {
        let said = |signature| faults(MAC, move |_, program| program.slices[0].signature = signature);
        assert_eq!(said(None), ["it is not signed, without which macOS runs nothing on arm64"]);
        assert_eq!(said(Some(Signature::Broken)), ["it has a signature that does not fit it: macOS kills it"]);
        assert_eq!(said(Some(Signature::Identity)), Vec::<String>::new());
        let said = faults(MAC, |_, program| program.slices[0].min_os = None);
        assert_eq!(said, ["it does not say which macOS it needs"]);
        let said = faults(MAC, |_, program| program.slices[0].uuid = None);
        assert_eq!(said, ["it has no LC_UUID, without which macOS 26 runs nothing"]);
        let floor = |floor| faults(MAC, move |promise, _| promise.macos = Some(floor));
        assert_eq!(floor("11"), Vec::<String>::new());
        assert_eq!(floor("10.15"), ["it needs macOS 11.0, and is to run on 10.15 (MACOSX_DEPLOYMENT_TARGET)"]);
    }

    #[test]
    fn universal_programs_have_both_parts_each_as_it_should_be() {
        let said = faults(UNIVERSAL, |_, program| program.slices.truncate(1));
        assert_eq!(said, ["it has no part for aarch64"]);
        let said = faults(UNIVERSAL, |_, program| program.slices[1].signature = None);
        assert_eq!(said, ["its part for aarch64 is not signed, without which macOS runs nothing on arm64"]);
        let said = faults(UNIVERSAL, |_, program| program.slices[1].arch = "x86_64".to_owned());
        assert_eq!(said, ["it has no part for x86_64", "it has no part for aarch64"]);
        let said = faults("x86_64-apple-darwin", |_, program| program.arch = "universal".to_owned());
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn a_promise_is_the_lowest_floor_and_what_flags_say() {
        let mut manifest = testing::release();
        let asset = manifest.assets.iter().position(|asset| asset.target.triple() == MUSL).unwrap();
        let promise = |manifest: &Manifest| {
            let promise = Promise::of(manifest, &manifest.assets[asset]).unwrap();
            (promise.is_static, promise.glibc, promise.macos.map(str::to_owned))
        };
        assert_eq!(promise(&manifest), (true, None, None));
        let (low, high) = (Glibc::parse("2.5"), Glibc::parse("2.17"));
        manifest
            .builds
            .iter_mut()
            .for_each(|build| (build.glibc, build.rustflags) = (high, vec!["-Ctarget-feature=-crt-static".into()]));
        for plan in &mut manifest.plan.packages[0].targets {
            plan.glibc = low;
            plan.build.env.insert(MACOS_FLOOR.to_owned(), "11".to_owned());
        }
        assert_eq!(promise(&manifest), (false, low, Some("11".to_owned())));
    }
}
