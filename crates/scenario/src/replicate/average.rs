//! The mean of every figure over several runs, with what it may be off by.

use serde_json::{Map, Value, json};

use super::student;

/// Names that say where something is. They are the same in every run, and no figures.
const NAMES: [&str; 5] = ["version", "engine", "from", "to", "length_s"];

/// Mean and spread of one figure, run by run (Welford).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    pub count: u64,
    pub mean: f64,
    squares: f64,
}

impl Moments {
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        let off = value - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (value - self.mean);
    }

    /// Half the width of the 95 % confidence interval of the mean (Student's t); a single value has none.
    pub fn half_width(&self) -> Option<f64> {
        let freedom = self.count.checked_sub(1).filter(|freedom| *freedom > 0)?;
        let error = (self.squares / freedom as f64 / self.count as f64).max(0.0).sqrt();
        Some(student::quantile(freedom) * error)
    }
}

/// Figures of several runs, added in the order of their seeds: that order decides the last bit.
#[derive(Clone, Debug)]
pub struct Average {
    runs: u64,
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Fields(Vec<(String, Node)>),
    List(Vec<Node>),
    /// A number, or nothing in the runs that have none.
    Figure(Moments),
    /// A word; nothing where the runs do not agree.
    Word(Option<Value>),
}

impl Default for Average {
    fn default() -> Self {
        Self { runs: 0, root: Node::Fields(Vec::new()) }
    }
}

impl Average {
    /// Takes in the figures of one more run.
    pub fn add(&mut self, figures: &Value) {
        self.runs += 1;
        self.root.add(figures);
    }

    pub const fn runs(&self) -> u64 {
        self.runs
    }

    /// The figure at a path such as `components.4.wait_ms.p95`.
    pub fn find(&self, path: &str) -> Option<&Moments> {
        let node = path.split('.').try_fold(&self.root, |node, step| match node {
            Node::Fields(fields) => fields.iter().find(|(name, _)| name == step).map(|(_, node)| node),
            Node::List(all) => all.get(step.parse::<usize>().ok()?),
            _ => None,
        })?;
        if let Node::Figure(moments) = node { Some(moments) } else { None }
    }

    /// The means, in the shape of the figures.
    pub fn means(&self) -> Value {
        self.root.value(&|moments| (moments.count > 0).then_some(moments.mean))
    }

    /// The half-widths, in the shape of the figures and without the words.
    pub fn half_widths(&self) -> Value {
        self.root.without_words().map_or(json!({}), |node| node.value(&Moments::half_width))
    }

    /// Paths of figures that some runs did not have (an outage that never ended), with how many did not.
    pub fn missing(&self) -> Map<String, Value> {
        let mut missing = Map::new();
        self.root.walk("", &mut |path, moments| {
            if moments.count > 0 && moments.count < self.runs {
                missing.insert(path.to_owned(), json!(self.runs - moments.count));
            }
        });
        missing
    }

    /// Every figure with its path, in order.
    pub fn walk(&self, mut visit: impl FnMut(&str, &Moments)) {
        self.root.walk("", &mut visit);
    }
}

impl Node {
    fn of(name: &str, value: &Value) -> Self {
        match value {
            Value::Object(_) => Self::Fields(Vec::new()),
            Value::Array(_) => Self::List(Vec::new()),
            Value::Number(_) if NAMES.contains(&name) => Self::Word(Some(value.clone())),
            Value::Number(_) | Value::Null => Self::Figure(Moments::default()),
            Value::String(_) | Value::Bool(_) => Self::Word(Some(value.clone())),
        }
    }

    fn add(&mut self, value: &Value) {
        match (self, value) {
            (Self::Fields(fields), Value::Object(values)) => {
                for (at, (name, value)) in values.iter().enumerate() {
                    // The same fields in the same order, as a rule.
                    let known = match fields.get(at) {
                        Some((known, _)) if known == name => Some(at),
                        _ => fields.iter().position(|(known, _)| known == name),
                    };
                    let at = known.unwrap_or_else(|| {
                        fields.push((name.clone(), Self::of(name, value)));
                        fields.len() - 1
                    });
                    fields[at].1.add(value);
                }
            }
            (Self::List(all), Value::Array(values)) => {
                for (at, value) in values.iter().enumerate() {
                    if at == all.len() {
                        all.push(Self::of("", value));
                    }
                    all[at].add(value);
                }
            }
            (Self::Figure(moments), Value::Number(number)) => {
                if let Some(number) = number.as_f64() {
                    moments.add(number);
                }
            }
            (Self::Word(word), value) if word.as_ref() != Some(value) => *word = None,
            // What was a figure and is nothing in this run, or of another shape.
            _ => {}
        }
    }

    fn value(&self, of: &impl Fn(&Moments) -> Option<f64>) -> Value {
        match self {
            Self::Fields(fields) => {
                Value::Object(fields.iter().map(|(name, node)| (name.clone(), node.value(of))).collect())
            }
            Self::List(all) => all.iter().map(|node| node.value(of)).collect(),
            Self::Figure(moments) => json!(of(moments)),
            Self::Word(word) => word.clone().unwrap_or(Value::Null),
        }
    }

    fn without_words(&self) -> Option<Self> {
        Some(match self {
            Self::Fields(fields) => Self::Fields(
                fields
                    .iter()
                    .filter_map(|(name, node)| Some((name.clone(), node.without_words()?)))
                    .collect(),
            ),
            Self::List(all) => Self::List(all.iter().filter_map(Self::without_words).collect()),
            Self::Figure(moments) => Self::Figure(*moments),
            Self::Word(_) => return None,
        })
    }

    fn walk(&self, path: &str, visit: &mut impl FnMut(&str, &Moments)) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match self {
            Self::Fields(fields) => fields.iter().for_each(|(name, node)| node.walk(&below(name), visit)),
            Self::List(all) => {
                all.iter().enumerate().for_each(|(at, node)| node.walk(&below(&at.to_string()), visit));
            }
            Self::Figure(moments) => visit(path, moments),
            Self::Word(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_have_intervals_and_say_what_is_missing() {
        let mut average = Average::default();
        for (x, ended) in [(1.0, json!(5.0)), (2.0, json!(null)), (3.0, json!(7.0)), (4.0, json!(9.0))] {
            average.add(&json!({"x": x, "name": "web", "from": 3, "outages": [{"recovered_s": ended}]}));
        }
        let wanted = json!({"x": 2.5, "name": "web", "from": 3, "outages": [{"recovered_s": 7.0}]});
        assert_eq!(average.means(), wanted);
        // t(3) = 3.1824, s = 1.2910, n = 4.
        let half = average.half_widths()["x"].as_f64().expect("four runs");
        assert!((half - 3.182_446 * 1.290_994 / 2.0).abs() < 1e-5, "{half}");
        assert_eq!(average.missing().get("outages.0.recovered_s"), Some(&json!(1)));
        assert_eq!(average.find("outages.0.recovered_s").map(|moments| moments.count), Some(3));
        assert_eq!(average.half_widths().get("name"), None);
    }

    #[test]
    fn what_never_differs_keeps_its_value() {
        let mut average = Average::default();
        (0..30).for_each(|_| average.add(&json!({"x": 0.1})));
        assert_eq!(average.means()["x"].as_f64(), Some(0.1));
        assert_eq!(average.half_widths()["x"].as_f64(), Some(0.0));
    }

    #[test]
    fn a_single_run_has_no_interval() {
        let mut average = Average::default();
        average.add(&json!({"x": 1}));
        assert!(average.half_widths()["x"].is_null());
    }
}
