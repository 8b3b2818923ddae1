//! The image in its file: loaded, unpacked and run by whatever reads images.

use std::fs;
use std::path::Path;

use lab::{Daemon, Scratch, client, command, daemon, run, scratch, skip};
use xtask_dist::layout::files_below;

use super::engine::Engine;
use super::{HOSTILE, HOSTILE_LABEL, PROBED, image, stdout};

/// The processor, as containers call it.
fn own_arch() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// The image's layout, unpacked.
fn layout() -> Scratch {
    let folder = scratch("layout");
    run(command("tar").arg("-xf").arg(image()).current_dir(&*folder));
    folder
}

/// What an unpacked file system for `arch` has to have, and nothing else.
#[track_caller]
fn is_whole(root: &Path, arch: &str) {
    let files = files_below(root).unwrap();
    assert_eq!(files, ["etc/ssl/certs/ca-certificates.crt", "usr/local/bin/hello", "usr/local/bin/hello-probe"]);
    let program = fs::read(root.join("usr/local/bin/hello")).unwrap();
    let machine = if arch == "arm64" { 183 } else { 62 };
    assert_eq!(program[18], machine, "it is not for {arch}");
}

#[test]
fn docker_loads_and_runs_it() {
    let Some(engine) = Engine::start("`docker load` takes the image") else { return };
    let loaded = stdout(engine.docker(&["load", "--input"]).arg(image()));
    for tag in ["1.2.3", "1.2.3-amd64", "1.2.3-arm64"] {
        assert!(loaded.contains(&format!("Loaded image: hello:{tag}")), "{loaded}");
    }
    let own = format!("hello:1.2.3-{}", own_arch());
    assert_eq!(engine.run(&own, None), format!("hello 1.2.3 {}", std::env::consts::ARCH));
    assert_eq!(engine.run(&own, Some("hello-probe")), PROBED);
    assert_eq!(stdout(&mut engine.docker(&["image", "inspect", "--format", HOSTILE_LABEL, &own])), HOSTILE);
    let platform =
        stdout(&mut engine.docker(&["image", "inspect", "--format", "{{.Architecture}}", "hello:1.2.3-arm64"]));
    assert_eq!(platform, "arm64");
}

/// What Docker loads with, where it has the containerd image store.
#[test]
fn containerd_imports_and_runs_it() {
    let purpose = "containerd takes the image";
    if skip::or_report(daemon::root(), purpose).is_none() {
        return;
    }
    let Some(containerd) = client("containerd", purpose) else { return };
    let folder = scratch("containerd");
    let at = |name: &str| folder.join(name).display().to_string();
    let config = format!(
        "version = 2\nroot = {:?}\nstate = {:?}\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
         [grpc]\naddress = {:?}\n[ttrpc]\naddress = {:?}\n",
        at("root"),
        at("state"),
        at("s"),
        at("t")
    );
    fs::write(folder.join("config.toml"), config).unwrap();
    let ctr = |args: &[&str]| {
        let mut ctr = command(containerd.path().with_file_name("ctr"));
        ctr.args(["--address", &at("s")]).args(args);
        ctr
    };
    let is_ready = || ctr(&["version"]).output().is_ok_and(|output| output.status.success());
    let mut server = containerd.command();
    let _daemon = Daemon::start(server.arg("--config").arg(at("config.toml")), &folder.join("log"), is_ready);
    run(ctr(&["images", "import", "--snapshotter", "native"]).arg(image()));
    let list = stdout(&mut ctr(&["images", "ls"]));
    let whole = list.lines().find(|line| line.starts_with("docker.io/library/hello:1.2.3 ")).unwrap();
    assert!(whole.contains("linux/amd64,linux/arm64") && whole.contains("image.index.v1+json"), "{whole}");
    let mut hello = ctr(&["run", "--rm", "--snapshotter", "native", "docker.io/library/hello:1.2.3"]);
    assert_eq!(
        stdout(hello.arg(format!("lab-{}", std::process::id()))),
        format!("hello 1.2.3 {}", std::env::consts::ARCH)
    );
}

#[test]
fn podman_loads_and_runs_it() {
    let purpose = "`podman load` takes the image";
    if skip::or_report(daemon::root(), purpose).is_none() {
        return;
    }
    let Some(podman) = client("podman", purpose) else { return };
    let folder = scratch("podman");
    let podman = |args: &[&str]| {
        let mut command = podman.command();
        command.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("run"));
        command.arg("--tmpdir").arg(folder.join("tmp"));
        command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc"]).args(args);
        command
    };
    let loaded = stdout(podman(&["load", "--input"]).arg(image()));
    assert!(loaded.contains("Loaded image: docker.io/library/hello:1.2.3"), "{loaded}");
    let mut hello = podman(&["run", "--rm", "--network", "none"]);
    // A machine may not allow what podman asks for by default.
    hello.args(["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]);
    let said = stdout(hello.args(["--entrypoint", "/usr/local/bin/hello-probe", "hello:1.2.3"]));
    assert_eq!(said, PROBED);
}

#[test]
fn skopeo_copies_every_platform() {
    let Some(skopeo) = client("skopeo", "skopeo reads the image") else { return };
    let folder = scratch("skopeo");
    let from = format!("oci-archive:{}:1.2.3", image().display());
    let raw = run(skopeo.command().args(["inspect", "--raw", &from])).stdout;
    for arch in ["amd64", "arm64"] {
        let to = format!("dir:{}", folder.join(arch).display());
        run(skopeo.command().args(["--override-arch", arch, "copy", &from, &to]));
    }
    // All of it, and back: the same index.
    let to = format!("oci:{}:copy", folder.join("all").display());
    run(skopeo.command().args(["copy", "--all", "--preserve-digests", &from, &to]));
    assert!(run(skopeo.command().args(["inspect", "--raw", &to])).stdout == raw, "another index");
    // What `docker load` reads is right for others too.
    let docker = format!("docker-archive:{}:hello:1.2.3-arm64", image().display());
    assert_eq!(stdout(skopeo.command().args(["inspect", "--format", "{{.Architecture}}", &docker])), "arm64");
}

#[test]
fn umoci_unpacks_every_platform() {
    let purpose = "umoci unpacks the image";
    if skip::or_report(daemon::root(), purpose).is_none() {
        return;
    }
    let Some(umoci) = client("umoci", purpose) else { return };
    let layout = layout();
    let listed = stdout(umoci.command().args(["ls", "--layout"]).arg(&*layout));
    assert_eq!(listed.lines().collect::<Vec<_>>(), ["1.2.3", "1.2.3-amd64", "1.2.3-arm64"]);
    for arch in ["amd64", "arm64"] {
        let bundle = layout.join(format!("bundle-{arch}"));
        let image = format!("{}:1.2.3-{arch}", layout.display());
        run(umoci.command().args(["unpack", "--image", &image]).arg(&bundle));
        is_whole(&bundle.join("rootfs"), arch);
    }
}
