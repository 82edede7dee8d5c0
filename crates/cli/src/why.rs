//! `brownout why`: what limits a run, what failed first, which change would help most; and what dies with what.

use std::fmt::Write as _;

use brownout_scenario::{Lang, Record, Seed};
use brownout_why::{Claim, Diagnosis, Inquiry, Scan, claims, damage_said, diagnosis_json, scan_json};

use crate::arguments::{WhyFormat, WhyOptions};
use crate::failure::Failure;
use crate::{input, output};

/// How long a run goes on after a part has died in it.
const AFTER_S: u64 = 30;

pub fn why(options: &WhyOptions) -> Result<(), Failure> {
    let mut record = input::read(&options.scenario)?.into_record();
    if let Some(seed) = options.seed {
        record.start.settings.seed = Seed(seed);
    }
    let refused = |error| Failure::Refused { name: options.scenario.chars().take(60).collect(), error };
    record.validate().map_err(refused)?;
    let at = options.at.unwrap_or(record.start.options().duration);
    if options.scan {
        return scan(options, record, at).map_err(refused)?;
    }
    let found = Inquiry::new(record, at).map_err(refused)?.finish();
    match options.format {
        WhyFormat::Json => output::print_json(&diagnosis_json(&found)),
        WhyFormat::Text => output::print(&text(&found, options.lang.into())),
    }
}

fn scan(
    options: &WhyOptions,
    record: Record,
    at: u64,
) -> Result<Result<(), Failure>, brownout_scenario::Error> {
    let document = record.document();
    // At the end nobody would see what follows: in the middle, unless a time was given.
    let at = if options.at.is_some() { at } else { at / 2 };
    let found = Scan::new(record, at, AFTER_S)?.finish();
    Ok(match options.format {
        WhyFormat::Json => output::print_json(&scan_json(&found, &document)),
        WhyFormat::Text => {
            let lines = found
                .iter()
                .map(|one| damage_said(one, &document).get(options.lang.into()).to_owned() + "\n");
            output::print(&lines.collect::<String>())
        }
    })
}

fn text(found: &Diagnosis, lang: Lang) -> String {
    let mut text = String::new();
    for Claim { kind, said: words, evidence, .. } in claims(found) {
        let _ = writeln!(text, "{kind:>8}  {}", words.get(lang));
        for one in evidence {
            let (from, to) = (one.from as f64 / 1e9, one.to as f64 / 1e9);
            let _ = write!(text, "{:>8}    {} = {:.4} ({from} s to {to} s)", "", one.metric, one.value);
            if let Some((expected, form)) = one.theory {
                let _ = write!(text, "; {form}: {expected:.4}");
            }
            text.push('\n');
        }
    }
    text
}
