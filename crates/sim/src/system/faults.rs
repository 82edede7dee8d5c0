//! Which faults and repairs a system can have.

use super::validate::{out_of_range, refuse};
use super::{Action, System, SystemError, Target, Verb};
use crate::component::Kind;
use crate::sentence;

impl System {
    /// Refuses a fault or a repair that this system or this version cannot have.
    pub fn check_fault(&self, verb: Verb, target: Target) -> Result<(), SystemError> {
        if !verb.runs() {
            let word = Verb::CHOICES[verb as usize].name;
            return refuse(
                "do",
                sentence!("`{0}` cannot be simulated yet", "`{0}`은(는) 아직 시뮬레이션할 수 없습니다", word),
            );
        }
        if self.edge(target.id).is_some() {
            if target.instance.is_some() {
                return refuse(
                    "target",
                    sentence!(
                        "{0} names an instance, but {1} is an edge",
                        "{0}은(는) 인스턴스를 가리키지만 {1}은(는) 연결입니다",
                        target,
                        target.id
                    ),
                );
            }
            return if verb == Verb::Restore || Verb::OF_EDGES.contains(&verb) {
                Ok(())
            } else {
                refuse(
                    "do",
                    sentence!(
                        "an edge can only be cut, in one direction or both, and restored",
                        "연결은 한쪽 또는 양쪽으로 끊거나 복구할 수만 있습니다"
                    ),
                )
            };
        }
        let Some(part) = self.part(target.id) else {
            return refuse(
                "target",
                sentence!("there is no part or edge {0}", "부품이나 연결 {0}이(가) 없습니다", target.id),
            );
        };
        if verb == Verb::Cut {
            return refuse(
                "do",
                sentence!(
                    "{0} is a part: only an edge can be cut",
                    "{0}은(는) 부품입니다. 끊을 수 있는 것은 연결뿐입니다",
                    target.id
                ),
            );
        }
        let spec = part.params.kind().spec();
        if verb != Verb::Restore && !spec.faults.contains(&verb) {
            let word = Verb::CHOICES[verb as usize].name;
            return refuse(
                "do",
                sentence!("a `{0}` knows no `{1}`", "`{0}`에는 `{1}` 장애가 없습니다", spec.name, word),
            );
        }
        match target.instance {
            Some(_)
                if matches!(verb, Verb::Partition | Verb::PartitionIn | Verb::PartitionOut)
                    && part.params.kind() != Kind::Db =>
            {
                refuse(
                    "target",
                    sentence!(
                        "a `{0}` can only be isolated as a whole",
                        "`{0}`은(는) 전체로만 격리할 수 있습니다",
                        spec.name
                    ),
                )
            }
            Some(instance) if instance == 0 || instance > part.count => refuse(
                "target",
                sentence!(
                    "part {0} has instances 1 to {1}, not {2}",
                    "부품 {0}의 인스턴스는 1부터 {1}까지이며 {2}은(는) 없습니다",
                    part.id,
                    part.count,
                    instance
                ),
            ),
            _ => Ok(()),
        }
    }

    /// Refuses a fault, a repair or the end of one that this system cannot have.
    pub fn check_action(&self, action: &Action) -> Result<(), SystemError> {
        match action {
            Action::Do { verb, target } | Action::End { verb, target, .. } => {
                self.check_fault(*verb, *target)
            }
            Action::Scale { verb, target, factor } => {
                self.check_fault(*verb, *target)?;
                Self::check_factor(*verb, *factor)
            }
            Action::Experiment(experiment) => self.check_experiment(experiment),
            Action::Edit(_) => Ok(()),
        }
    }

    /// Refuses a factor that this kind of fault cannot have.
    pub fn check_factor(verb: Verb, factor: f64) -> Result<(), SystemError> {
        let [least, most] = Verb::FACTORS;
        if !verb.has_factor() {
            let word = Verb::CHOICES[verb as usize].name;
            return refuse("factor", sentence!("`{0}` has none", "`{0}`에는 배수가 없습니다", word));
        }
        if !(least..=most).contains(&factor) {
            return refuse("factor", out_of_range(least, most, factor));
        }
        Ok(())
    }
}
