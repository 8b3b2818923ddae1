//! Running commands in turn, and what they took.

use std::fmt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lab::command;
use wait4::Wait4 as _;

/// Something that is run over and over.
pub struct Contestant<'a> {
    name: String,
    before: Box<dyn Fn() + 'a>,
    command: Box<dyn Fn() -> Command + 'a>,
}

impl<'a> Contestant<'a> {
    pub fn new(name: impl Into<String>, command: impl Fn() -> Command + 'a) -> Self {
        Self { name: name.into(), before: Box::new(|| ()), command: Box::new(command) }
    }

    /// Does this before each run, which is not counted.
    pub fn after(mut self, before: impl Fn() + 'a) -> Self {
        self.before = Box::new(before);
        self
    }

    fn run(&self) -> Usage {
        (self.before)();
        usage(&mut (self.command)())
    }
}

/// What one run took: the process and all that it started and waited for.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// From start to exit.
    pub wall: Duration,
    /// On all cores together, the system's part included.
    pub cpu: Duration,
    /// The most memory that one of its processes had, in bytes.
    pub memory: u64,
}

/// Runs a command that must succeed; what it says is thrown away.
pub fn usage(command: &mut Command) -> Usage {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let started = Instant::now();
    let ended = command.spawn().and_then(|mut child| child.wait4());
    let wall = started.elapsed();
    let ended = ended.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(ended.status.success(), "{command:?} fails");
    Usage { wall, cpu: ended.rusage.utime + ended.rusage.stime, memory: ended.rusage.maxrss }
}

/// What the runs of a contestant took, in the order of the rounds.
pub struct Figures {
    pub name: String,
    runs: Vec<Usage>,
}

/// Runs all of them once, and then so often in turn, so that whatever else the machine does falls on all alike; tells
/// the medians.
pub fn in_turn(rounds: usize, contestants: &[Contestant<'_>]) -> Vec<Figures> {
    // The first run finds nothing warm that is nobody's cache: programs and files come from the disk.
    let of = |contestant: &Contestant<'_>| {
        contestant.run();
        Figures { name: contestant.name.clone(), runs: Vec::new() }
    };
    let mut figures: Vec<Figures> = contestants.iter().map(of).collect();
    for _ in 0..rounds {
        for (figures, contestant) in figures.iter_mut().zip(contestants) {
            figures.runs.push(contestant.run());
        }
    }
    for figures in &figures {
        println!("{figures}");
    }
    figures
}

impl Figures {
    /// The median of the time from start to exit.
    pub fn wall(&self) -> Duration {
        median(self.runs.iter().map(|run| run.wall).collect())
    }

    /// The median of the time on all cores.
    pub fn cpu(&self) -> Duration {
        median(self.runs.iter().map(|run| run.cpu).collect())
    }

    /// The most memory of any run, in bytes.
    pub fn memory(&self) -> u64 {
        self.runs.iter().map(|run| run.memory).max().unwrap_or_default()
    }

    /// How many times as long as these it took: the median of the rounds.
    pub fn times(&self, other: &Self) -> f64 {
        let ratio = |(ours, theirs): (&Usage, &Usage)| ours.wall.as_secs_f64() / theirs.wall.as_secs_f64();
        let mut ratios: Vec<f64> = self.runs.iter().zip(&other.runs).map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.runs.iter().map(|run| run.wall).min().unwrap_or_default();
        let most = self.runs.iter().map(|run| run.wall).max().unwrap_or_default();
        let ends = format!("({} to {})", shown(least), shown(most));
        let memory = self.memory() / 1024 / 1024;
        write!(
            f,
            "{:<46}{:>10}  {ends:<24} cpu {:>9}  {memory:>5} MB",
            self.name,
            shown(self.wall()),
            shown(self.cpu())
        )
    }
}

/// A time with three digits or more.
pub fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// What else the machine does, in the words of `uptime`.
pub fn load() -> String {
    let said = lab::try_run(&mut command("uptime")).map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let said = said.unwrap_or_default();
    said.rsplit("average").next().unwrap_or_default().trim_start_matches(['s', ':', ' ']).trim().to_owned()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
