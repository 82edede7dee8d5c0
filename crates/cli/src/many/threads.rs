//! Work on several threads, whose results come out in order.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::failure::Failure;

/// As many threads as the machine runs at a time, unless told.
pub fn jobs(asked: Option<u32>) -> usize {
    let machine = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.map_or_else(machine, |jobs| jobs as usize)
}

/// Does the work of all indices below `count` and hands over what came of it in ascending order, however
/// many threads there are; the first failure in that order is the one that counts. Whoever takes may say
/// that it is enough.
pub fn in_order<T: Send>(
    count: usize,
    jobs: usize,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
    mut take: impl FnMut(usize, T) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let enough = AtomicBool::new(false);
    let (give, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(count) {
            let give = give.clone();
            let (next, enough, work) = (&next, &enough, &work);
            scope.spawn(move || {
                while !enough.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody listens any more once it is enough.
                    if index >= count || give.send((index, work(index))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(give);
        let mut early = BTreeMap::new();
        let mut wanted = 0;
        for (index, result) in results {
            early.insert(index, result);
            while let Some(result) = early.remove(&wanted) {
                let stop = match result {
                    Ok(result) => take(wanted, result).is_break().then_some(Ok(())),
                    Err(failure) => Some(Err(failure)),
                };
                wanted += 1;
                if let Some(end) = stop {
                    enough.store(true, Ordering::Relaxed);
                    return end;
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        for jobs in [1, 2, 7, 100] {
            let mut got = Vec::new();
            let work = |index: usize| {
                thread::sleep(std::time::Duration::from_micros((index as u64 * 7_919) % 300));
                Ok(index * index)
            };
            let take = |index, result| {
                got.push((index, result));
                if index == 40 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            assert!(in_order(50, jobs, work, take).is_ok());
            assert_eq!(got, (0..=40).map(|index| (index, index * index)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_failure_in_order_counts() {
        let work = |index: usize| {
            if index >= 3 { Err(Failure::Usage(index.to_string())) } else { Ok(()) }
        };
        let done = in_order(50, 4, work, |_, ()| ControlFlow::Continue(()));
        assert!(matches!(done, Err(Failure::Usage(reason)) if reason == "3"));
    }
}
