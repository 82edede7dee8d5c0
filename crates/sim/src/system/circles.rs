//! Whom calls reach: that there are not too many, that each can be reached, and that each comes to an end.

use super::validate::{Limits, SystemError, refuse};
use super::{EdgeKind, Id, Mode, Part, System};
use crate::component::Kind;
use crate::param::{Sentence, Words};
use crate::sentence;

/// The places of the parts at the ends of an edge: from, to.
pub(super) type Ends = (usize, usize);

/// A `calls` edge, as the search for circles needs it.
#[derive(Clone, Copy)]
struct Call {
    index: usize,
    to: usize,
    weight: Option<f64>,
}

impl System {
    /// Every instance of a balancer checks every instance behind it, and every instance of a queue knows them.
    pub(super) fn check_fan_out(&self, ends: &[Ends]) -> Result<(), SystemError> {
        let mut behind = vec![0_u64; self.parts.len()];
        for (from, to) in ends {
            behind[*from] += u64::from(self.parts[*to].count);
        }
        for (index, (part, behind)) in self.parts.iter().zip(behind).enumerate() {
            let checked = behind * u64::from(part.count);
            let words = match part.params.kind() {
                Kind::Lb => Words::new(
                    "{0} balancers with {1} targets each are {2} health checks, more than {3}",
                    "로드 밸런서 {0}대에 대상이 {1}개씩이면 헬스 체크가 {2}개로, 한도 {3}개를 넘습니다",
                ),
                Kind::Dns if checks(part) => Words::new(
                    "{0} name servers with {1} targets each are {2} health checks, more than {3}",
                    "네임 서버 {0}대에 대상이 {1}개씩이면 헬스 체크가 {2}개로, 한도 {3}개를 넘습니다",
                ),
                Kind::Monitor => Words::new(
                    "{0} monitors with {1} targets each are {2} probes, more than {3}",
                    "모니터 {0}대에 대상이 {1}개씩이면 점검이 {2}개로, 한도 {3}개를 넘습니다",
                ),
                Kind::Deploy => Words::new(
                    "{0} deployers with {1} targets each are {2} checks, more than {3}",
                    "배포기 {0}대에 대상이 {1}개씩이면 점검이 {2}개로, 한도 {3}개를 넘습니다",
                ),
                Kind::Queue => Words::new(
                    "{0} queues with {1} consumers each are {2} connections, more than {3}",
                    "큐 {0}대에 소비자가 {1}개씩이면 연결이 {2}개로, 한도 {3}개를 넘습니다",
                ),
                _ => continue,
            };
            if checked > Limits::V1.checked {
                let reason = Sentence::new(words).with(part.count).with(behind).with(checked);
                return refuse(format!("parts[{index}].count"), reason.with(Limits::V1.checked));
            }
        }
        Ok(())
    }

    /// Nothing may stand behind a hand-over that always happens: it would never be called.
    pub(super) fn check_sequences(&self, ends: &[Ends]) -> Result<(), SystemError> {
        let mut handed_over: Vec<Option<Id>> = vec![None; self.parts.len()];
        // Edges with a weight are drawn from together, at the place of the first of them.
        let mut has_drawn = vec![false; self.parts.len()];
        for (index, (edge, (from, _))) in self.edges.iter().zip(ends).enumerate() {
            let from = *from;
            if edge.kind != EdgeKind::Calls || self.parts[from].params.kind().spec().chooses {
                continue;
            }
            let is_drawn_before = edge.weight.is_some() && has_drawn[from];
            has_drawn[from] |= edge.weight.is_some();
            if let Some(earlier) = handed_over[from].filter(|_| !is_drawn_before) {
                return refuse(
                    format!("edges[{index}]"),
                    sentence!(
                        "is never called: edge {0} has handed the request over before",
                        "호출되지 않습니다. 연결 {0}이(가) 그 앞에서 요청을 넘겨 버립니다",
                        earlier
                    ),
                );
            }
            if edge.mode == Mode::Forward && edge.weight.is_none() {
                handed_over[from] = Some(edge.id);
            }
        }
        Ok(())
    }

    /// Every part must be able to come to an end: a request that can only go on calling never returns.
    pub(super) fn check_call_cycles(&self, places: &[Ends]) -> Result<(), SystemError> {
        let mut outgoing: Vec<Vec<Call>> = vec![Vec::new(); self.parts.len()];
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        for (index, edge) in self.edges.iter().enumerate().filter(|(_, edge)| edge.kind == EdgeKind::Calls) {
            let (from, to) = places[index];
            outgoing[from].push(Call { index, to, weight: edge.weight });
            callers[to].push(from);
        }
        let mut ends = vec![false; self.parts.len()];
        let mut waiting: Vec<usize> = (0..self.parts.len()).collect();
        while let Some(at) = waiting.pop() {
            if !ends[at] && can_end(&self.parts[at], &outgoing[at], &ends) {
                ends[at] = true;
                waiting.extend(callers[at].iter().filter(|caller| !ends[**caller]));
            }
        }
        let Some(first) = ends.iter().position(|end| !end) else { return Ok(()) };
        let mut chain = vec![first];
        let mut place = vec![usize::MAX; self.parts.len()];
        place[first] = 0;
        loop {
            let last = chain[chain.len() - 1];
            let Some(call) = outgoing[last].iter().find(|call| !ends[call.to]) else { return Ok(()) };
            if place[call.to] != usize::MAX {
                let round: Vec<Id> = chain[place[call.to]..].iter().map(|at| self.parts[*at].id).collect();
                return refuse(
                    format!("edges[{}]", call.index),
                    sentence!(
                        "parts {0} → {1} call each other in a circle without an exit: give an edge of it a weight below 1",
                        "부품 {0} → {1}이(가) 빠져나갈 길 없이 서로를 호출합니다. 그중 한 연결에 1보다 작은 가중치를 주세요",
                        ids(&round),
                        round[0]
                    ),
                );
            }
            place[call.to] = chain.len();
            chain.push(call.to);
        }
    }
}

/// Whether a part makes health checks.
fn checks(part: &Part) -> bool {
    part.params.word("check").is_some_and(|check| check != "none")
}

/// Whether a visit to this part can come to an end, given which others can.
fn can_end(part: &Part, outgoing: &[Call], ends: &[bool]) -> bool {
    if outgoing.is_empty() {
        return true;
    }
    if part.params.kind().spec().chooses {
        return outgoing.iter().any(|call| ends[call.to]);
    }
    let always = outgoing.iter().filter(|call| call.weight.is_none()).all(|call| ends[call.to]);
    let weighted = || outgoing.iter().filter_map(|call| call.weight.map(|weight| (weight, ends[call.to])));
    let exit = weighted().map(|(weight, _)| weight).sum::<f64>() < 1.0;
    always && (exit || weighted().next().is_none() || weighted().any(|(weight, end)| weight > 0.0 && end))
}

pub(super) fn ids(ids: &[Id]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → ")
}
