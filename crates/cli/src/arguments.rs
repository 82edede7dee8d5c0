//! The command line.

use brownout_scenario::Lang;
use brownout_scenario::sweep::Warmup;
use brownout_sim::Ns;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Simulates web infrastructure, request by request.
#[derive(Debug, Parser)]
#[command(name = "brownout", version, about, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario and print its figures
    Run(RunOptions),
    /// Run a scenario with other values in some places
    Sweep(SweepOptions),
    /// Put the shards of a sweep together
    Merge {
        /// What `sweep --shard` printed, all of it, in any order
        #[arg(required = true)]
        files: Vec<String>,
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Let a client's requests come as recorded, and print the scenario
    Arrivals(ArrivalsOptions),
    /// Show single requests, and where their time went
    Trace(TraceOptions),
    /// Say what limits a run, what failed first and which change would help most
    Why(WhyOptions),
    /// List the lessons, check their goals, or show what they cover
    Lessons(LessonsOptions),
    /// Grade answers to an assignment
    Grade(GradeOptions),
    /// Measure how fast the engine is
    Bench(BenchOptions),
    /// Validate a scenario and advise on it
    Check {
        /// A file, a link, or - for standard input
        scenario: String,
    },
    /// Print a scenario as a link
    Link {
        /// A file, a link, or - for standard input
        scenario: String,
        /// The address of the page that the link leads to
        #[arg(long, value_name = "URL")]
        page: Option<String>,
    },
    /// Print what a link holds, as a file
    Decode {
        /// A link, or - for standard input
        link: String,
    },
    /// Print the JSON Schema of scenarios and run records
    Schema,
    /// Describe the component types
    Components {
        #[arg(long, value_enum, default_value_t = Description::Markdown)]
        format: Description,
        #[arg(long, value_enum, default_value_t = Language::En)]
        lang: Language,
    },
}

