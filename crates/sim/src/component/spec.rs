//! What a component type declares about itself.

use crate::engine::{Build, Core, Cx, FrameId, Next};
use crate::param::{ParamSet, ParamSpec, Words};
use crate::system::{EdgeKind, Mode, Verb};

/// Everything that is known of a component type without running it.
#[derive(Clone, Copy, Debug)]
pub struct TypeSpec {
    /// As the document writes it: `web`.
    pub name: &'static str,
    pub label: Words,
    /// One sentence for the palette and the reference page.
    pub help: Words,
    pub group: Group,
    /// The name of its drawing.
    pub icon: &'static str,
    pub params: &'static [ParamSpec],
    /// The kinds of edges that may start at a part of this type.
    pub offers: &'static [EdgeKind],
    /// The kinds of edges that may end at one.
    pub accepts: &'static [EdgeKind],
    /// The faults that it knows.
    pub faults: &'static [Verb],
    /// What a new `calls` edge from this type is set to.
    pub new_edge: NewEdge,
    /// Whether its own `calls` edges are a choice made by its policy (lb, dns), not a sequence.
    pub chooses: bool,
    /// Where its model comes from: paper, RFC or manual, and for what.
    pub sources: &'static [&'static str],
    /// The gauges of its own, beside those that every part has.
    pub gauges: &'static [GaugeKind],
}

/// The settings that the editor gives a new edge. They are written into the document.
#[derive(Clone, Copy, Debug)]
pub struct NewEdge {
    pub mode: Mode,
    pub latency_ms: f64,
    pub timeout_ms: f64,
}

/// Where the palette shows a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    PeopleAndNames,
    Spreading,
    Serving,
    Data,
    Places,
    Operations,
}

impl Group {
    pub const ALL: &'static [Self] =
        &[Self::PeopleAndNames, Self::Spreading, Self::Serving, Self::Data, Self::Places, Self::Operations];

    pub const fn label(self) -> Words {
        match self {
            Self::PeopleAndNames => Words::new("People and names", "사용자와 이름"),
            Self::Spreading => Words::new("Spreading load", "부하 분산"),
            Self::Serving => Words::new("Serving", "서비스"),
            Self::Data => Words::new("Data", "데이터"),
            Self::Places => Words::new("Places", "위치"),
            Self::Operations => Words::new("Operations", "운영"),
        }
    }
}

/// A measurement of a type's own.
#[derive(Clone, Copy, Debug)]
pub struct GaugeKind {
    /// As the report writes it, with its unit: `healthy_targets`.
    pub name: &'static str,
    pub label: Words,
}

/// The value of one of the type's [`GaugeKind`]s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    pub name: &'static str,
    pub value: f64,
}

/// A component type: its parameters, its state and one resumable step.
///
/// `step` is called when a call arrives (`pc` 0) and whenever what it waited for has come. It returns what
/// to wait for next and where to go on. It never allocates and never blocks.
pub(crate) trait Component: Clone + std::fmt::Debug {
    const SPEC: TypeSpec;
    /// Whether it makes so many steps that what the engine does for it is compiled into them: that is faster, and
    /// every visitor of the page downloads it once for each such type.
    const IS_HOT: bool = false;
    type Params: ParamSet;

    /// Makes a part with its resources.
    fn build(params: &Self::Params, build: &mut Build<'_>) -> Self;

    /// What happens next to the call in `cx`.
    fn step(&mut self, cx: &mut Cx<'_>) -> Next;

    /// Makes a step and does what it asks for; who goes on, or none. Types that make very many write the most frequent
    /// ones here: what is done at once never stands in memory.
    #[inline(always)]
    fn go(&mut self, cx: &mut Cx<'_>) -> FrameId {
        let next = self.step(cx);
        let (frame, place) = (cx.frame, cx.place());
        let flow = if Self::IS_HOT {
            cx.core.carry_out(frame, place, next)
        } else {
            match next {
                Next::Told(flow) => flow,
                Next::Reply(outcome) => cx.core.answer_at(frame, place, outcome),
                next => cx.core.carry_out_shared(frame, place, next),
            }
        };
        flow.next()
    }

    /// Takes new parameters while running; what settles when is each type's own to say.
    fn edit(&mut self, params: &Self::Params, build: &mut Build<'_>);

    /// An instance came up, at the start of the run or after a repair: start its processes.
    fn started(&mut self, _cx: &mut Cx<'_>) {}

    /// The edges that leave this part have changed.
    fn rewired(&mut self, _cx: &mut Cx<'_>) {}

    /// An instance crashed: forget its state. Its frames and resources are the engine's to clear.
    fn killed(&mut self, _cx: &mut Cx<'_>) {}

    /// Heap that it holds, in bytes; what is shared by all copies of a run does not count.
    fn bytes(&self) -> usize {
        0
    }

    /// Makes room for twice as much as it holds.
    fn reserve(&mut self) {}

    /// A fault of the type's own strikes an instance that is up.
    fn struck(&mut self, _cx: &mut Cx<'_>, _verb: Verb) {}

    /// More visitors come to an instance, or fewer; of clients only.
    fn surged(&mut self, _cx: &mut Cx<'_>) {}

    /// Measurements of the type's own, one for each of [`TypeSpec::gauges`].
    fn gauges(&self, _core: &Core, _out: &mut Vec<Gauge>) {}
}
