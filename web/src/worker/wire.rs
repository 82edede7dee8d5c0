//! How a frame travels to the page. Messages under way are most of it and are packed by hand, 9 bytes each.

use brownout_sim::Ns;
use brownout_sim::component::{Metric, Rollout};
use brownout_sim::observe::{
    Class, Dot, EdgeGauge, Fall, Happening, Mark, Outcome, PartGauge, Picture, Requests, Way, What, Window,
};
use brownout_sim::param::Sentence;
use brownout_sim::system::{Id, Stage, Target, Verb};
use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::protocol::ProtocolError;

/// Route, position, flags and key of one dot.
const DOT_BYTES: usize = 9;
const ROUTE_BYTES: usize = 12;
/// A bit beside the number of the route: nobody waits for the message any more.
const GIVEN_UP: u16 = 1 << 15;

#[derive(Serialize, Deserialize)]
pub struct WireFrame<'a> {
    seq: u64,
    now: Ns,
    events: u64,
    speed_reached: f64,
    playing: bool,
    digest: String,
    pictured: Ns,
    messages: u32,
    cost_per_hour: f64,
    one_in: u32,
    parts: Vec<WirePart>,
    edges: Vec<(Id, bool, f32)>,
    #[serde(borrow)]
    dots: &'a [u8],
    /// When, over which edge, from where to where, class, outcome, key.
    falls: Vec<(Ns, [Id; 3], u8, u8, u32)>,
    windows_from: usize,
    windows: Vec<WireWindow>,
    happenings_from: usize,
    happenings: Vec<(Ns, WireWhat)>,
    requests: (u64, u64, [u64; Outcome::COUNT], u64),
    halted: Option<Said>,
}

/// A sentence on its way: in English and in Korean.
#[derive(Serialize, Deserialize)]
pub struct Said(String, String);

impl Said {
    pub fn of(sentence: &Sentence) -> Self {
        Self(sentence.en(), sentence.ko())
    }

    pub fn sentence(self) -> Sentence {
        Sentence::both(self.0, self.1)
    }
}

#[derive(Serialize, Deserialize)]
struct WirePart {
    id: Id,
    up: Vec<bool>,
    parked: Vec<bool>,
    shunned: Vec<u32>,
    struck: bool,
    busy: u32,
    workers: u32,
    queued: u32,
    utilisation: Option<f32>,
    rate: f32,
    errors: f32,
    filled: Option<f32>,
    log: u64,
    behind: Vec<u64>,
    lag: Ns,
}

#[derive(Serialize, Deserialize)]
struct WireWindow {
    start: Ns,
    length: Ns,
    issued: u64,
    finished: u64,
    good: u64,
    outcomes: [u64; Outcome::COUNT],
    late: u64,
    percentiles: [Option<Ns>; 3],
}

#[derive(Serialize, Deserialize)]
enum WireWhat {
    Struck { verb: u8, target: (Id, Option<u32>) },
    Experiment { verb: u8, target: (Id, Option<u32>), stage: u8, targets: u32 },
    Promoted { target: (Id, Option<u32>), after: Ns, lost: u64 },
    Edited,
    CheckFailed { checker: Id, target: (Id, Option<u32>), misses: u32, cause: u8 },
    TakenOut { checker: Id, target: (Id, Option<u32>), after: Ns },
    TakenIn { checker: Id, target: (Id, Option<u32>) },
    LookUpFailed { caller: Id, dns: Id, cause: u8 },
    Breaker { caller: (Id, Option<u32>), callee: Id, opened: bool },
    Alert { monitor: Id, target: (Id, Option<u32>), metric: u8, after: Option<Ns> },
    Rollout { deployer: Id, step: u8, instances: u32 },
    Halted { reason: Said },
}

