//! `cargo xtask dist doctor`.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Format, Machine, print_json};
use crate::config::Minisign;
use crate::minisign::PublicKey;
use crate::plan::Invocation;
use crate::release::{self, signing};
use crate::report::{Result, terminal};
use crate::setup::{Need, Origin, Setup, State};
use crate::targets::Target;

/// Say what each target needs, what this machine has of it, and what mends the rest.
///
/// Nothing is changed, and nothing is downloaded. What `cargo xtask dist` brings by itself is no fault; exits with 1 if
/// something is missing that it cannot bring.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    machine: Machine,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Report<'a> {
    host: &'a Target,
    tools: &'a Path,
    /// Whether every target can be built here, after what is obtainable is brought.
    ready: bool,
    /// How releases are signed; none where they are not.
    signing: Option<Signing>,
    targets: Vec<OfTarget<'a>>,
}

/// A secret key that is not here is no fault of the machine: shards are made without.
#[derive(Serialize)]
struct Signing {
    public_key: PublicKey,
    /// Where the secret key is; none where it is not.
    secret_key: Option<String>,
    /// What mends that.
    remedy: Option<String>,
}

#[derive(Serialize)]
struct OfTarget<'a> {
    target: &'a Target,
    ready: bool,
    needs: Vec<OfNeed>,
}

#[derive(Serialize)]
struct OfNeed {
    need: &'static str,
    #[serde(flatten)]
    state: State,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let (planned, setup) = options.machine.look()?;
    let host = Target::host();
    let mut builds: Vec<(&Target, &Invocation)> = Vec::new();
    for (target, call) in planned.build.invocations.iter().flat_map(|call| call.targets.keys().map(move |t| (t, call)))
    {
        if !builds.iter().any(|(known, _)| *known == target) {
            builds.push((target, call));
        }
    }
    builds.sort_by_key(|(target, _)| *target);
    let targets: Vec<OfTarget<'_>> = builds.into_iter().map(|(target, call)| examine(target, call, &setup)).collect();
    let ready = targets.iter().all(|target| target.ready);
    let signing = planned.minisign.as_ref().map(|minisign| signing(minisign, &planned.project.root));
    match options.machine.format {
        Format::Text => {
            terminal::data(table(&targets).trim_end());
            if let Some(signing) = &signing {
                terminal::data(&line(signing));
            }
        }
        Format::Json => print_json(&Report { host: &host, tools: setup.tools(), ready, signing, targets })?,
    }
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn examine<'t>(target: &'t Target, call: &Invocation, setup: &Setup) -> OfTarget<'t> {
    let of_need = |need: Need| OfNeed { need: need.word(), state: setup.state(&need) };
    let needs: Vec<OfNeed> = release::needs(call, target).into_iter().map(of_need).collect();
    let ready = needs.iter().all(|need| !matches!(need.state, State::Missing { .. }));
    OfTarget { target, ready, needs }
}

fn signing(minisign: &Minisign, root: &Path) -> Signing {
    let place = signing::place(minisign, root);
    let remedy = place.as_ref().err().and_then(|error| error.problems().first()?.help.clone());
    Signing { public_key: minisign.public_key.clone(), secret_key: place.ok().map(|place| place.to_string()), remedy }
}

fn line(signing: &Signing) -> String {
    let Signing { public_key, secret_key, remedy } = signing;
    match secret_key {
        Some(place) => format!("\nReleases are signed by {public_key}; its secret key is in {place}"),
        None => format!(
            "\nReleases are signed by {public_key}; its secret key is not here: {}",
            remedy.as_deref().unwrap_or_default()
        ),
    }
}

fn table(targets: &[OfTarget<'_>]) -> String {
    let mut rows = vec![["target", "needs", "found", "what mends it"].map(str::to_owned).to_vec()];
    for of_target in targets {
        for (n, need) in of_target.needs.iter().enumerate() {
            let target = if n == 0 { of_target.target.to_string() } else { String::new() };
            let (found, mends) = cells(&need.state);
            rows.push(vec![target, need.need.to_owned(), found, mends]);
        }
    }
    terminal::table(&rows, &[])
}

fn cells(state: &State) -> (String, String) {
    match state {
        State::Present(found) => {
            let whose = match found.origin {
                Origin::Brought | Origin::Toolchain => "",
                Origin::Named => " (named in the environment)",
                Origin::Path => " (on PATH)",
                Origin::Source => " (compiled from its source)",
            };
            (format!("{}{whose}", found.version), found.instead.clone().unwrap_or_default())
        }
        State::Obtainable { how } => ("not yet".to_owned(), format!("cargo xtask dist setup ({how})")),
        State::Missing { reason, remedy } => (format!("MISSING: {reason}"), remedy.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_a_target_once() {
        let target = Target::parse("x86_64-unknown-linux-musl").unwrap();
        let missing = State::Missing { reason: "no pip".into(), remedy: "install pip".into() };
        let needs = vec![
            OfNeed { need: "std", state: State::Obtainable { how: "rustup target add".into() } },
            OfNeed { need: "zig", state: missing },
        ];
        let table = table(&[OfTarget { target: &target, ready: false, needs }]);
        assert_eq!(
            table,
            "target                     needs  found            what mends it\n\
             x86_64-unknown-linux-musl  std    not yet          cargo xtask dist setup (rustup target add)\n\
             \u{20}                          zig    MISSING: no pip  install pip\n"
        );
    }
}
