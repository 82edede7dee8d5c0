//! `brownout arrivals`: recorded times or rates into a scenario.

use brownout_scenario::arrivals::Arrivals;

use crate::arguments::ArrivalsOptions;
use crate::failure::Failure;
use crate::{input, output};

pub fn arrivals(options: &ArrivalsOptions) -> Result<(), Failure> {
    if options.csv == "-" && options.into == "-" {
        return Err(Failure::Usage("standard input holds the table or the scenario, not both".to_owned()));
    }
    let name =
        |argument: &str| if argument == "-" { "standard input".to_owned() } else { argument.to_owned() };
    let table = input::read_text(&options.csv)?;
    let refused = |error| Failure::Arrivals { name: name(&options.csv), error };
    let arrivals = Arrivals::from_csv(&table, options.from_first).map_err(refused)?;
    let mut document = input::read(&options.into)?.document();
    let (count, last_s) = (arrivals.count(), arrivals.last_s());
    let kind = if matches!(arrivals, Arrivals::Times(_)) { "times" } else { "rates" };
    let of_scenario = |error| Failure::Arrivals { name: name(&options.into), error };
    let client = arrivals.put_into(&mut document, options.part, options.repeat).map_err(of_scenario)?;
    let invalid = |error| Failure::Refused { name: name(&options.into), error };
    document.validate().map_err(invalid)?;
    output::print(&document.to_json())?;
    eprintln!("brownout: {count} {kind} for client {client}, the last at {last_s} s");
    let duration_s = document.settings.duration_s.0;
    if last_s > duration_s {
        eprintln!("brownout: the run ends before that, at {duration_s} s");
    }
    Ok(())
}
