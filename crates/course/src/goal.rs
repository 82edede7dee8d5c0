//! Goals: a figure of a run, and what it must be.

use brownout_scenario::Op;
use brownout_sim::{Ns, sentence};
use serde_json::Value;

use crate::error::Refused;
use crate::lesson::Text;
use crate::metric::Metric;
use crate::read::{self, Object};

/// What a run is to reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub id: String,
    /// The row of the catalogue that it covers.
    pub row: Option<String>,
    /// The name of the document that is run.
    pub run: String,
    pub metric: Metric,
    /// The stretch that counts; without one, everything after the document's warm-up.
    pub over: Option<[Ns; 2]>,
    pub op: Op,
    pub bound: Bound,
    /// How far apart two values may be that count as equal.
    pub tolerance: f64,
    /// What it means, in a sentence.
    pub say: Text,
    /// What helps who is stuck.
    pub hint: Option<Text>,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    Value(f64),
    /// A figure of a run, which may be another one.
    Of {
        run: String,
        metric: Metric,
        over: Option<[Ns; 2]>,
    },
}

/// Whether a goal is met, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub passed: bool,
    /// None where there was nothing to measure: then it is not met.
    pub value: Option<f64>,
    pub bound: Option<f64>,
}

impl Goal {
    pub(crate) fn read(object: &mut Object<'_>, default_run: Option<&str>) -> Result<Self, Refused> {
        let id = object.need_text("id", 60)?;
        let id = read::name(&id, &object.at("id"))?;
        let row = object.text("row", 60)?;
        let run = match (object.text("run", 60)?, default_run) {
            (Some(run), _) => run,
            (None, Some(run)) => run.to_owned(),
            (None, None) => {
                return Err(Refused::new(object.at("run"), sentence!("is missing", "값이 없습니다")));
            }
        };
        let metric = object.need_text("metric", crate::metric::LIMIT)?;
        let metric = Metric::parse(&metric, &object.at("metric"))?;
        let over = object.stretch("over")?;
        let op = object.need_text("op", 2)?;
        let op = Op::CHOICES.iter().position(|choice| choice.name == op).map(|at| Op::ALL[at]);
        let op = op.ok_or_else(|| {
            Refused::new(
                object.at("op"),
                sentence!("must be one of <, <=, >, >=, ==", "<, <=, >, >=, == 중 하나여야 합니다"),
            )
        })?;
        let path = object.at("value");
        let bound = match object.need("value")? {
            value @ Value::Object(_) => Self::read_bound(value, &path)?,
            value => Bound::Value(read::number(value, &path)?),
        };
        let tolerance = object.number("tol")?.unwrap_or(0.0);
        if tolerance < 0.0 || (tolerance > 0.0 && op != Op::Equal) {
            return Err(Refused::new(
                object.at("tol"),
                sentence!(
                    "must be 0 or more, and only `==` has one",
                    "0 이상이어야 하며 `==`에만 쓸 수 있습니다"
                ),
            ));
        }
        let path = object.at("say");
        let say = Text::read(object.need("say")?, &path, 400)?;
        let path = object.at("hint");
        let hint = object.take("hint").map(|value| Text::read(value, &path, 1_000)).transpose()?;
        Ok(Self { id, row, run, metric, over, op, bound, tolerance, say, hint })
    }

    fn read_bound(value: &Value, path: &str) -> Result<Bound, Refused> {
        let mut object = Object::open(value, path)?;
        let run = object.need_text("of", 60)?;
        let metric = object.need_text("metric", crate::metric::LIMIT)?;
        let metric = Metric::parse(&metric, &object.at("metric"))?;
        let over = object.stretch("over")?;
        object.finish()?;
        Ok(Bound::Of { run, metric, over })
    }

    /// The runs whose figures it needs, each with the stretch of time.
    pub fn needs(&self) -> impl Iterator<Item = (&str, Option<[Ns; 2]>)> {
        let bound = match &self.bound {
            Bound::Value(_) => None,
            Bound::Of { run, over, .. } => Some((run.as_str(), over.or(self.over))),
        };
        std::iter::once((self.run.as_str(), self.over)).chain(bound)
    }

    /// Judges by the figures of a run over a stretch.
    pub fn judge<'f>(&self, figures: impl Fn(&str, Option<[Ns; 2]>) -> Option<&'f Value>) -> Verdict {
        let value = figures(&self.run, self.over).and_then(|figures| self.metric.value(figures));
        let bound = match &self.bound {
            Bound::Value(bound) => Some(*bound),
            Bound::Of { run, metric, over } => {
                figures(run, over.or(self.over)).and_then(|figures| metric.value(figures))
            }
        };
        let passed =
            value.zip(bound).is_some_and(|(value, bound)| self.op.holds(value, bound, self.tolerance));
        Verdict { passed, value, bound }
    }

    /// The comparison, as a table shows it.
    pub fn comparison(&self) -> String {
        let op = Op::CHOICES[self.op as usize].name;
        match &self.bound {
            Bound::Value(value) if self.tolerance > 0.0 => format!("{op} {value} ± {}", self.tolerance),
            Bound::Value(value) => format!("{op} {value}"),
            Bound::Of { run, metric, .. } if self.tolerance > 0.0 => {
                format!("{op} {} of {run} ± {}", metric.text(), self.tolerance)
            }
            Bound::Of { run, metric, .. } => format!("{op} {} of {run}", metric.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_compare() {
        for (op, less, same, more) in [
            (Op::Less, true, false, false),
            (Op::AtMost, true, true, false),
            (Op::More, false, false, true),
            (Op::AtLeast, false, true, true),
            (Op::Equal, false, true, false),
        ] {
            let got = [1.0, 2.0, 3.0].map(|value| op.holds(value, 2.0, 0.0));
            assert_eq!(got, [less, same, more], "{op:?}");
        }
        assert!(Op::Equal.holds(2.5, 2.0, 0.5) && !Op::Equal.holds(2.51, 2.0, 0.5));
    }
}
