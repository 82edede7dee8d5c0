//! `brownout check`: validation and advice.

use std::fmt::Write as _;

use brownout_scenario::{Lang, Shared};

use crate::failure::Failure;
use crate::{input, output};

pub fn check(scenario: &str) -> Result<(), Failure> {
    let shared = input::read(scenario)?;
    let document = shared.document();
    let count =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let mut text = format!(
        "valid: {}, {}, {}, {}",
        count(document.parts.len(), "part", "parts"),
        count(document.edges.len(), "edge", "edges"),
        count(document.timeline.len(), "planned intervention", "planned interventions"),
        count(document.goals.len(), "goal", "goals"),
    );
    if let Shared::Run(record) = &shared {
        let _ = write!(text, "; a run record with {}", count(record.log.len(), "entry", "entries"));
        if !record.engine.is_empty() && record.engine != brownout_sim::ENGINE_VERSION {
            let _ = write!(
                text,
                "\nadvice: engine: recorded by {}, this is {}: the run may differ",
                record.engine,
                brownout_sim::ENGINE_VERSION
            );
        }
    }
    for advice in document.advice() {
        let _ = write!(text, "\nadvice: {}", advice.sentence(Lang::En));
    }
    output::print(&text)
}
