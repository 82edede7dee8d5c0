//! Counting: what parts answered and what became of requests.

use super::{Core, Ns};
use crate::observe::{Class, Outcome};

impl Core {
    #[inline(always)]
    pub(super) fn count_reply(&mut self, part: u32, residence: Ns, outcome: Outcome) {
        let stats = &mut self.part_mut(part).stats;
        stats.replied[outcome as usize] += 1;
        if outcome.is_ok() {
            stats.residence.record(residence);
        } else {
            stats.window_errors += 1;
        }
    }

    /// Counts a visitor's request.
    #[inline(always)]
    pub(super) fn count_issue(&mut self, part: u32, class: Class) {
        self.series.open.issued += 1;
        let row = &mut self.parts[part as usize];
        row.stats.offered += 1;
        if let Some(workloads) = &mut row.workloads {
            workloads[class as usize].issued += 1;
        }
    }

    /// Whether any visitor waits for an answer.
    pub(super) fn is_waited(&self) -> bool {
        let mut all = self.parts.iter().flat_map(|part| part.workloads.iter().flat_map(|all| all.iter()));
        all.any(|one| one.issued > one.ended.iter().sum())
    }

    /// Counts the end of a visitor's request.
    #[inline(always)]
    pub(crate) fn count_request(&mut self, part: u32, class: u8, outcome: Outcome, latency: Ns) {
        let row = &mut self.parts[part as usize];
        let is_good = outcome.is_ok() && latency <= row.deadline;
        let window = &mut self.series.open;
        window.outcomes[outcome as usize] += 1;
        window.good += u64::from(is_good);
        row.stats.replied[outcome as usize] += 1;
        row.stats.window_errors += u64::from(!outcome.is_ok());
        let Some(workload) = row.workloads.as_mut().and_then(|all| all.get_mut(class as usize)) else {
            return;
        };
        workload.ended[outcome as usize] += 1;
        workload.measured_good += u64::from(is_good);
        if outcome.is_ok() {
            workload.latency.record(latency);
            self.series.latency.record(latency);
        }
    }

    /// Counts an answer that came after its visitor had given up.
    pub(super) fn count_late(&mut self, part: u32, class: u8) {
        self.series.open.late += 1;
        if let Some(workload) =
            self.parts[part as usize].workloads.as_mut().and_then(|all| all.get_mut(class as usize))
        {
            workload.measured_late += 1;
        }
    }
}
