//! Recorded arrivals from a table of text: moments, or rates that change at moments.
//!
//! One line each, `time_s` or `time_s,rate_rps`; these names may stand in the first line. What is refused is
//! refused with the line and the field.

use brownout_sim::component::{AnyParams, Kind};
use brownout_sim::param::{Domain, ParamError, Value};
use brownout_sim::system::Id;

use crate::model::Scenario;

const TIME: &str = "time_s";
const RATE: &str = "rate_rps";

/// What was recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Seconds from the start at which requests come, in order.
    Times(Vec<f64>),
    /// Requests per second, and since when in seconds each.
    Rates { at_s: Vec<f64>, rates_rps: Vec<f64> },
}

/// Why a table is refused, or cannot be put into a document.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArrivalsError {
    #[error("line {line}: the columns must be {TIME}, or {TIME} and {RATE}, but are {got}")]
    Header { line: usize, got: String },
    #[error("line {line}: {got} fields, where {expected} are expected")]
    Columns { line: usize, expected: String, got: usize },
    #[error("line {line}, {field}: must be a number, but is `{got}`")]
    Number { line: usize, field: &'static str, got: String },
    #[error("line {line}, {field}: must be from {min} to {max}, but is {got}")]
    Range { line: usize, field: &'static str, min: f64, max: f64, got: f64 },
    #[error("line {line}, {TIME}: {got} comes after {before} in the line before")]
    Order { line: usize, before: f64, got: f64 },
    #[error("line {line}: more than {most} lines, the most that a client takes")]
    TooMany { line: usize, most: usize },
    #[error("no line holds a time")]
    Empty,
    #[error("there is no part {0}")]
    NoPart(Id),
    #[error("part {0} is not a client")]
    NotAClient(Id),
    #[error("the document has no client")]
    NoClient,
    #[error("the document has several clients: say whether part {}", clients(.0))]
    Several(Vec<Id>),
    #[error("a list of times is not repeated: only rates are")]
    Repeated,
    #[error("{0}: {1}")]
    Param(&'static str, ParamError),
}

fn clients(ids: &[Id]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// As much of a field as fits into a sentence.
fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(40).collect()
}

/// The limits that a list of the client has: of its numbers, and how many.
fn limits(name: &str) -> (f64, f64, usize) {
    let specs = Kind::Client.spec().params.iter();
    let domain = specs.filter(|spec| spec.name == name).map(|spec| spec.domain).next();
    match domain {
        Some(Domain::List { min, max, most }) => (min, max, most),
        Some(Domain::Number { min, max }) => (min, max, 1),
        _ => (0.0, 0.0, 0),
    }
}

impl Arrivals {
    /// Reads a table. With `from_first` times are counted from the first one, whatever clock they are of.
    pub fn from_csv(text: &str, from_first: bool) -> Result<Self, ArrivalsError> {
        let (mut at_s, mut rates_rps) = (Vec::new(), Vec::new());
        let (mut first, mut columns) = (0.0, 0);
        let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        for (index, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
            let line = index + 1;
            let fields: Vec<&str> = text.split(',').map(str::trim).take(4).collect();
            if columns == 0 {
                columns = fields.len();
                if columns > 2 {
                    let expected = format!("{TIME}, or {TIME},{RATE},");
                    return Err(ArrivalsError::Columns { line, expected, got: text.split(',').count() });
                }
                if fields.iter().all(|field| field.parse::<f64>().is_err()) {
                    if fields != [TIME, RATE][..columns] {
                        return Err(ArrivalsError::Header { line, got: shown(text) });
                    }
                    continue;
                }
            }
            if fields.len() != columns {
                let (expected, got) = (columns.to_string(), text.split(',').count());
                return Err(ArrivalsError::Columns { line, expected, got });
            }
            let time = number(line, TIME, fields[0])?;
            if at_s.is_empty() && from_first {
                first = time;
            }
            let time = time - first;
            let (min, max, most) = limits(if columns == 1 { "times_s" } else { "rates_at_s" });
            within(line, TIME, time, min, max)?;
            // Several may come at one moment, but a moment has one rate.
            if let Some(before) = at_s.last().copied()
                && (time < before || (columns == 2 && time == before))
            {
                return Err(ArrivalsError::Order { line, before, got: time });
            }
            if at_s.len() == most {
                return Err(ArrivalsError::TooMany { line, most });
            }
            at_s.push(time);
            if columns == 2 {
                let rate = number(line, RATE, fields[1])?;
                let (min, max, _) = limits("rates_rps");
                within(line, RATE, rate, min, max)?;
                rates_rps.push(rate);
            }
        }
        match (at_s.is_empty(), columns) {
            (true, _) => Err(ArrivalsError::Empty),
            (_, 1) => Ok(Self::Times(at_s)),
            _ => Ok(Self::Rates { at_s, rates_rps }),
        }
    }

    /// When the last of it was recorded, in seconds.
    pub fn last_s(&self) -> f64 {
        let (Self::Times(at_s) | Self::Rates { at_s, .. }) = self;
        at_s.last().copied().unwrap_or(0.0)
    }

    /// How many times or rates there are.
    pub fn count(&self) -> usize {
        let (Self::Times(at_s) | Self::Rates { at_s, .. }) = self;
        at_s.len()
    }

    /// Lets a client's requests come as recorded; without an id, those of the only one. Which client it was.
    ///
    /// The last rate holds for as long as the one before it did, but no longer than a day.
    pub fn put_into(
        self,
        document: &mut Scenario,
        client: Option<Id>,
        repeat: bool,
    ) -> Result<Id, ArrivalsError> {
        let id = client.map_or_else(|| only_client(document), Ok)?;
        let Some(part) = document.parts.iter_mut().find(|part| part.id == id) else {
            return Err(ArrivalsError::NoPart(id));
        };
        if part.params.kind() != Kind::Client {
            return Err(ArrivalsError::NotAClient(id));
        }
        let mut set = |name, value| set(&mut part.params, name, value);
        match self {
            Self::Times(_) if repeat => return Err(ArrivalsError::Repeated),
            Self::Times(at_s) => {
                set("arrival", Value::Choice("times"))?;
                set("times_s", Value::List(at_s.into()))?;
            }
            Self::Rates { at_s, rates_rps } => {
                let (least, longest, _) = limits("rates_step_s");
                let step = match at_s[..] {
                    [.., before, last] => (last - before).clamp(least, longest),
                    _ => 1.0,
                };
                let on_grid = |(index, at): (usize, &f64)| (at - index as f64 * step).abs() < 1e-9;
                let is_even = at_s.iter().enumerate().all(on_grid);
                set("arrival", Value::Choice("rates"))?;
                set("rates_rps", Value::List(rates_rps.into()))?;
                set("rates_step_s", Value::Number(step))?;
                set("rates_at_s", Value::List(if is_even { [].into() } else { at_s.into() }))?;
                set("rates_repeat", Value::Flag(repeat))?;
            }
        }
        Ok(id)
    }
}

fn only_client(document: &Scenario) -> Result<Id, ArrivalsError> {
    let clients = document.parts.iter().filter(|part| part.params.kind() == Kind::Client);
    let ids: Vec<Id> = clients.map(|part| part.id).collect();
    match ids[..] {
        [] => Err(ArrivalsError::NoClient),
        [id] => Ok(id),
        _ => Err(ArrivalsError::Several(ids)),
    }
}

fn set(params: &mut AnyParams, name: &'static str, value: Value) -> Result<(), ArrivalsError> {
    params
        .place(name)
        .map_or(Ok(()), |at| params.set(at, value))
        .map_err(|error| ArrivalsError::Param(name, error))
}

fn number(line: usize, field: &'static str, text: &str) -> Result<f64, ArrivalsError> {
    let parsed = text.parse::<f64>().ok().filter(|number| number.is_finite());
    parsed.ok_or_else(|| ArrivalsError::Number { line, field, got: shown(text) })
}

fn within(line: usize, field: &'static str, got: f64, min: f64, max: f64) -> Result<(), ArrivalsError> {
    if got >= min && got <= max { Ok(()) } else { Err(ArrivalsError::Range { line, field, min, max, got }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::starter;

    fn refusal(text: &str) -> String {
        Arrivals::from_csv(text, false).unwrap_err().to_string()
    }

    #[test]
    fn tables_are_read() {
        let times = Arrivals::Times(vec![0.5, 0.5, 2.0]);
        for text in
            ["time_s\n0.5\n0.5\n2", "0.5\r\n0.5\r\n\r\n2e0\r\n", "\u{feff} time_s \n 0.5\n0.5 \n2\n\n"]
        {
            assert_eq!(Arrivals::from_csv(text, false), Ok(times.clone()), "{text:?}");
        }
        let rates = Arrivals::Rates { at_s: vec![0.0, 60.0], rates_rps: vec![10.0, 0.0] };
        assert_eq!(Arrivals::from_csv("time_s,rate_rps\n0,10\n60,0\n", false), Ok(rates.clone()));
        assert_eq!(Arrivals::from_csv("1700000000,10\n1700000060,0\n", true), Ok(rates));
    }

    #[test]
    fn refusals_name_line_and_field() {
        let many = "1\n".repeat(10_001);
        let cases = [
            ("", "no line holds a time"),
            ("time_s\n\n", "no line holds a time"),
            ("when\n1", "line 1: the columns must be time_s, or time_s and rate_rps, but are when"),
            ("rate_rps,time_s\n1,2", "line 1: the columns must be"),
            ("1,2,3", "line 1: 3 fields, where time_s, or time_s,rate_rps, are expected"),
            ("1,2\n3", "line 2: 1 fields, where 2 are expected"),
            ("1\n2,3,4,5,6", "line 2: 5 fields, where 1 are expected"),
            ("1\nx\n", "line 2, time_s: must be a number, but is `x`"),
            ("1,2\n2,\n", "line 2, rate_rps: must be a number, but is ``"),
            ("1\nNaN", "line 2, time_s: must be a number, but is `NaN`"),
            ("-1", "line 1, time_s: must be from 0 to 1000000000, but is -1"),
            ("0,1e9", "line 1, rate_rps: must be from 0 to 10000000, but is 1000000000"),
            ("time_s\n5\n3", "line 3, time_s: 3 comes after 5 in the line before"),
            ("1,2\n1,3", "line 2, time_s: 1 comes after 1 in the line before"),
            (&many, "line 10001: more than 10000 lines, the most that a client takes"),
        ];
        for (text, sentence) in cases {
            let got = refusal(text);
            assert!(got.starts_with(sentence), "{got}");
        }
        assert!(refusal(&format!("1\n{}\u{1b}[2J", "é".repeat(500))).len() < 200);
    }

    #[test]
    fn a_client_comes_as_recorded() {
        let rates = |at_s: &[f64]| Arrivals::Rates {
            at_s: at_s.to_vec(),
            rates_rps: at_s.iter().map(|_| 5.0).collect(),
        };
        let mut document = starter();
        let id = rates(&[0.0, 30.0, 60.0]).put_into(&mut document, None, true).unwrap();
        let text = document.to_json();
        assert!(text.contains("\"rates_step_s\": 30") && !text.contains("rates_at_s"), "{text}");
        rates(&[0.0, 10.0, 60.0]).put_into(&mut document, Some(id), false).unwrap();
        let text = document.to_json();
        assert!(text.contains("\"rates_step_s\": 50") && text.contains("rates_at_s"), "{text}");
        document.validate().unwrap();
        Arrivals::Times(vec![1.0, 2.0]).put_into(&mut document, None, false).unwrap();
        document.validate().unwrap();
        assert_eq!(Scenario::from_json(&document.to_json()), Ok(document.clone()));
        let fails = |client, repeat| {
            let times = Arrivals::Times(vec![1.0]);
            times.put_into(&mut document.clone(), client, repeat).unwrap_err().to_string()
        };
        assert_eq!(fails(Some(999), false), "there is no part 999");
        let other = document.parts.iter().find(|part| part.id != id).unwrap().id;
        assert_eq!(fails(Some(other), false), format!("part {other} is not a client"));
        assert!(fails(None, true).contains("not repeated"));
        let mut two = document.clone();
        let second = crate::Part { id: 500, ..two.parts[0].clone() };
        two.parts.push(second);
        let error = Arrivals::Times(vec![1.0]).put_into(&mut two, None, false).unwrap_err();
        assert!(error.to_string().contains("several clients: say whether part"), "{error}");
    }
}