impl<'a> WireFrame<'a> {
    /// `dots` are the packed dots of the frame's picture.
    pub fn pack(frame: &Frame, dots: &'a [u8]) -> Self {
        let picture = &frame.picture;
        let requests = &frame.requests;
        Self {
            seq: frame.seq,
            now: frame.now,
            events: frame.events,
            speed_reached: frame.speed_reached,
            playing: frame.playing,
            digest: frame.digest.clone(),
            pictured: picture.now,
            messages: picture.messages,
            cost_per_hour: picture.cost_per_hour,
            one_in: picture.one_in,
            parts: picture.parts.iter().map(WirePart::pack).collect(),
            edges: picture.edges.iter().map(|edge| (edge.id, edge.cut, edge.rate)).collect(),
            dots,
            falls: picture
                .falls
                .iter()
                .map(|fall| {
                    let ids = [fall.edge, fall.from, fall.to];
                    (fall.at, ids, fall.class as u8, fall.outcome as u8, fall.key)
                })
                .collect(),
            windows_from: frame.windows_from,
            windows: frame.new_windows.iter().map(WireWindow::pack).collect(),
            happenings_from: frame.happenings_from,
            happenings: frame.new_happenings.iter().map(|one| (one.at, WireWhat::pack(&one.what))).collect(),
            requests: (requests.issued, requests.succeeded, requests.failed, requests.in_flight),
            halted: frame.halted.as_ref().map(Said::of),
        }
    }

    pub fn unpack(self) -> Result<Frame, ProtocolError> {
        let (issued, succeeded, failed, in_flight) = self.requests;
        let edges = self.edges.into_iter().map(|(id, cut, rate)| EdgeGauge { id, cut, rate }).collect();
        let happenings = self
            .happenings
            .into_iter()
            .map(|(at, what)| Ok(Happening { at, what: what.unpack()? }))
            .collect::<Result<_, ProtocolError>>()?;
        let falls = self
            .falls
            .into_iter()
            .map(|(at, [edge, from, to], class, cause, key)| {
                let class = *Class::ALL.get(usize::from(class)).ok_or(ProtocolError::Malformed)?;
                Ok(Fall { at, edge, from, to, class, outcome: outcome(cause)?, key })
            })
            .collect::<Result<_, ProtocolError>>()?;
        Ok(Frame {
            seq: self.seq,
            now: self.now,
            events: self.events,
            speed_reached: self.speed_reached,
            playing: self.playing,
            digest: self.digest,
            picture: Picture {
                now: self.pictured,
                parts: self.parts.into_iter().map(WirePart::unpack).collect(),
                edges,
                dots: unpack_dots(self.dots)?,
                falls,
                messages: self.messages,
                cost_per_hour: self.cost_per_hour,
                one_in: self.one_in,
            },
            windows_from: self.windows_from,
            new_windows: self.windows.into_iter().map(WireWindow::unpack).collect(),
            happenings_from: self.happenings_from,
            new_happenings: happenings,
            requests: Requests { issued, succeeded, failed, in_flight },
            halted: self.halted.map(Said::sentence),
        })
    }

