//! What happened, as the log tells it.

use super::Outcome;
use crate::Ns;
use crate::component::{Metric, Rollout};
use crate::param::Sentence;
use crate::system::{Id, Stage, Target, Verb};

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    pub at: Ns,
    pub what: What,
}

/// What a line of the log tells.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A fault or a repair struck.
    Struck { verb: Verb, target: Target },
    /// An experiment on `target`, and whom it chose with it, has come so far: so many were chosen, or restored.
    Experiment { verb: Verb, target: Target, stage: Stage, targets: u32 },
    /// A replica has become the primary, `after` the last word of the one before; so many acknowledged writes were
    /// `lost` with that one.
    Promoted { target: Target, after: Ns, lost: u64 },
    /// The design was edited.
    Edited,
    /// A health check of `target` by `checker` failed, the `misses`th time in a row, for `cause`.
    CheckFailed { checker: Id, target: Target, misses: u32, cause: Outcome },
    /// `checker` stopped sending traffic to `target`, `after` the first failed check of this series.
    TakenOut { checker: Id, target: Target, after: Ns },
    /// `checker` sends traffic to `target` again.
    TakenIn { checker: Id, target: Target },
    /// `monitor` raised an alert about `target`: its probes failed (no metric), or the metric was above its limit,
    /// since so long.
    Alerted { monitor: Id, target: Target, metric: Metric, after: Ns },
    /// Such an alert is over.
    AlertOver { monitor: Id, target: Target, metric: Metric },
    /// A deployment has come so far, with so many instances.
    Rollout { deployer: Id, step: Rollout, instances: u32 },
    /// A look-up by `caller` at `dns` failed.
    LookUpFailed { caller: Id, dns: Id, cause: Outcome },
    /// The circuit breaker of `caller` towards `callee` opened: it sends nothing for a while.
    BreakerOpened { caller: Target, callee: Id },
    /// The circuit breaker of `caller` towards `callee` closed: it sends calls again.
    BreakerClosed { caller: Target, callee: Id },
    /// The run stopped early, for this reason.
    Halted { reason: Sentence },
}
