//! The component types, one file each, and the one list that registers them.
//!
//! To add a type: copy the shortest file here, declare its parameters, write its `step`, and name it in
//! `components!`. Palette, inspector, schema, validation, words and reference pages follow from the
//! declaration; nothing else needs to know the type.

mod address;
mod app;
mod aside;
mod blocks;
mod cache;
mod caching;
mod cdn;
mod checks;
mod client;
mod db;
mod deploy;
mod dns;
mod firewall;
mod keepalive;
mod lb;
mod monitor;
mod plan;
mod plans;
mod proxy;
mod queue;
mod replicas;
mod resolver;
mod scaler;
mod server;
mod sessions;
mod shard;
mod site;
mod spec;
mod storage;
mod transact;
mod web;
mod worker;
mod write;

pub use deploy::Rollout;
pub use monitor::Metric;
pub(crate) use plan::CallPlan;
pub(crate) use spec::Component;
pub use spec::{Gauge, GaugeKind, Group, NewEdge, TypeSpec};

use crate::engine::{Build, Core, Cx, FrameId, InstanceId, Place};
use crate::param::{ParamError, ParamSet, Value};
use crate::system::Verb;
pub(crate) use caching::LEAD_FETCH;

macro_rules! components {
    ($( $module:ident :: $type:ident ; )*) => {
        /// The component types that exist.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind { $( $type, )* }

        impl Kind {
            pub const ALL: &'static [Self] = &[ $( Self::$type, )* ];

            /// What is known of this type.
            pub const fn spec(self) -> &'static TypeSpec {
                match self { $( Self::$type => &<$module::$type as Component>::SPEC, )* }
            }

            /// Every parameter at its default.
            pub fn defaults(self) -> AnyParams {
                match self { $( Self::$type => AnyParams::$type(Default::default()), )* }
            }
        }

        /// The parameters of a part, whatever its type.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one for each part of a document, of which there are 2,000 at most")]
        pub enum AnyParams { $( $type($module::Params), )* }

        impl AnyParams {
            pub const fn kind(&self) -> Kind {
                match self { $( Self::$type(_) => Kind::$type, )* }
            }

            /// The value of the parameter at `index` of [`TypeSpec::params`].
            pub fn get(&self, index: usize) -> Value {
                match self { $( Self::$type(params) => params.get(index), )* }
            }

            /// What one instance costs per hour.
            pub const fn cost_per_hour(&self) -> f64 {
                match self { $( Self::$type(params) => params.cost_per_hour.0, )* }
            }

            /// Sets the parameter at `index`, refusing what its domain does not hold.
            pub fn set(&mut self, index: usize, value: Value) -> Result<(), ParamError> {
                match self { $( Self::$type(params) => params.set(index, value), )* }
            }
        }

        /// All parts of a running system, in one arena per type.
        #[derive(Clone, Debug, Default)]
        #[allow(non_snake_case)]
        pub(crate) struct Parts { $( $type: Vec<$module::$type>, )* }

        impl Parts {
            /// Makes a part of the type that the parameters are of; its row in that type's arena.
            pub(crate) fn add(&mut self, params: &AnyParams, build: &mut Build<'_>) -> u32 {
                match params { $( AnyParams::$type(params) => {
                    self.$type.push(<$module::$type as Component>::build(params, build));
                    (self.$type.len() - 1) as u32
                } )* }
            }

            pub(crate) fn edit(&mut self, row: u32, params: &AnyParams, build: &mut Build<'_>) {
                match params { $( AnyParams::$type(params) => self.$type[row as usize].edit(params, build), )* }
            }

            /// Calls the step of the frame's part and does what it asks for; who goes on, or none.
            #[inline(always)]
            pub(crate) fn step(&mut self, core: &mut Core, frame: FrameId) -> FrameId {
                let instance = core.frames[frame].instance;
                let (kind, row, place) = core.kind_and_row(instance);
                match kind { $( Kind::$type => {
                    step(&mut self.$type[row as usize], core, frame, instance, place)
                } )* }
            }

            pub(crate) fn started(&mut self, core: &mut Core, instance: InstanceId) {
                let (kind, row, place) = core.kind_and_row(instance);
                let mut cx = Cx::new(core, FrameId::NONE, instance, place);
                match kind { $( Kind::$type => self.$type[row as usize].started(&mut cx), )* }
            }

            pub(crate) fn rewired(&mut self, core: &mut Core, instance: InstanceId) {
                let (kind, row, place) = core.kind_and_row(instance);
                let mut cx = Cx::new(core, FrameId::NONE, instance, place);
                match kind { $( Kind::$type => self.$type[row as usize].rewired(&mut cx), )* }
            }

            pub(crate) fn killed(&mut self, core: &mut Core, instance: InstanceId) {
                let (kind, row, place) = core.kind_and_row(instance);
                let mut cx = Cx::new(core, FrameId::NONE, instance, place);
                match kind { $( Kind::$type => self.$type[row as usize].killed(&mut cx), )* }
            }

            /// Heap that all parts hold, in bytes.
            pub(crate) fn bytes(&self) -> usize {
                let mut sum = 0;
                $(
                    sum += self.$type.capacity() * size_of::<$module::$type>();
                    sum += self.$type.iter().map(Component::bytes).sum::<usize>();
                )*
                sum
            }

            /// Makes room for twice as much as all parts hold.
            pub(crate) fn reserve(&mut self) {
                $( self.$type.iter_mut().for_each(Component::reserve); )*
            }

            pub(crate) fn surged(&mut self, core: &mut Core, instance: InstanceId) {
                let (kind, row, place) = core.kind_and_row(instance);
                let mut cx = Cx::new(core, FrameId::NONE, instance, place);
                match kind { $( Kind::$type => self.$type[row as usize].surged(&mut cx), )* }
            }

            pub(crate) fn struck(&mut self, core: &mut Core, instance: InstanceId, verb: Verb) {
                let (kind, row, place) = core.kind_and_row(instance);
                let mut cx = Cx::new(core, FrameId::NONE, instance, place);
                match kind { $( Kind::$type => self.$type[row as usize].struck(&mut cx, verb), )* }
            }

            pub(crate) fn gauges(&self, core: &Core, kind: Kind, row: u32, out: &mut Vec<Gauge>) {
                match kind { $( Kind::$type => self.$type[row as usize].gauges(core, out), )* }
            }
        }
    };
}