    /// A table of the routes (edge, from, to) in use, then the dots.
    pub fn pack_dots(dots: &[Dot]) -> Vec<u8> {
        let mut routes: Vec<(Id, Id, Id)> = dots.iter().map(|dot| (dot.edge, dot.from, dot.to)).collect();
        brownout_sim::order::sort(&mut routes);
        routes.dedup();
        // The limits of a document keep routes far below this; what lay beyond would not be drawn.
        routes.truncate(usize::from(GIVEN_UP));
        let mut bytes = Vec::with_capacity(2 + routes.len() * ROUTE_BYTES + dots.len() * DOT_BYTES);
        bytes.extend_from_slice(&(routes.len() as u16).to_le_bytes());
        for (edge, from, to) in &routes {
            for id in [edge, from, to] {
                bytes.extend_from_slice(&id.to_le_bytes());
            }
        }
        // Neighbours in a picture mostly share a route: look at the last one first.
        let mut last = 0;
        for dot in dots {
            let route = (dot.edge, dot.from, dot.to);
            if routes.get(last) != Some(&route) {
                let Ok(found) = routes.binary_search(&route) else { continue };
                last = found;
            }
            let position = (dot.position.clamp(0.0, 1.0) * f32::from(u16::MAX) + 0.5) as u16;
            let given_up = if dot.mark == Mark::GivenUp { GIVEN_UP } else { 0 };
            let retry = u8::from(dot.mark == Mark::Retry) << 3;
            bytes.extend_from_slice(&(last as u16 | given_up).to_le_bytes());
            bytes.extend_from_slice(&position.to_le_bytes());
            let way = u8::from(dot.way == Way::Reply);
            bytes.push(way | (dot.class as u8) << 1 | retry | (dot.outcome as u8) << 4);
            bytes.extend_from_slice(&dot.key.to_le_bytes());
        }
        bytes
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn unpack_dots(bytes: &[u8]) -> Result<Vec<Dot>, ProtocolError> {
    if bytes.len() < 2 {
        return Err(ProtocolError::Malformed);
    }
    let (count, rest) = (usize::from(u16_at(bytes, 0)), &bytes[2..]);
    if rest.len() < count * ROUTE_BYTES {
        return Err(ProtocolError::Malformed);
    }
    let (routes, dots) = rest.split_at(count * ROUTE_BYTES);
    let routes: Vec<(Id, Id, Id)> = routes
        .chunks_exact(ROUTE_BYTES)
        .map(|route| (u32_at(route, 0), u32_at(route, 4), u32_at(route, 8)))
        .collect();
    let unpack = |dot: &[u8]| {
        let (route, flags) = (u16_at(dot, 0), dot[4]);
        let (edge, from, to) = *routes.get(usize::from(route & !GIVEN_UP))?;
        let mark = if route & GIVEN_UP != 0 {
            Mark::GivenUp
        } else if flags & 8 != 0 {
            Mark::Retry
        } else {
            Mark::Plain
        };
        Some(Dot {
            edge,
            from,
            to,
            position: f32::from(u16_at(dot, 2)) / f32::from(u16::MAX),
            way: if flags & 1 == 1 { Way::Reply } else { Way::Request },
            class: *Class::ALL.get(usize::from(flags >> 1 & 3))?,
            outcome: *Outcome::ALL.get(usize::from(flags >> 4))?,
            key: u32_at(dot, 5),
            mark,
        })
    };
    let dots = dots.chunks_exact(DOT_BYTES).map(unpack).collect::<Option<_>>();
    dots.ok_or(ProtocolError::Malformed)
}

impl WirePart {
    fn pack(part: &PartGauge) -> Self {
        Self {
            id: part.id,
            up: part.up.clone(),
            parked: part.parked.clone(),
            shunned: part.shunned.clone(),
            struck: part.struck,
            busy: part.busy,
            workers: part.workers,
            queued: part.queued,
            utilisation: part.utilisation,
            rate: part.rate,
            errors: part.errors,
            filled: part.filled,
            log: part.log,
            behind: part.behind.clone(),
            lag: part.lag,
        }
    }

    fn unpack(self) -> PartGauge {
        PartGauge {
            id: self.id,
            up: self.up,
            parked: self.parked,
            shunned: self.shunned,
            struck: self.struck,
            busy: self.busy,
            workers: self.workers,
            queued: self.queued,
            utilisation: self.utilisation,
            rate: self.rate,
            errors: self.errors,
            filled: self.filled,
            log: self.log,
            behind: self.behind,
            lag: self.lag,
        }
    }
}

impl WireWindow {
    fn pack(window: &Window) -> Self {
        Self {
            start: window.start,
            length: window.length,
            issued: window.issued,
            finished: window.finished,
            good: window.good,
            outcomes: window.outcomes,
            late: window.late,
            percentiles: [window.p50, window.p95, window.p99],
        }
    }

    fn unpack(self) -> Window {
        let [p50, p95, p99] = self.percentiles;
        Window {
            start: self.start,
            length: self.length,
            issued: self.issued,
            finished: self.finished,
            good: self.good,
            outcomes: self.outcomes,
            late: self.late,
            p50,
            p95,
            p99,
        }
    }
}

const fn flat(target: &Target) -> (Id, Option<u32>) {
    (target.id, target.instance)
}

const fn target((id, instance): (Id, Option<u32>)) -> Target {
    Target { id, instance }
}

fn outcome(index: u8) -> Result<Outcome, ProtocolError> {
    Outcome::ALL.get(usize::from(index)).copied().ok_or(ProtocolError::Malformed)
}

impl WireWhat {
    fn pack(what: &What) -> Self {
        match what {
            What::Struck { verb, target } => Self::Struck { verb: *verb as u8, target: flat(target) },
            What::Experiment { verb, target, stage, targets } => Self::Experiment {
                verb: *verb as u8,
                target: flat(target),
                stage: *stage as u8,
                targets: *targets,
            },
            What::Promoted { target, after, lost } => {
                Self::Promoted { target: flat(target), after: *after, lost: *lost }
            }
            What::Edited => Self::Edited,
            What::CheckFailed { checker, target, misses, cause } => Self::CheckFailed {
                checker: *checker,
                target: flat(target),
                misses: *misses,
                cause: *cause as u8,
            },
            What::TakenOut { checker, target, after } => {
                Self::TakenOut { checker: *checker, target: flat(target), after: *after }
            }
            What::TakenIn { checker, target } => Self::TakenIn { checker: *checker, target: flat(target) },
            What::LookUpFailed { caller, dns, cause } => {
                Self::LookUpFailed { caller: *caller, dns: *dns, cause: *cause as u8 }
            }
            What::BreakerOpened { caller, callee } => {
                Self::Breaker { caller: flat(caller), callee: *callee, opened: true }
            }
            What::BreakerClosed { caller, callee } => {
                Self::Breaker { caller: flat(caller), callee: *callee, opened: false }
            }
            What::Alerted { monitor, target, metric, after } => Self::Alert {
                monitor: *monitor,
                target: flat(target),
                metric: *metric as u8,
                after: Some(*after),
            },
            What::AlertOver { monitor, target, metric } => {
                Self::Alert { monitor: *monitor, target: flat(target), metric: *metric as u8, after: None }
            }
            What::Rollout { deployer, step, instances } => {
                Self::Rollout { deployer: *deployer, step: *step as u8, instances: *instances }
            }
            What::Halted { reason } => Self::Halted { reason: Said::of(reason) },
        }
    }

    fn unpack(self) -> Result<What, ProtocolError> {
        Ok(match self {
            Self::Struck { verb, target: at } => What::Struck {
                verb: *Verb::ALL.get(usize::from(verb)).ok_or(ProtocolError::Malformed)?,
                target: target(at),
            },
            Self::Experiment { verb, target: at, stage, targets } => What::Experiment {
                verb: *Verb::ALL.get(usize::from(verb)).ok_or(ProtocolError::Malformed)?,
                target: target(at),
                stage: *Stage::ALL.get(usize::from(stage)).ok_or(ProtocolError::Malformed)?,
                targets,
            },
            Self::Promoted { target: at, after, lost } => What::Promoted { target: target(at), after, lost },
            Self::Edited => What::Edited,
            Self::CheckFailed { checker, target: at, misses, cause } => {
                What::CheckFailed { checker, target: target(at), misses, cause: outcome(cause)? }
            }
            Self::TakenOut { checker, target: at, after } => {
                What::TakenOut { checker, target: target(at), after }
            }
            Self::TakenIn { checker, target: at } => What::TakenIn { checker, target: target(at) },
            Self::LookUpFailed { caller, dns, cause } => {
                What::LookUpFailed { caller, dns, cause: outcome(cause)? }
            }
            Self::Breaker { caller, callee, opened: true } => {
                What::BreakerOpened { caller: target(caller), callee }
            }
            Self::Breaker { caller, callee, opened: false } => {
                What::BreakerClosed { caller: target(caller), callee }
            }
            Self::Alert { monitor, target: at, metric, after } => {
                let metric = *Metric::ALL.get(usize::from(metric)).ok_or(ProtocolError::Malformed)?;
                match after {
                    Some(after) => What::Alerted { monitor, target: target(at), metric, after },
                    None => What::AlertOver { monitor, target: target(at), metric },
                }
            }
            Self::Rollout { deployer, step, instances } => {
                let step = *Rollout::ALL.get(usize::from(step)).ok_or(ProtocolError::Malformed)?;
                What::Rollout { deployer, step, instances }
            }
            Self::Halted { reason } => What::Halted { reason: reason.sentence() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::protocol::Answer;
    use super::*;
    use brownout_sim::sentence;

    fn dots(count: u32) -> Vec<Dot> {
        let dot = |key: u32| Dot {
            edge: key % 7,
            from: 100 + key % 5,
            to: 200,
            position: (key % 65_536) as f32 / f32::from(u16::MAX),
            way: if key.is_multiple_of(2) { Way::Request } else { Way::Reply },
            class: Class::ALL[key as usize % Class::ALL.len()],
            outcome: Outcome::ALL[key as usize % Outcome::COUNT],
            key: key.wrapping_mul(2_654_435_761),
            mark: [Mark::Plain, Mark::Retry, Mark::GivenUp][key as usize % 3],
        };
        (0..count).map(dot).collect()
    }

    #[test]
    fn a_frame_survives_the_way_to_the_page() {
        let target = Target::one(4, 2);
        let whats = [
            What::Struck { verb: Verb::Kill, target },
            What::Experiment { verb: Verb::Slow, target, stage: Stage::Stopped, targets: 3 },
            What::Promoted { target, after: 5, lost: 2 },
            What::Edited,
            What::CheckFailed { checker: 1, target, misses: 3, cause: Outcome::TimedOut },
            What::TakenOut { checker: 1, target, after: 5 },
            What::TakenIn { checker: 1, target },
            What::LookUpFailed { caller: 1, dns: 2, cause: Outcome::Refused },
            What::BreakerOpened { caller: target, callee: 2 },
            What::BreakerClosed { caller: target, callee: 2 },
            What::Alerted { monitor: 1, target, metric: Metric::Queue, after: 5 },
            What::AlertOver { monitor: 1, target, metric: Metric::None },
            What::Rollout { deployer: 1, step: Rollout::Updated, instances: 2 },
            What::Halted { reason: sentence!("too much", "너무 많습니다") },
        ];
        let gauge = PartGauge {
            id: 4,
            up: vec![true, false],
            parked: vec![false, true],
            shunned: vec![0, 1],
            struck: true,
            busy: 3,
            workers: 8,
            queued: 5,
            utilisation: Some(0.5),
            rate: 12.0,
            errors: 0.25,
            filled: Some(0.75),
            log: 90,
            behind: vec![0, 7],
            lag: 12,
        };
        let frame = Frame {
            seq: 3,
            now: 12_400_000_000,
            digest: "00ff".into(),
            picture: Picture {
                now: 12_400_000_000,
                parts: vec![gauge],
                edges: vec![EdgeGauge { id: 9, cut: true, rate: 1.5 }],
                dots: dots(1_000),
                falls: vec![Fall {
                    at: 3,
                    edge: 9,
                    from: 1,
                    to: 4,
                    class: Class::Write,
                    outcome: Outcome::TimedOut,
                    key: 77,
                }],
                messages: 70_000,
                cost_per_hour: 1.25,
                one_in: 7,
            },
            happenings_from: 2,
            new_happenings: whats.into_iter().map(|what| Happening { at: 7, what }).collect(),
            requests: Requests { issued: 10, succeeded: 7, failed: [1; Outcome::COUNT], in_flight: 2 },
            halted: Some(sentence!("stopped", "멈췄습니다")),
            ..Frame::default()
        };
        let bytes = Answer::Frame(Box::new(frame.clone())).encode(5);
        let (run, answer) = Answer::decode(&bytes).expect("decodes");
        assert_eq!(run, 5);
        assert_eq!(answer, Answer::Frame(Box::new(frame)));
    }

    #[test]
    fn a_dot_takes_nine_bytes() {
        let packed = WireFrame::pack_dots(&dots(20_000));
        assert!(packed.len() <= 20_000 * 9 + 35 * 12 + 2, "{} bytes", packed.len());
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let bytes = Answer::Frame(Box::default()).encode(1);
        assert!(Answer::decode(&bytes[..bytes.len() / 2]).is_err(), "half a frame is no frame");
        assert!(unpack_dots(&[1, 0, 3]).is_err(), "a route that is cut short");
    }
}
