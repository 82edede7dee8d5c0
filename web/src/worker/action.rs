//! How an intervention travels to the worker: an exact mirror of the simulator's own types.

use brownout_sim::Ns;
use brownout_sim::component::Kind;
use brownout_sim::param::{Domain, Law, LawValue, ParamSet, ParamSpec, Value};
use brownout_sim::system::{
    Action, Change, Edge, EdgeKind, Experiment, Id, Mode, Net, Part, Policy, Target, Verb,
};
use serde::{Deserialize, Serialize};

use super::protocol::ProtocolError;

/// An action with the time that the worker stamped on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    pub at: Ns,
    pub action: WireAction,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WireAction {
    Do { verb: u8, id: Id, instance: Option<u32> },
    Scale { verb: u8, id: Id, instance: Option<u32>, factor: f64 },
    End { verb: u8, id: Id, instance: Option<u32>, since: u64 },
    Experiment(WireExperiment),
    Edit(Vec<WireChange>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireExperiment {
    id: Id,
    verb: u8,
    target: (Id, Option<u32>),
    factor: f64,
    lasts: Option<Ns>,
    injection: Vec<WireValue>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WireChange {
    PutPart { id: Id, kind: String, params: Vec<WireValue>, count: u32, inside: Option<Id> },
    RemovePart(Id),
    PutEdge(WireEdge),
    RemoveEdge(Id),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireEdge {
    id: Id,
    kind: u8,
    from: Id,
    to: Id,
    mode: u8,
    weight: Option<f64>,
    net: Vec<WireValue>,
    policy: Vec<WireValue>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WireValue {
    Flag(bool),
    Count(u32),
    Number(f64),
    /// The position in the parameter's own list of words.
    Choice(u16),
    Law(WireLaw),
    List(Vec<f64>),
}

/// A distribution: its kind by position, and its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireLaw {
    kind: u8,
    fields: Vec<WireField>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WireField {
    Number(f64),
    Rows(Vec<Vec<WireField>>),
    Law(WireLaw),
}

impl WireLaw {
    fn pack(law: &Law) -> Self {
        Self { kind: law.kind() as u8, fields: law.fields().iter().map(WireField::pack).collect() }
    }

    fn unpack(&self) -> Result<Law, ProtocolError> {
        let fields = self.fields.iter().map(WireField::unpack).collect::<Result<_, _>>()?;
        Law::from_fields(usize::from(self.kind), fields).ok_or(ProtocolError::Malformed)
    }
}

impl WireField {
    fn pack(value: &LawValue) -> Self {
        match value {
            LawValue::Number(number) => Self::Number(*number),
            LawValue::Rows(rows) => {
                Self::Rows(rows.iter().map(|row| row.iter().map(Self::pack).collect()).collect())
            }
            LawValue::Law(law) => Self::Law(WireLaw::pack(law)),
        }
    }

    fn unpack(&self) -> Result<LawValue, ProtocolError> {
        Ok(match self {
            Self::Number(number) => LawValue::Number(*number),
            Self::Rows(rows) => {
                let row = |row: &Vec<Self>| row.iter().map(Self::unpack).collect::<Result<_, _>>();
                LawValue::Rows(rows.iter().map(row).collect::<Result<_, _>>()?)
            }
            Self::Law(law) => LawValue::Law(law.unpack()?),
        })
    }
}

fn choice<T: Copy>(all: &[T], index: u8) -> Result<T, ProtocolError> {
    all.get(usize::from(index)).copied().ok_or(ProtocolError::Malformed)
}

fn pack_values(values: impl Iterator<Item = Value>, specs: &[ParamSpec]) -> Vec<WireValue> {
    values.zip(specs).map(|(value, spec)| WireValue::pack(value, &spec.domain)).collect()
}

fn pack_set<P: ParamSet>(params: &P) -> Vec<WireValue> {
    pack_values((0..P::SPECS.len()).map(|index| params.get(index)), P::SPECS)
}

fn unpack_set<P: ParamSet>(values: &[WireValue]) -> Result<P, ProtocolError> {
    let mut params = P::default();
    for (index, (value, spec)) in values.iter().zip(P::SPECS).enumerate() {
        params.set(index, value.unpack(&spec.domain)?).map_err(|_| ProtocolError::Malformed)?;
    }
    Ok(params)
}

impl WireValue {
    fn pack(value: Value, domain: &Domain) -> Self {
        match (value, domain) {
            (Value::Flag(on), _) => Self::Flag(on),
            (Value::Count(n), _) => Self::Count(n),
            (Value::Number(x), _) => Self::Number(x),
            (Value::List(all), _) => Self::List(all.to_vec()),
            (Value::Law(law), _) => Self::Law(WireLaw::pack(&law)),
            (Value::Choice(word), Domain::Choice(choices)) => {
                let index = choices.iter().position(|choice| choice.name == word).unwrap_or(0);
                Self::Choice(index as u16)
            }
            (Value::Choice(_), _) => Self::Choice(0),
        }
    }

    fn unpack(&self, domain: &Domain) -> Result<Value, ProtocolError> {
        Ok(match (self, domain) {
            (Self::Flag(on), _) => Value::Flag(*on),
            (Self::Count(n), _) => Value::Count(*n),
            (Self::Number(x), _) => Value::Number(*x),
            (Self::List(all), _) => Value::List(all.as_slice().into()),
            (Self::Law(law), _) => Value::Law(law.unpack()?),
            (Self::Choice(index), Domain::Choice(choices)) => {
                Value::Choice(choices.get(usize::from(*index)).ok_or(ProtocolError::Malformed)?.name)
            }
            _ => return Err(ProtocolError::Malformed),
        })
    }
}

impl From<&Action> for WireAction {
    fn from(action: &Action) -> Self {
        match action {
            Action::Do { verb, target } => {
                Self::Do { verb: *verb as u8, id: target.id, instance: target.instance }
            }
            Action::Scale { verb, target, factor } => {
                Self::Scale { verb: *verb as u8, id: target.id, instance: target.instance, factor: *factor }
            }
            Action::End { verb, target, since } => {
                Self::End { verb: *verb as u8, id: target.id, instance: target.instance, since: *since }
            }
            Action::Experiment(experiment) => Self::Experiment(WireExperiment {
                id: experiment.id,
                verb: experiment.verb as u8,
                target: (experiment.target.id, experiment.target.instance),
                factor: experiment.factor,
                lasts: experiment.lasts,
                injection: pack_set(&experiment.injection),
            }),
            Action::Edit(changes) => Self::Edit(changes.iter().map(WireChange::from).collect()),
        }
    }
}

impl TryFrom<&WireAction> for Action {
    type Error = ProtocolError;

    fn try_from(wire: &WireAction) -> Result<Self, ProtocolError> {
        Ok(match wire {
            WireAction::Do { verb, id, instance } => {
                Self::Do { verb: choice(Verb::ALL, *verb)?, target: Target { id: *id, instance: *instance } }
            }
            WireAction::Scale { verb, id, instance, factor } => Self::Scale {
                verb: choice(Verb::ALL, *verb)?,
                target: Target { id: *id, instance: *instance },
                factor: *factor,
            },
            WireAction::End { verb, id, instance, since } => Self::End {
                verb: choice(Verb::ALL, *verb)?,
                target: Target { id: *id, instance: *instance },
                since: *since,
            },
            WireAction::Experiment(wire) => Self::Experiment(Box::new(Experiment {
                id: wire.id,
                verb: choice(Verb::ALL, wire.verb)?,
                target: Target { id: wire.target.0, instance: wire.target.1 },
                factor: wire.factor,
                lasts: wire.lasts,
                injection: unpack_set(&wire.injection)?,
            })),
            WireAction::Edit(changes) => {
                Self::Edit(changes.iter().map(Change::try_from).collect::<Result<_, _>>()?)
            }
        })
    }
}

impl From<&Change> for WireChange {
    fn from(change: &Change) -> Self {
        match change {
            Change::PutPart(part) => {
                let spec = part.params.kind().spec();
                let values = (0..spec.params.len()).map(|index| part.params.get(index));
                Self::PutPart {
                    id: part.id,
                    kind: spec.name.to_owned(),
                    params: pack_values(values, spec.params),
                    count: part.count,
                    inside: part.inside,
                }
            }
            Change::RemovePart(id) => Self::RemovePart(*id),
            Change::PutEdge(edge) => Self::PutEdge(WireEdge {
                id: edge.id,
                kind: edge.kind as u8,
                from: edge.from,
                to: edge.to,
                mode: edge.mode as u8,
                weight: edge.weight,
                net: pack_set(&edge.net),
                policy: pack_set(&edge.policy),
            }),
            Change::RemoveEdge(id) => Self::RemoveEdge(*id),
        }
    }
}

impl TryFrom<&WireChange> for Change {
    type Error = ProtocolError;

    fn try_from(wire: &WireChange) -> Result<Self, ProtocolError> {
        Ok(match wire {
            WireChange::PutPart { id, kind, params, count, inside } => {
                let kind = Kind::from_name(kind).ok_or(ProtocolError::Malformed)?;
                let mut any = kind.defaults();
                for (index, (value, spec)) in params.iter().zip(kind.spec().params).enumerate() {
                    any.set(index, value.unpack(&spec.domain)?).map_err(|_| ProtocolError::Malformed)?;
                }
                Self::PutPart(Part { id: *id, params: any, count: *count, inside: *inside })
            }
            WireChange::RemovePart(id) => Self::RemovePart(*id),
            WireChange::PutEdge(edge) => Self::PutEdge(Edge {
                id: edge.id,
                kind: choice(EdgeKind::ALL, edge.kind)?,
                from: edge.from,
                to: edge.to,
                mode: choice(Mode::ALL, edge.mode)?,
                weight: edge.weight,
                net: unpack_set::<Net>(&edge.net)?,
                policy: unpack_set::<Policy>(&edge.policy)?,
            }),
            WireChange::RemoveEdge(id) => Self::RemoveEdge(*id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_survives_the_way_to_the_worker() {
        let parts = Kind::ALL.iter().enumerate().map(|(index, kind)| {
            Change::PutPart(Part {
                id: index as Id,
                params: kind.defaults(),
                count: 3,
                inside: (index == 2).then_some(1),
            })
        });
        let edges = [Change::PutEdge(Edge { weight: Some(0.1), ..Edge::calls(90, 1, 2) })];
        let removals = [Change::RemovePart(4), Change::RemoveEdge(90)];
        let edit = Action::Edit(parts.chain(edges).chain(removals).collect());
        let fault = Action::Do { verb: Verb::Kill, target: Target::one(7, 2) };
        let target = Target::whole(4);
        let slow = Action::Scale { verb: Verb::Slow, target, factor: 3.5 };
        let end = Action::End { verb: Verb::Pause, target, since: 12 };
        for action in [edit, fault, slow, end] {
            let bytes = postcard::to_stdvec(&WireAction::from(&action)).expect("encodes");
            let wire: WireAction = postcard::from_bytes(&bytes).expect("decodes");
            assert_eq!(Action::try_from(&wire), Ok(action), "the action changed on its way");
        }
    }

    #[test]
    fn what_names_no_type_is_refused() {
        let wire = WireAction::Do { verb: 250, id: 1, instance: None };
        assert_eq!(Action::try_from(&wire), Err(ProtocolError::Malformed), "no such verb");
    }
}
