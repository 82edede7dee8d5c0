//! The command line.

use brownout_scenario::Lang;
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
    /// Replications with different seeds (not yet)
    #[arg(long, value_name = "N")]
    pub runs: Option<u32>,
    /// Threads for replications (not yet)
    #[arg(long, value_name = "N")]
    pub jobs: Option<u32>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
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
fn duration(text: &str) -> Result<Ns, String> {
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
