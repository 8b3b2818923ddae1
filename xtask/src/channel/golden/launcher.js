#!/usr/bin/env node
// Runs tally out of the package for this platform, which npm installed with tally.
"use strict";

const { constants } = require("os");
const { isatty } = require("tty");
const { spawn } = require("child_process");

const NAME = "tally";
const PROGRAM = "tally";

// In npm's words, which are node's for systems and processors. `libc` is null for what needs none.
const PLATFORMS = [
  {
    package: "tally-darwin-arm64",
    file: "bin/tally",
    os: "darwin",
    cpus: ["arm64"],
    libc: null,
  },
  {
    package: "tally-linux-x64-gnu",
    file: "bin/tally",
    os: "linux",
    cpus: ["x64"],
    libc: "glibc",
  },
  {
    package: "tally-linux-x64-musl",
    file: "bin/tally",
    os: "linux",
    cpus: ["x64"],
    libc: "musl",
  },
];

// The file of an installed package; undefined if it is not there.
function find({ package: name, file }) {
  try {
    return require.resolve(`${name}/${file}`);
  } catch (error) {
    return undefined;
  }
}

// The C library that runs node: musl's does not say its version.
function libc() {
  if (process.report) process.report.excludeNetwork = true;
  const report = process.report && process.report.getReport();
  return report && report.header.glibcVersionRuntime ? "glibc" : "musl";
}

function choose() {
  const here = `${process.platform} ${process.arch}`;
  const fitting = PLATFORMS.filter(({ os, cpus }) => os === process.platform && cpus.includes(process.arch));
  if (fitting.length === 0) {
    const there = PLATFORMS.map(({ os, cpus }) => `${os} ${cpus.join(" and ")}`);
    return fail(`${NAME} has no ${PROGRAM} for ${here}; it has one for ${[...new Set(there)].join(", ")}`);
  }
  const installed = fitting.filter((platform) => find(platform));
  // Clients that know nothing of C libraries install the packages for both.
  if (installed.length > 1) {
    const own = libc();
    installed.sort((a, b) => (b.libc === own) - (a.libc === own));
  }
  if (installed.length > 0) return find(installed[0]);
  return fail(
    `${fitting.map((platform) => platform.package).join(" or ")} is not installed, which has ${PROGRAM} for ${here}`,
    "It is an optional dependency: install without --omit=optional and --no-optional.",
    "If node_modules or package-lock.json came from another system, remove both and install again.",
  );
}

function fail(...lines) {
  console.error(`${PROGRAM}: ${lines.join("\n")}`);
  process.exit(1);
}

function run(file) {
  let child;
  // A terminal sends the first ones to the child itself, and it would get them twice. They are waited for before there
  // is a child: one that comes now is told to it later.
  const isSentByTerminal = process.platform === "win32" || [0, 1, 2].some((fd) => isatty(fd));
  for (const signal of ["SIGINT", "SIGQUIT", "SIGBREAK"]) {
    process.on(signal, () => isSentByTerminal || child.kill(signal));
  }
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR2"]) {
    process.on(signal, () => child.kill(signal));
  }
  child = spawn(file, process.argv.slice(2), { stdio: "inherit" });
  child.on("error", (error) => {
    // A program for another C library has a loader that is not there.
    fail(`cannot run ${file}: ${error.message}`, `Was ${NAME} installed on this system? If not, install it again.`);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    // What ended the child ends this too; where it is ignored, the shell's number for it stands.
    process.removeAllListeners(signal);
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
  });
}

run(choose());
