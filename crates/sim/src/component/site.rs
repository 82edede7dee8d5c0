//! The site: a region or a zone that other parts are in. It handles no calls; what it does is done to those inside.

use super::spec::{Component, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Cx, Next};
use crate::observe::Outcome;
use crate::param::{ParamSet, Words};
use crate::params;
use crate::system::{Mode, Verb};

params! {
    /// What a site is set to.
    pub struct Params costs 0.0 {
        rtt_ms: Millis = Millis(70.0), [0, 3_600_000], key "rt", since 1,
            en "Round trip" "Round trip between this site and another beside it. Between two sites it is the mean of both, half of it each way, on top of what each connection says itself. Zones of one region are some 1 ms apart, continents 70 ms and more. A part that is in no site is at no distance from any.",
            ko "왕복 시간" "이 사이트와 나란한 다른 사이트 사이의 왕복 시간입니다. 두 사이트 사이는 두 값의 평균이고, 방향마다 그 절반이 연결 자체의 지연에 더해집니다. 한 리전의 존 사이는 1ms 정도, 대륙 사이는 70ms 이상입니다. 사이트에 속하지 않은 부품은 어느 사이트와도 거리가 없습니다.";
        capacity: Number = Number(1.0), [0.001, 1_000], key "ca", since 1,
            en "Capacity" "How much the machines here get done in the same time, compared with what their parts say. A standby site of 0.3 does three tenths.",
            ko "처리 능력" "이곳의 기계가 같은 시간에 하는 일의 양을 부품 설정과 비교한 값입니다. 0.3인 예비 사이트는 10분의 3을 합니다.";
    }
}

/// A running site.
#[derive(Clone, Debug)]
pub(crate) struct Site;

impl Component for Site {
    const SPEC: TypeSpec = TypeSpec {
        name: "site",
        label: Words::new("Site", "사이트"),
        help: Words::new(
            "A region, or a zone within one. Parts inside are near each other, far from other sites, and lost together.",
            "리전이나 그 안의 존입니다. 안의 부품들은 서로 가깝고 다른 사이트와는 멀며, 함께 사라집니다.",
        ),
        group: Group::Places,
        icon: "site",
        params: Params::SPECS,
        offers: &[],
        accepts: &[],
        faults: Verb::OF_MACHINES,
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: false,
        sources: &[
            "J. Dean, \"Designs, Lessons and Advice from Building Large Distributed Systems\", LADIS 2009: round trips between places",
            "RFC 2681: what a round trip is",
        ],
        gauges: &[],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        build.stations(&[]);
        build.holds_others(params.rtt_ms.ns(), params.capacity.0);
        Self
    }

    fn step(&mut self, _: &mut Cx<'_>) -> Next {
        Next::Reply(Outcome::Refused)
    }

    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        build.holds_others(params.rtt_ms.ns(), params.capacity.0);
    }
}
