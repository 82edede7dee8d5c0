//! What is read from a simulation: histograms, series, reports, pictures, happenings.
//!
//! Observing draws no random number and schedules nothing: a run that is watched is the run that is not.

mod happening;
mod histogram;
mod history;
mod picture;
mod report;
mod series;
mod stats;
mod trace;

pub use happening::{Happening, What};
pub use histogram::Histogram;
pub(crate) use history::{History, Lengths};
pub use picture::{Dot, EdgeGauge, Fall, Mark, PartGauge, Picture, Way};
pub use report::{
    ClassReport, ComponentReport, EdgeReport, Latency, OutageReport, Report, Requests, Times, WorkloadReport,
};
pub(crate) use series::Written;
pub use series::{Series, Window};
pub(crate) use stats::{EdgeLedger, PartStats, Recent, Workload, Workloads, per_second};
pub use trace::{Choice, Chosen, Division, EndedRequest, Fate, RequestName, Span, Spent, Stretch, Trace};

use crate::choices;

choices! {
    /// What a request is for.
    pub enum Class {
        Static = "static", en "static", ko "정적";
        Read = "read", en "read", ko "읽기";
        Write = "write", en "write", ko "쓰기";
        /// A health check or another call that no visitor made.
        Probe = "probe", en "health check", ko "헬스 체크";
    }
}

impl Class {
    /// The classes that visitors' requests have.
    pub const VISITORS: &'static [Self] = &[Self::Static, Self::Read, Self::Write];

    pub(crate) const fn from_index(index: u8) -> Self {
        match index {
            0 => Self::Static,
            1 => Self::Read,
            2 => Self::Write,
            _ => Self::Probe,
        }
    }
}

choices! {
    /// How a call ended, as its caller saw it.
    pub enum Outcome {
        Ok = "ok", en "answered", ko "응답";
        /// Nobody listens: the process is down.
        Refused = "refused", en "connection refused", ko "연결 거부";
        /// The queue was full.
        Overloaded = "overloaded", en "queue full", ko "대기열 가득 참";
        /// The process died while it worked.
        Reset = "reset", en "connection reset", ko "연결 끊김";
        /// No answer before the caller's timeout.
        TimedOut = "timed_out", en "timed out", ko "시간 초과";
        /// The name could not be resolved.
        Unresolved = "unresolved", en "name not resolved", ko "이름 해석 실패";
        /// The balancer knew no healthy target.
        NoTarget = "no_target", en "no healthy target", ko "정상 대상 없음";
        /// An error reply: something behind the callee failed.
        Upstream = "upstream", en "error reply", ko "오류 응답";
        /// A bound of the simulator itself was reached (depth of calls, calls in flight).
        Guarded = "guarded", en "simulation limit", ko "시뮬레이션 한도";
        /// The callee got to it only after the caller's deadline.
        Expired = "expired", en "deadline passed", ko "데드라인 경과";
        /// The caller's circuit breaker was open: never sent.
        CircuitOpen = "circuit_open", en "circuit open", ko "서킷 열림";
        /// No connection of the caller's pool became free: never sent.
        NoConnection = "no_connection", en "no free connection", ko "빈 연결 없음";
        /// The caller held it back because too few were accepted: never sent.
        Throttled = "throttled", en "held back by the caller", ko "호출자 스로틀";
        /// Somebody else has written the row since it was read.
        Conflict = "conflict", en "version conflict", ko "버전 충돌";
    }
}

impl Outcome {
    pub const COUNT: usize = Self::ALL.len();

    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }

    /// Whether somebody answered, if only with an error; the others leave the caller without any reply.
    pub const fn is_reply(self) -> bool {
        matches!(
            self,
            Self::Ok | Self::Overloaded | Self::Upstream | Self::NoTarget | Self::Expired | Self::Conflict
        )
    }

    /// As reports write it.
    pub const fn name(self) -> &'static str {
        Self::CHOICES[self as usize].name
    }

    pub(crate) const fn from_index(index: u8) -> Self {
        Self::ALL[index as usize]
    }
}
