//! Chance: SplitMix64 and draws from declarations. Only exact arithmetic, so that every machine agrees.

use brownout_sim::param::{
    Domain, LAWS, Law, LawField, LawFieldKind, LawValue, ParamSet, ParamSpec, Unit, Value,
};

pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not 0.
    pub(super) const fn below(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * end as u64) >> 32) as u32
    }

    /// Both limits included.
    pub(super) const fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// From 0 up to but not including 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of at most three decimals.
    pub(super) fn number(&mut self, low: f64, high: f64) -> f64 {
        let drawn = low + self.unit() * (high - low);
        ((drawn * 1_000.0).round() / 1_000.0).clamp(low, high)
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of some things; there must be one.
    pub(super) fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u32) as usize]
    }

    /// Letters of several scripts, and those that formats and terminals trip over.
    pub(super) fn words(&mut self, most: u32) -> String {
        const WORDS: &[&str] = &[
            "web",
            "주문 서버",
            "naïve",
            "\"quoted\"",
            "back\\slash",
            "line\nbreak",
            "<b>",
            "🙂",
            "\u{7f}",
            "한글",
            "a/b",
            "=",
        ];
        let count = self.below(most + 1);
        (0..count).map(|_| *self.one(WORDS)).collect::<Vec<_>>().join(" ")
    }

    /// Parameters of one table, each at its default or somewhere else.
    pub(super) fn set<P: ParamSet>(&mut self) -> P {
        let mut set = P::default();
        for (index, spec) in P::SPECS.iter().enumerate() {
            if let Some(value) = self.value(spec) {
                // What its declaration does not allow stays at the default.
                let _ = set.set(index, value);
            }
        }
        set
    }

    /// A value that the declaration allows; `None` leaves the default.
    pub(super) fn value(&mut self, spec: &ParamSpec) -> Option<Value> {
        if self.chance(0.35) {
            return None;
        }
        let value = match (spec.domain, (spec.default)()) {
            (Domain::Flag, _) => Value::Flag(self.chance(0.5)),
            (Domain::Count { min, max }, _) => Value::Count(self.count(min, max)),
            (Domain::Number { min, max }, Value::Number(default)) => {
                Value::Number(self.amount(spec.unit, min, max, default))
            }
            (Domain::Choice(choices), _) => Value::Choice(self.one(choices).name),
            (Domain::List { min, max, most }, _) => {
                let high = max.min(if spec.unit == Unit::Seconds { 12.0 } else { 2_000.0 });
                let count = self.below(most.min(40) as u32 + 1);
                Value::List((0..count).map(|_| self.number(min, high)).collect())
            }
            // What is nothing by default is not to stay so; pauses come several times in a run.
            (Domain::Law { .. }, Value::Law(default)) if default.mean_ms() == 0.0 => {
                Value::Law(self.law(if spec.name == "pause_every" { 500.0 } else { 5.0 }))
            }
            (Domain::Law { .. }, Value::Law(default)) => Value::Law(self.law(default.mean_ms())),
            _ => return None,
        };
        Some(value)
    }

    /// Mostly so few that queues fill up.
    fn count(&mut self, min: u32, max: u32) -> u32 {
        let reach = *self.one(&[0, 2, 8, 40]);
        min + self.below(reach.min(max - min) + 1)
    }

    fn amount(&mut self, unit: Unit, min: f64, max: f64, default: f64) -> f64 {
        if self.chance(0.1) {
            return min;
        }
        match unit {
            Unit::Share => self.number(min, max),
            Unit::Seconds if default == 0.0 => self.number(min, max.min(10.0)),
            // Runs last seconds: what takes a minute by default must happen within one.
            Unit::Seconds => self.number(min.max(default * 0.01), default.max(min)),
            _ if default == 0.0 => self.number(min, max.min(500.0)),
            _ => self.number(min.max(default * 0.02), max.min(default * 3.0)),
        }
    }

    pub(super) fn law(&mut self, mean_ms: f64) -> Law {
        let mean = self.number(0.0, mean_ms * 2.0);
        let kind = self.below(LAWS.len() as u32) as usize;
        let law = (LAWS[kind].with_mean)(mean);
        let fields =
            LAWS[kind].fields.iter().zip(law.fields()).map(|(field, value)| self.field(field, value));
        let varied = Law::from_fields(kind, fields.collect());
        // What its declaration does not allow stays as it was.
        varied
            .filter(|law| Value::Law(law.clone()).check(&Domain::Law { max_ms: f64::MAX }).is_ok())
            .unwrap_or(law)
    }

    /// Another value for a field of a distribution; times are near the given ones, so that systems keep up.
    fn field(&mut self, field: &LawField, value: LawValue) -> LawValue {
        match (field.kind, value) {
            (LawFieldKind::Number { .. }, LawValue::Number(ms)) if field.is_time() => {
                LawValue::Number((ms * 1_000.0).round() / 1_000.0)
            }
            (LawFieldKind::Number { min, max }, LawValue::Number(number)) => {
                let low = min.max(number * 0.5);
                LawValue::Number(if self.chance(0.1) {
                    min
                } else {
                    self.number(low, max.min(number * 2.0).max(low))
                })
            }
            (LawFieldKind::Rows { of, .. } | LawFieldKind::Items { of, .. }, LawValue::Rows(rows)) => {
                let row = |row: Vec<LawValue>| {
                    of.iter().zip(row).map(|(field, value)| self.field(field, value)).collect()
                };
                LawValue::Rows(rows.into_iter().map(row).collect())
            }
            (LawFieldKind::Law, LawValue::Law(law)) if self.chance(0.3) => {
                LawValue::Law(self.law(law.mean_ms()))
            }
            (_, value) => value,
        }
    }
}
