//! The Dockerfile: built by every builder there is, with the release directory as its context.

use std::fs;
use std::path::Path;

use lab::{client, daemon, run, run_failing, scratch, skip};

use super::engine::Engine;
use super::{HOSTILE, HOSTILE_LABEL, PROBED, TARGETS, release, stdout};

const DOCKERFILE: &str = "docker/hello/Dockerfile";

#[test]
fn docker_builds_with_buildkit_and_without() {
    let Some(engine) = Engine::start("Docker builds the Dockerfile") else { return };
    for (tag, buildkit) in [("classic", "0"), ("buildkit", "1")] {
        let mut build = engine.docker(&["build", "--tag", tag, "--file", DOCKERFILE]);
        // BuildKit knows the platform by itself.
        build.args((buildkit == "0").then_some("--build-arg=TARGETARCH=amd64"));
        run(build.arg(".").env("DOCKER_BUILDKIT", buildkit).current_dir(release()));
        assert_eq!(engine.run(tag, None), format!("hello 1.2.3 {}", std::env::consts::ARCH));
        assert_eq!(engine.run(tag, Some("hello-probe")), PROBED);
        assert_eq!(stdout(&mut engine.docker(&["image", "inspect", "--format", HOSTILE_LABEL, tag])), HOSTILE);
    }
    let mut other = engine.docker(&["build", "--platform", "linux/s390x", "--file", DOCKERFILE, "."]);
    let refused = run_failing(other.env("DOCKER_BUILDKIT", "1").current_dir(release()));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("\"/linux-s390x\" not found"), "{refused:?}");
}

#[test]
fn buildah_builds_for_every_platform() {
    let purpose = "buildah builds the Dockerfile";
    if skip::or_report(daemon::root(), purpose).is_none() {
        return;
    }
    let (Some(buildah), Some(qemu)) =
        (client("buildah", purpose), client("qemu-aarch64-static", "the image for arm64 runs"))
    else {
        return;
    };
    let folder = scratch("buildah");
    let buildah = |args: &[&str]| {
        let mut command = buildah.command();
        command.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("run"));
        command.args(["--storage-driver", "vfs"]).args(args).current_dir(release());
        command
    };
    // Builders on arm64 name its variant too.
    for (platform, arch) in [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64"), ("linux/arm64/v8", "aarch64")] {
        let build =
            ["bud", "--isolation", "chroot", "--platform", platform, "--tag", "built", "--file", DOCKERFILE, "."];
        run(&mut buildah(&build));
        let container = stdout(&mut buildah(&["from", "built"]));
        let mounted = stdout(&mut buildah(&["mount", &container]));
        let program = Path::new(&mounted).join("usr/local/bin/hello");
        let target = TARGETS.iter().find(|target| target.starts_with(arch)).unwrap();
        let archived = format!("hello-{target}-v1.2.3/hello");
        let archived = stdout_bytes("tar", &["-xzOf", &format!("hello-{target}-v1.2.3.tar.gz"), &archived]);
        assert!(fs::read(&program).unwrap() == archived, "{platform} has another program than {target}");
        let mut run_it = if arch == std::env::consts::ARCH { lab::command(&program) } else { qemu.command() };
        run_it.args((arch != std::env::consts::ARCH).then_some(&program));
        assert_eq!(stdout(&mut run_it), format!("hello 1.2.3 {arch}"));
        run(&mut buildah(&["rm", &container]));
    }
}

fn stdout_bytes(program: &str, args: &[&str]) -> Vec<u8> {
    run(lab::command(program).args(args).current_dir(release())).stdout
}
