//! A registry for npm packages that a test starts for itself.

use std::fs;
use std::net::TcpStream;
use std::path::Path;

use lab::{Daemon, Scratch, client, daemon, run, scratch};
use serde_json::Value;
use xtask_dist::layout::files_below;

use super::Npm;

/// An empty registry, and npm with a user who may publish to it.
pub struct Verdaccio {
    pub npm: Npm,
    pub url: String,
    pub port: u16,
    // Ended before its folder goes.
    _daemon: Daemon,
    pub folder: Scratch,
}

impl Verdaccio {
    /// Starts one, or gives `None` after reporting that `purpose` was not tested.
    pub fn start(purpose: &str) -> Option<Self> {
        let folder = scratch("verdaccio");
        let (npm, verdaccio) = (Npm::new(purpose, &folder)?, client("verdaccio", purpose)?);
        let curl = client("curl", purpose)?;
        let port = daemon::free_port();
        let url = format!("http://127.0.0.1:{port}/");
        let config = folder.join("config.yaml");
        // No uplink: nothing is asked of a registry elsewhere.
        let text = format!(
            "storage: {0}/storage\nuplinks: {{}}\nauth: {{ htpasswd: {{ file: {0}/htpasswd }} }}\n\
             packages: {{ '**': {{ access: $all, publish: $authenticated }} }}\nmax_body_size: 100mb\n\
             log: {{ type: stdout, format: pretty, level: warn }}\n",
            folder.display()
        );
        fs::write(&config, text).unwrap();
        let mut server = verdaccio.command();
        server.arg("--config").arg(&config).args(["--listen", &format!("127.0.0.1:{port}")]).current_dir(&*folder);
        let is_ready = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        let daemon = Daemon::start(&mut server, &folder.join("log"), is_ready);
        let mut login = curl.command();
        login.args(["--silent", "--fail", "--request", "PUT", "--header", "content-type: application/json", "--data"]);
        login.args([
            r#"{ "name": "acme", "password": "secret-of-acme" }"#,
            &format!("{url}-/user/org.couchdb.user:acme"),
        ]);
        let answer: Value = serde_json::from_slice(&run(&mut login).stdout).unwrap();
        let registry = Self { npm, url, port, _daemon: daemon, folder };
        registry.configure(answer["token"].as_str());
        Some(registry)
    }

    /// Writes npm's configuration, with a token or without.
    pub fn configure(&self, token: Option<&str>) {
        let host = self.url.trim_start_matches("http:");
        let token = token.map(|token| format!("{host}:_authToken={token}\n")).unwrap_or_default();
        fs::write(self.folder.join("npmrc"), format!("registry={}\n{token}", self.url)).unwrap();
    }

    /// The configuration of an npm that asks it by a server on another port.
    pub fn npmrc_by(&self, port: u16) -> String {
        let npmrc = fs::read_to_string(self.folder.join("npmrc")).unwrap();
        npmrc.replace(&format!(":{}/", self.port), &format!(":{port}/"))
    }

    /// The token that npm is configured with.
    pub fn token(&self) -> String {
        let npmrc = fs::read_to_string(self.folder.join("npmrc")).unwrap();
        npmrc.split_once("_authToken=").map(|(_, token)| token.trim().to_owned()).unwrap()
    }

    /// The tags of a package, as `tag=version` in the order of the tags.
    pub fn tags(&self, package: &str) -> String {
        let text = self.npm.stdout(&self.folder, &["view", package, "dist-tags", "--json"]);
        let tags: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        let tags: Vec<_> = tags.iter().map(|(tag, version)| format!("{tag}={}", version.as_str().unwrap())).collect();
        tags.join(" ")
    }

    /// How many versions of packages it has.
    pub fn versions(&self) -> usize {
        let files = files_below(&self.folder.join("storage")).unwrap_or_default();
        files.iter().filter(|file| file.ends_with(".tgz")).count()
    }

    /// A folder with an empty project.
    pub fn project(&self, name: &str) -> std::path::PathBuf {
        let folder = self.folder.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("package.json"), "{}").unwrap();
        folder
    }
}

/// The packages that a project has in `node_modules/@acme`.
pub fn installed(project: &Path) -> Vec<String> {
    crate::said::names_in(&project.join("node_modules/@acme"))
}