#[derive(Debug, Args)]
pub struct RunOptions {
    /// A file, a link, or - for standard input. A run record is replayed.
    pub scenario: String,
    /// Start random numbers from another seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=brownout_scenario::LARGEST_SEED))]
    pub seed: Option<u64>,
    /// Run for another time, such as 90s, 10m or 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Ns>,
    /// Run with so many seeds, counted up from the first, and print means with 95 % confidence intervals
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: Option<u32>,
    /// Run until a figure is known so well: half of its confidence interval over its mean. --runs caps it
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub precision: Option<f64>,
    /// The figure that --precision is about
    #[arg(long, value_name = "PATH", default_value = "latency_ms.mean", requires = "precision")]
    pub metric: String,
    #[command(flatten)]
    pub many: Many,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// What one run and several have in common.
#[derive(Debug, Args)]
pub struct Many {
    /// When measuring begins: a time, or auto or auto:SERIES to find it by MSER-5 in the means of windows (series:
    /// latency, p95, in_flight, finished)
    #[arg(long, value_name = "TIME|auto", value_parser = crate::many::warmup)]
    warmup: Option<Warmup>,
    /// Threads; without it, one per processor. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub jobs: Option<u32>,
    /// Tell on standard error how far it is, even where that is no terminal
    #[arg(long)]
    pub progress: bool,
}

impl Many {
    pub fn warmup(&self) -> Warmup {
        self.warmup.unwrap_or(Warmup::Document)
    }
}

#[derive(Debug, Args)]
pub struct SweepOptions {
    /// A file, a link, or - for standard input
    pub scenario: String,
    /// A path into the document and the values that stand there in turn, such as parts.4.workers=1,2,5 or
    /// edges.12.policy.timeout_ms=100,500; several make a grid
    #[arg(long, value_name = "PATH=VALUE,...", required = true)]
    pub vary: Vec<String>,
    /// Runs of each point, with the same seeds for all points
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub runs: u32,
    /// Do the i-th of n parts of the work, and print what `merge` puts together
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<(usize, usize)>,
    /// Start random numbers from another seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=brownout_scenario::LARGEST_SEED))]
    pub seed: Option<u64>,
    /// Run for another time, such as 90s, 10m or 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Ns>,
    #[command(flatten)]
    pub many: Many,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ArrivalsOptions {
    /// A table of text, one line each: time_s, or time_s,rate_rps; - for standard input
    pub csv: String,
    /// The scenario: a file, a link, or - for standard input
    #[arg(long, value_name = "SCENARIO")]
    pub into: String,
    /// The id of the client; needed where there are several
    #[arg(long, value_name = "ID")]
    pub part: Option<u32>,
    /// Count times from the first line's, such as those of a clock
    #[arg(long)]
    pub from_first: bool,
    /// Begin again after the last rate
    #[arg(long)]
    pub repeat: bool,
}

#[derive(Debug, Args)]
pub struct WhyOptions {
    /// A file, a link, or - for standard input. A run record is replayed.
    pub scenario: String,
    /// Start random numbers from another seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=brownout_scenario::LARGEST_SEED))]
    pub seed: Option<u64>,
    /// Ask at this time, such as 90s, 10m or 1h; otherwise at the end of the run
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub at: Option<Ns>,
    /// Kill every part in a copy of the run, and tell what becomes of it
    #[arg(long)]
    pub scan: bool,
    /// The language of the sentences
    #[arg(long, value_enum, default_value_t = Language::En)]
    pub lang: Language,
    #[arg(long, value_enum, default_value_t = WhyFormat::Text)]
    pub format: WhyFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum WhyFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct TraceOptions {
    /// A file, a link, or - for standard input. A run record is replayed.
    pub scenario: String,
    /// Start random numbers from another seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=brownout_scenario::LARGEST_SEED))]
    pub seed: Option<u64>,
    /// Run for another time, such as 90s, 10m or 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Ns>,
    /// Of the good answers, so many that took longest
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub slowest: Option<u32>,
    /// So many of those that failed, each with the same chance
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub failed: Option<u32>,
    /// So many of all that ended, each with the same chance
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub sample: Option<u32>,
    /// This one, by the name that it was shown under; may stand several times
    #[arg(long, value_name = "NAME")]
    pub request: Vec<brownout_sim::observe::RequestName>,
    /// Tell on standard error how far it is, even where that is no terminal
    #[arg(long)]
    pub progress: bool,
    /// `otlp` is what shows traces elsewhere: OpenTelemetry's protocol as JSON
    #[arg(long, value_enum, default_value_t = Stories::Table)]
    pub format: Stories,
}

#[derive(Debug, Args)]
pub struct LessonsOptions {
    /// Lessons by their ids, or the beginning of one, such as L14, or folders with a lesson.json; without any, all
    pub lessons: Vec<String>,
    /// Run every goal on every seed, and every mutation, which must turn its goal red
    #[arg(long, conflicts_with = "coverage")]
    pub check: bool,
    /// Show which rows of the catalogue some goal covers, and what the others need
    #[arg(long)]
    pub coverage: bool,
    /// The first and the last seed of a check
    #[arg(long, value_name = "A..B", default_value = "1..5", value_parser = seeds, requires = "check")]
    pub seeds: (u64, u64),
    /// Check goals only
    #[arg(long, requires = "check")]
    pub no_mutations: bool,
    /// So large a share of all pairs of a goal and a seed must hold
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "100%", requires = "check")]
    pub least: f64,
    /// Threads; without it, one per processor. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub jobs: Option<u32>,
    /// Tell on standard error how far it is, even where that is no terminal
    #[arg(long)]
    pub progress: bool,
    #[arg(long, value_enum, default_value_t = Plain::Table)]
    pub format: Plain,
}

#[derive(Debug, Args)]
pub struct GradeOptions {
    /// The teacher's file
    pub assignment: String,
    /// Answers: files of documents or links, and tables (.csv) with a name and a link on each line
    #[arg(required_unless_present = "public")]
    pub answers: Vec<String>,
    /// Print what students get: the assignment without what is hidden
    #[arg(long, conflicts_with = "answers")]
    pub public: bool,
    /// Threads; without it, one per processor. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub jobs: Option<u32>,
    /// Tell on standard error how far it is, even where that is no terminal
    #[arg(long)]
    pub progress: bool,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct BenchOptions {
    /// Measure only this model; may stand several times
    #[arg(long, value_name = "ID")]
    pub model: Vec<String>,
    /// Measure how soon another instant of a long run is reached, instead of models
    #[arg(long, conflicts_with_all = ["model", "events", "repeat"])]
    pub seek: bool,
    /// Events to measure, at least; those of the warm-up come on top
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1_000_000..=10_000_000_000))]
    pub events: u64,
    /// Measure so many times, with different seeds; rates are those of the least disturbed
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repeat: u32,
    /// Tell on standard error how far it is, even where that is no terminal
    #[arg(long)]
    pub progress: bool,
    #[arg(long, value_enum, default_value_t = Plain::Table)]
    pub format: Plain,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Stories {
    Table,
    Json,
    Otlp,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Plain {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Description {
    Markdown,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Language {
    En,
    Ko,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Ko => Self::Ko,
        }
    }
}

/// A number with `ms`, `s`, `m`, `h` or `d`; without one, seconds.
pub fn duration(text: &str) -> Result<Ns, String> {
    const UNITS: [(&str, f64); 6] =
        [("ms", 1e6), ("s", 1e9), ("min", 60e9), ("m", 60e9), ("h", 3_600e9), ("d", 86_400e9)];
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let ns_per_unit = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ns)| *ns);
    let factor = ns_per_unit.or((unit.is_empty()).then_some(1e9));
    let number = digits.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    let longest = brownout_scenario::LONGEST_S as f64 * 1e9;
    match (number, factor) {
        (Some(number), Some(factor)) if number * factor <= longest => Ok((number * factor).round() as Ns),
        (Some(_), Some(_)) => Err(format!("longer than {} s", brownout_scenario::LONGEST_S)),
        _ => Err("expected a number with ms, s, m, h or d, such as 90s or 10m".to_owned()),
    }
}

/// `1%` or `0.01`.
fn share(text: &str) -> Result<f64, String> {
    let (digits, whole) = text.strip_suffix('%').map_or((text, 1.0), |digits| (digits, 100.0));
    match digits.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number / whole <= 1.0 => Ok(number / whole),
        _ => Err("expected a share up to 100 %, such as 1% or 0.01".to_owned()),
    }
}

/// `1..5`: five seeds; `7` is one.
fn seeds(text: &str) -> Result<(u64, u64), String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    match (first.parse(), last.trim_start_matches('=').parse()) {
        (Ok(first), Ok(last))
            if first <= last && last <= brownout_scenario::LARGEST_SEED && last - first < 10_000 =>
        {
            Ok((first, last))
        }
        _ => Err("expected the first and the last of at most 10000 seeds, such as 1..5".to_owned()),
    }
}

/// `2/5`: the second of five.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((number, of)) if (1..=of).contains(&number) && of <= 1_000_000 => Ok((number, of)),
        _ => Err("expected i/n with i from 1 to n, such as 1/4".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [("60s", 60.0), ("10m", 600.0), ("1.5h", 5_400.0), ("250ms", 0.25), ("7", 7.0)]
        {
            assert_eq!(duration(text), Ok((seconds * 1e9) as Ns), "{text}");
        }
        for text in ["", "s", "-1s", "0", "10 m", "1e999", "nan", "5w", "11000d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
