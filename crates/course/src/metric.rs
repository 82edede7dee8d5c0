//! What a goal measures: a path into the figures of a run, or arithmetic over several.
//!
//! `components.4.wait_ms.p95`, `edges.7.issued / requests.issued`, `max(components.4.offered_rps, 0.5)`. Figures are
//! those of `brownout run --format json`.

use brownout_scenario::Scenario;
use brownout_sim::param::Sentence;
use brownout_sim::sentence;
use brownout_sim::system::Verb;
use serde_json::Value;

use crate::error::Refused;
use crate::read::shown;

/// The most characters of a metric.
pub const LIMIT: usize = 800;
/// Brackets inside brackets.
const DEPTH: usize = 16;

/// A path, or arithmetic over paths and numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    text: String,
    term: Term,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(f64),
    Path(String),
    Two(Box<Self>, char, Box<Self>),
    /// The largest or the smallest of several.
    Most(bool, Vec<Self>),
}

impl Metric {
    /// Reads a metric. Whether its paths lead anywhere is told by [`check`](Self::check).
    pub fn parse(text: &str, path: &str) -> Result<Self, Refused> {
        if text.len() > LIMIT {
            return Err(Refused::new(
                path,
                sentence!("holds more than {0} characters", "한도 {0}자를 넘습니다", LIMIT),
            ));
        }
        let mut parser = Parser { rest: text.trim(), depth: 0 };
        let term = parser.sum().and_then(|term| match parser.peek() {
            None => Ok(term),
            Some(letter) => Err(sentence!(
                "nothing may follow at `{0}`",
                "`{0}` 자리에는 아무것도 올 수 없습니다",
                letter
            )),
        });
        term.map(|term| Self { text: text.trim().to_owned(), term })
            .map_err(|reason| Refused::new(path, reason))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its value among these figures; none where something was not measured.
    pub fn value(&self, figures: &Value) -> Option<f64> {
        self.term.value(figures).filter(|value| value.is_finite())
    }

    /// Refuses paths that lead nowhere in the figures of this document.
    pub fn check(&self, vocabulary: &Vocabulary, path: &str) -> Result<(), Refused> {
        self.term.check(vocabulary, path)
    }
}

impl Term {
    fn value(&self, figures: &Value) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Path(path) => find(figures, path)?.as_f64(),
            Self::Two(left, sign, right) => {
                let (left, right) = (left.value(figures)?, right.value(figures)?);
                Some(match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                })
            }
            Self::Most(largest, terms) => {
                let mut most: Option<f64> = None;
                for term in terms {
                    let value = term.value(figures)?;
                    most = Some(
                        most.map_or(value, |most| if *largest { most.max(value) } else { most.min(value) }),
                    );
                }
                most
            }
        }
    }

    fn check(&self, vocabulary: &Vocabulary, path: &str) -> Result<(), Refused> {
        match self {
            Self::Number(_) => Ok(()),
            Self::Path(metric) => vocabulary.check(metric).map_err(|reason| Refused::new(path, reason)),
            Self::Two(left, _, right) => {
                left.check(vocabulary, path).and_then(|()| right.check(vocabulary, path))
            }
            Self::Most(_, terms) => terms.iter().try_for_each(|term| term.check(vocabulary, path)),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn eat(&mut self, wanted: &[char]) -> Option<char> {
        let next = self.peek().filter(|letter| wanted.contains(letter))?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn sum(&mut self) -> Result<Term, Sentence> {
        let mut left = self.product()?;
        while let Some(sign) = self.eat(&['+', '-']) {
            left = Term::Two(Box::new(left), sign, Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Term, Sentence> {
        let mut left = self.one()?;
        while let Some(sign) = self.eat(&['*', '/']) {
            left = Term::Two(Box::new(left), sign, Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Term, Sentence> {
        if self.depth == DEPTH {
            return Err(sentence!("brackets stand deeper than {0}", "괄호가 {0}단계보다 깊습니다", DEPTH));
        }
        if self.eat(&['(']).is_some() {
            self.depth += 1;
            let inner = self.sum()?;
            self.close()?;
            return Ok(inner);
        }
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
        self.peek();
        let end = self.rest.find(|letter| !fits(letter)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "" => Err(match self.peek() {
                Some(letter) => sentence!(
                    "expected a path or a number, but found `{0}`",
                    "경로나 숫자가 와야 하는데 `{0}`이(가) 있습니다",
                    letter
                ),
                None => sentence!(
                    "expected a path or a number, but it ends",
                    "경로나 숫자가 와야 하는데 끝났습니다"
                ),
            }),
            "max" | "min" if self.eat(&['(']).is_some() => {
                self.depth += 1;
                let mut terms = vec![self.sum()?];
                while self.eat(&[',']).is_some() {
                    terms.push(self.sum()?);
                }
                self.close()?;
                Ok(Term::Most(word == "max", terms))
            }
            number if number.starts_with(|letter: char| letter.is_ascii_digit()) => number
                .parse()
                .map(Term::Number)
                .map_err(|_| sentence!("`{0}` is no number", "`{0}`은(는) 숫자가 아닙니다", shown(number))),
            path => Ok(Term::Path(path.to_owned())),
        }
    }

    fn close(&mut self) -> Result<(), Sentence> {
        self.depth -= 1;
        self.eat(&[')'])
            .map(|_| ())
            .ok_or_else(|| sentence!("a bracket is not closed", "괄호가 닫히지 않았습니다"))
    }
}

/// Where a path leads in figures.
pub fn find<'v>(figures: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(figures, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(all) => all.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Every path that the figures of a document have.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    figures: Value,
}

impl Vocabulary {
    /// What runs of this document measure. The document must be valid.
    pub fn of(document: &Scenario) -> Result<Self, brownout_scenario::Error> {
        let simulation = brownout_sim::Simulation::new(&document.system(), document.options(), &[])?;
        let mut figures = brownout_scenario::figures(&simulation.report(), document, None);
        for part in &document.parts {
            // Gauges that have nothing to say yet are left out of a report.
            for gauge in part.params.kind().spec().gauges {
                let place = &mut figures["components"][part.id.to_string()];
                if place.get(gauge.name).is_none() {
                    place[gauge.name] = Value::Null;
                }
            }
        }
        let faults = document.timeline.iter().filter(|entry| entry.verb != Verb::Restore).count();
        let outage = serde_json::json!({"start_s": null, "detected_s": null, "recovered_s": null, "failed_requests": 0});
        figures["outages"] = vec![outage; faults].into();
        if let Some(fields) = figures.as_object_mut() {
            for none in ["series", "wall_s", "version", "seed"] {
                fields.remove(none);
            }
        }
        Ok(Self { figures })
    }

    fn check(&self, path: &str) -> Result<(), Sentence> {
        let mut here = &self.figures;
        let mut trail = String::new();
        for step in path.split('.') {
            let next = match here {
                Value::Object(fields) => fields.get(step),
                Value::Array(all) => step.parse::<usize>().ok().and_then(|index| all.get(index)),
                _ => None,
            };
            let Some(next) = next else {
                let place = if trail.is_empty() { "figures".to_owned() } else { format!("`{trail}`") };
                return Err(sentence!(
                    "no figure `{0}`: {1} has {2}",
                    "`{0}`이라는 수치는 없습니다. {1}에 있는 것: {2}",
                    shown(path),
                    place,
                    Self::list(here)
                ));
            };
            here = next;
            if !trail.is_empty() {
                trail.push('.');
            }
            trail.push_str(step);
        }
        match here {
            Value::Number(_) | Value::Null => Ok(()),
            Value::Object(_) | Value::Array(_) => Err(sentence!(
                "`{0}` goes on with {1}",
                "`{0}` 뒤에 다음 중 하나가 이어져야 합니다: {1}",
                shown(path),
                Self::list(here)
            )),
            _ => Err(sentence!("`{0}` is no number", "`{0}`은(는) 숫자가 아닙니다", shown(path))),
        }
    }

    fn list(value: &Value) -> String {
        const MOST: usize = 40;
        let names: Vec<String> = match value {
            Value::Object(fields) => fields.keys().cloned().collect(),
            Value::Array(all) => (0..all.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        };
        if names.is_empty() { "nothing".to_owned() } else { names[..names.len().min(MOST)].join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Option<f64> {
        let figures = json!({"a": {"b_ms": 6.0, "4": {"c": 2}}, "outages": [{"start_s": 3}], "none": null});
        Metric::parse(text, "metric").expect(text).value(&figures)
    }

    #[test]
    fn arithmetic_is_as_at_school() {
        for (text, wanted) in [
            ("a.b_ms", 6.0),
            ("a.b_ms + a.4.c * 3", 12.0),
            ("(a.b_ms + a.4.c) * 3", 24.0),
            ("a.b_ms - a.4.c - 1", 3.0),
            ("a.b_ms / a.4.c / 3", 1.0),
            ("max(a.b_ms, 7, a.4.c)", 7.0),
            ("min(a.b_ms, a.4.c)/0.5", 4.0),
            ("outages.0.start_s", 3.0),
        ] {
            assert_eq!(value(text), Some(wanted), "{text}");
        }
        for nothing in ["none", "a.x", "a.b_ms / (a.4.c - 2)", "a.b_ms + none", "outages.1.start_s"] {
            assert_eq!(value(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_no_metric_is_refused() {
        let deep = format!("{}1{}", "(".repeat(100), ")".repeat(100));
        for text in [
            "",
            "a +",
            "(a",
            "a)",
            "a b",
            "1.2.3",
            "max(a",
            "max()",
            "+",
            "a ; b",
            &deep,
            &"a".repeat(LIMIT + 1),
        ] {
            let refused = Metric::parse(text, "goals[0].metric").expect_err(text);
            assert_eq!(refused.path, "goals[0].metric", "{text}");
        }
    }

    #[test]
    fn paths_that_lead_nowhere_are_named() {
        let document = brownout_scenario::starter();
        let vocabulary = Vocabulary::of(&document).expect("valid");
        let says = |text: &str| Metric::parse(text, "m").and_then(|metric| metric.check(&vocabulary, "m"));
        for known in [
            "latency_ms.p99",
            "components.3.healthy_targets",
            "edges.9.issued / requests.issued",
            "availability",
        ] {
            assert_eq!(says(known), Ok(()), "{known}");
        }
        for (unknown, reason) in [
            ("latency.p99", "no figure `latency.p99`: figures has"),
            ("components.99.wait_ms.p99", "`components` has 1, 2"),
            ("components.4.wait_ms", "goes on with mean, p50"),
            ("components.4.name", "is no number"),
            ("outages.0.start_s", "has nothing"),
            ("wall_s", "no figure"),
            ("goodput_rps + series.0.good", "no figure"),
        ] {
            let refused = says(unknown).expect_err(unknown).to_string();
            assert!(refused.contains(reason), "{unknown}: {refused}");
        }
    }
}
