//! A Docker Engine that a test starts for itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Daemon, Scratch, client, command, daemon, scratch, skip};

/// A running engine, with nothing in it.
pub struct Engine {
    docker: PathBuf,
    // Ended before its folder goes.
    _daemon: Daemon,
    folder: Scratch,
}

impl Engine {
    /// Starts one, or gives `None` after reporting that `purpose` was not tested.
    pub fn start(purpose: &str) -> Option<Self> {
        skip::or_report(daemon::root(), purpose)?;
        let dockerd = client("dockerd", purpose)?;
        let folder = scratch("engine");
        let mut engine = dockerd.command();
        engine.arg("--data-root").arg(folder.join("data")).arg("--exec-root").arg(folder.join("exec"));
        engine.arg("--pidfile").arg(folder.join("pid")).arg("--host").arg(socket(&folder));
        // Nothing of this machine's network is touched: containers have none, images come from the engine's own.
        engine.args(["--storage-driver", "overlay2", "--iptables=false", "--bridge=none"]);
        let docker = docker_of(dockerd.path());
        let is_ready = || {
            command(&docker)
                .arg("--host")
                .arg(socket(&folder))
                .arg("version")
                .output()
                .is_ok_and(|o| o.status.success())
        };
        let daemon = Daemon::start(&mut engine, &folder.join("log"), is_ready);
        Some(Self { docker, _daemon: daemon, folder })
    }

    /// `docker ARGS`.
    pub fn docker(&self, args: &[&str]) -> Command {
        let mut docker = command(&self.docker);
        docker.arg("--host").arg(socket(&self.folder)).args(args);
        docker.env("DOCKER_CONFIG", self.folder.join("config"));
        docker
    }

    /// Runs a program of an image, its main one unless named.
    pub fn run(&self, image: &str, program: Option<&str>) -> String {
        let mut docker = self.docker(&["run", "--rm", "--network", "none"]);
        docker.args(program.map(|program| format!("--entrypoint=/usr/local/bin/{program}")));
        super::stdout(docker.arg(image))
    }
}

fn socket(folder: &Path) -> String {
    format!("unix://{}", folder.join("s").display())
}

/// The client that came with an engine: another's may want plugins that are not there.
fn docker_of(dockerd: &Path) -> PathBuf {
    let folders = [dockerd.parent(), dockerd.ancestors().nth(2)];
    let places = folders.into_iter().flatten().flat_map(|folder| [folder.join("docker"), folder.join("bin/docker")]);
    places.into_iter().find(|place| place.is_file()).unwrap_or_else(|| "docker".into())
}
