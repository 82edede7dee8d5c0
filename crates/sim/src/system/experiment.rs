//! Experiments in the words of fault injection: an action, its targets, how long, and when to stop; and faults that
//! strike at random, each part by a clock of its own.

use super::validate::refuse;
use super::{EdgeKind, Id, System, SystemError, Target, Verb};
use crate::component::Kind;
use crate::param::Law;
use crate::{Ns, choices, params, sentence};

choices! {
    /// Who else may be struck beside the target.
    pub enum Among {
        /// Nobody.
        Target = "target", en "this alone", ko "이 대상만";
        /// All of the target's type; of an edge, all of its kind.
        Type = "type", en "all of its type", ko "같은 유형 전체";
        /// Everything inside of the target that knows such a fault.
        Inside = "inside", en "everything inside it", ko "안에 있는 모든 것";
    }
}

params! {
    /// Whom a planned fault strikes, how often, and what stops it. At its defaults it strikes its target once.
    pub struct Injection {
        among: Among = Among::Target, [], key "am", since 1,
            en "Targets" "Who may be struck: the target alone, all parts of its type, or everything inside it that knows such a fault. Of a connection: itself, or all connections of its kind.",
            ko "대상 범위" "무엇을 칠 수 있는지 정합니다. 대상 하나, 같은 유형의 모든 부품, 또는 안에 있으면서 그런 장애가 가능한 모든 부품입니다. 연결이라면 그 연결 하나, 또는 같은 종류의 모든 연결입니다.";
        share: Share = Share(1.0), [0.001, 1], key "sh", since 1,
            en "Share of the targets" "So large a share of the instances in question is chosen at random, at least one of them, when the experiment begins.",
            ko "대상 비율" "실험을 시작할 때 해당 인스턴스 가운데 이 비율만큼을 무작위로 고릅니다. 적어도 하나는 고릅니다.";
        number: Count = Count(0), [0, 20_000], key "nu", since 1,
            en "Number of targets" "So many instances are chosen at random instead of a share; 0 goes by the share.",
            ko "대상 수" "비율 대신 이 수만큼의 인스턴스를 무작위로 고릅니다. 0이면 비율을 따릅니다.";
        mtbf: Law = Law::Constant { ms: 0.0 }, [0, 315_576_000_000_u64], key "bf", since 1,
            en "Time between failures (MTBF)" "Each instance works for such a time before it fails, drawn anew after every repair; its mean is the MTBF. 0: all are struck once, at the start.",
            ko "고장 간격(MTBF)" "각 인스턴스는 이만큼 작동한 뒤 고장 나고, 수리될 때마다 새로 뽑습니다. 평균이 MTBF입니다. 0이면 시작할 때 모두 한 번만 당합니다.";
        mttr: Law = Law::Constant { ms: 0.0 }, [0, 315_576_000_000_u64], key "tr", since 1,
            en "Time to repair (MTTR)" "Each failure is repaired after such a time; its mean is the MTTR. 0: it holds until the experiment ends, or is restored by hand.",
            ko "수리 시간(MTTR)" "고장마다 이만큼 지나면 수리됩니다. 평균이 MTTR입니다. 0이면 실험이 끝나거나 직접 복구할 때까지 이어집니다.";
        stop_below: Share = Share(0.0), [0, 1], key "sb", since 1,
            en "Stop below success of" "The experiment stops and all that it broke is restored once fewer than this share of the requests succeed for a while. Requests of which none is answered count as failed. 0: it never stops by itself.",
            ko "중단할 성공률" "성공한 요청의 비율이 한동안 이보다 낮으면 실험을 멈추고 망가뜨린 것을 모두 복구합니다. 아무 응답도 없는 동안은 실패로 봅니다. 0이면 스스로 멈추지 않습니다.";
        stop_after_s: Seconds = Seconds(5.0), [1, 86_400], key "sa", since 1,
            en "Stop after" "So long must too few requests succeed, second by second without a break, before the experiment stops.",
            ko "중단까지의 시간" "성공률이 이만큼 오래, 매초 끊임없이 기준보다 낮아야 실험을 멈춥니다.";
    }
}

choices! {
    /// How far an experiment has come.
    pub enum Stage {
        Began = "began", en "began", ko "시작됨";
        /// Its stop condition was met.
        Stopped = "stopped", en "was stopped", ko "중단됨";
        /// Its time is over.
        Ended = "ended", en "ended", ko "끝남";
    }
}

/// A planned experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Names its random numbers and its lines in the log.
    pub id: Id,
    pub verb: Verb,
    pub target: Target,
    pub factor: f64,
    /// After so long it is over, and what it broke is restored.
    pub lasts: Option<Ns>,
    pub injection: Injection,
}

impl Injection {
    /// Whether it is more than one fault that strikes its target once.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether each instance has a clock of its own.
    pub fn is_random(&self) -> bool {
        mean(&self.mtbf) > 0.0
    }

    /// Whether only some of those in question are struck.
    const fn chooses(&self) -> bool {
        self.number.0 > 0 || self.share.0 < 1.0
    }
}