/// One step of a part. Out of line for each type: one giant loop is slow, in wasm above all.
#[inline(never)]
fn step<C: Component>(
    row: &mut C,
    core: &mut Core,
    frame: FrameId,
    instance: InstanceId,
    place: Place,
) -> FrameId {
    row.go(&mut Cx::new(core, frame, instance, place))
}

/// A step of a type that makes its most frequent ones in a shorter way. The context comes in pieces: one that is lent
/// would stand in memory, and room for it would be made also where it is not lent.
#[inline(never)]
fn step_in_full<C: Component>(
    row: &mut C,
    core: &mut Core,
    frame: FrameId,
    instance: InstanceId,
    place: Place,
) -> FrameId {
    let mut cx = Cx::new(core, frame, instance, place);
    let next = row.step(&mut cx);
    cx.core.carry_out(frame, place, next).next()
}

components! {
    client::Client;
    resolver::Resolver;
    dns::Dns;
    lb::Lb;
    web::Web;
    app::App;
    queue::Queue;
    worker::Worker;
    db::Db;
    cache::Cache;
    cdn::Cdn;
    proxy::Proxy;
    site::Site;
    monitor::Monitor;
    deploy::Deploy;
    server::Server;
    shard::Shard;
    firewall::Firewall;
}

/// By the names that documents use.
impl AnyParams {
    /// The place of a parameter among [`TypeSpec::params`], if the type has one of this name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.kind().spec().params.iter().position(|spec| spec.name == name)
    }

    pub fn named(&self, name: &str) -> Option<Value> {
        self.place(name).map(|at| self.get(at))
    }

    /// What a choice is set to.
    pub fn word(&self, name: &str) -> Option<&'static str> {
        if let Some(Value::Choice(word)) = self.named(name) { Some(word) } else { None }
    }

    /// A whole number.
    pub fn count(&self, name: &str) -> Option<u32> {
        if let Some(Value::Count(count)) = self.named(name) { Some(count) } else { None }
    }
}

impl Kind {
    /// Whether a call to a part of this type asks for a name, and then goes to what the name stands for.
    pub const fn is_looked_up(self) -> bool {
        matches!(self, Self::Dns | Self::Resolver)
    }

    /// Whether there is always one instance of a part of this type.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::Site | Self::Deploy)
    }

    /// Whether a part of this type can be what a part of the other is inside of.
    pub const fn holds(self, other: Self) -> bool {
        match self {
            Self::Site => true,
            Self::Server => !matches!(other, Self::Client | Self::Site | Self::Server),
            _ => false,
        }
    }

    /// Whether a part of this type can be what others are inside of.
    pub fn is_place(self) -> bool {
        Self::ALL.iter().any(|other| self.holds(*other))
    }

    /// The type with this name in the document.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.spec().name == name)
    }
}

/// For tests elsewhere in the crate.
#[cfg(test)]
pub(crate) const fn random_balancing() -> crate::network::Algorithm {
    crate::network::Algorithm::Random
}