fn mean(law: &Law) -> f64 {
    law.mean_ms()
}

impl Experiment {
    /// The most faults that a run of this length may be expected to bring, repairs counted by themselves.
    const MOST: f64 = 10_000.0;

    /// Refuses what would strike too often in a run of this length.
    pub fn check_length(&self, system: &System, run: Ns, from: Ns) -> Result<(), SystemError> {
        if !self.injection.is_random() {
            return Ok(());
        }
        let time = self.lasts.unwrap_or(Ns::MAX).min(run.saturating_sub(from)) as f64 / 1e6;
        let cycle = mean(&self.injection.mtbf) + mean(&self.injection.mttr);
        let subjects = system.subjects(self).len() as f64;
        if 2.0 * subjects * time / cycle > Self::MOST {
            return refuse(
                "mtbf",
                sentence!(
                    "brings more than {0} faults and repairs in this run: make it longer",
                    "이 실행에서 장애와 수리가 {0}번을 넘게 됩니다. 더 길게 하세요",
                    Self::MOST
                ),
            );
        }
        Ok(())
    }
}

impl System {
    /// Refuses an experiment that this system cannot have.
    pub fn check_experiment(&self, experiment: &Experiment) -> Result<(), SystemError> {
        let Experiment { verb, target, injection, .. } = experiment;
        if *verb == Verb::Restore {
            return refuse(
                "do",
                sentence!(
                    "an experiment breaks something: `restore` is none",
                    "실험은 무언가를 망가뜨립니다. `restore`는 실험이 될 수 없습니다"
                ),
            );
        }
        if verb.has_factor() {
            Self::check_factor(*verb, experiment.factor)?;
        }
        if *verb == Verb::Fill && injection.is_random() {
            return refuse(
                "mtbf",
                sentence!(
                    "a store is filled up once: `fill` has no time between failures",
                    "저장소는 한 번만 가득 찹니다. `fill`에는 고장 간격이 없습니다"
                ),
            );
        }
        if injection.among == Among::Inside {
            if self.part(target.id).is_none() {
                return refuse(
                    "among",
                    sentence!(
                        "{0} is no part: nothing is inside it",
                        "{0}은(는) 부품이 아니라서 안에 아무것도 없습니다",
                        target.id
                    ),
                );
            }
        } else {
            self.check_fault(*verb, *target)?;
        }
        if self.subjects(experiment).is_empty() {
            let word = Verb::CHOICES[*verb as usize].name;
            return refuse(
                "among",
                sentence!(
                    "there is nothing in {0} that knows `{1}`",
                    "{0} 안에는 `{1}`이(가) 가능한 것이 없습니다",
                    target,
                    word
                ),
            );
        }
        Ok(())
    }

    /// Everything that the experiment may strike, by id and number.
    pub(crate) fn subjects(&self, experiment: &Experiment) -> Vec<Target> {
        let Experiment { verb, target, injection, .. } = experiment;
        if let Some(edge) = self.edge(target.id) {
            let is_one = |other: &EdgeKind| injection.among == Among::Type && *other == edge.kind;
            let all = self.edges.iter().filter(|other| other.id == edge.id || is_one(&other.kind));
            return all.map(|edge| Target::whole(edge.id)).collect();
        }
        let Some(anchor) = self.part(target.id) else { return Vec::new() };
        let kind = anchor.params.kind();
        let each = injection.is_random() || injection.chooses();
        let mut all = Vec::new();
        for part in &self.parts {
            let is_meant = match injection.among {
                Among::Target => part.id == anchor.id,
                Among::Type => part.params.kind() == kind,
                Among::Inside => part.id != anchor.id && self.is_within(part.inside, anchor.id),
            };
            if !is_meant || self.check_fault(*verb, Target::whole(part.id)).is_err() {
                continue;
            }
            if injection.among == Among::Target && target.instance.is_some() {
                all.push(*target);
            } else if each && is_struck_singly(*verb, part.params.kind()) {
                all.extend((1..=part.count).map(|number| Target::one(part.id, number)));
            } else {
                all.push(Target::whole(part.id));
            }
        }
        all
    }

    fn is_within(&self, mut inside: Option<Id>, place: Id) -> bool {
        // Chains of places end: validation has seen to it.
        while let Some(id) = inside {
            if id == place {
                return true;
            }
            inside = self.part(id).and_then(|part| part.inside);
        }
        false
    }

    /// How many of its subjects an experiment strikes.
    pub(crate) fn struck_by(injection: &Injection, subjects: usize) -> usize {
        let wanted = match injection.number.0 {
            0 => libm::round(injection.share.0 * subjects as f64) as usize,
            number => number as usize,
        };
        wanted.clamp(1, subjects.max(1)).min(subjects)
    }
}

/// Whether such a fault can be of one instance alone.
const fn is_struck_singly(verb: Verb, kind: Kind) -> bool {
    !matches!(verb, Verb::Partition | Verb::PartitionIn | Verb::PartitionOut) || matches!(kind, Kind::Db)
}
