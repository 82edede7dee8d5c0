//! A moment of a run, as it is kept: without what can be had otherwise, and with histograms written down.
//!
//! Histograms are most of a simulation of some tens of parts, and most of their buckets are empty. Windows
//! and happenings are only ever appended to, so that of them a moment is no more than how many there are.

use super::core::Waiting;
use super::frame::PackedFrames;
use super::notes::{Notes, PackedNotes};
use super::policy::{Extra, NO_EXTRA};
use super::{Core, FrameId, Frames, Ns, Simulation};
use crate::observe::{Histogram, History, Lengths};

/// A simulation at rest. It holds everything but the windows and happenings before it.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    simulation: Simulation,
    counts: Box<[u8]>,
    calls: Calls,
    observed: Lengths,
    bytes: usize,
}

/// Frames, and what stands beside them: of free places there is nothing to keep.
#[derive(Clone, Debug)]
struct Calls {
    frames: PackedFrames,
    waiting: Beside<Waiting>,
    extras: PackedNotes<Extra>,
}

/// A list with an entry for each frame up to some place: those of the live ones.
#[derive(Clone, Debug)]
struct Beside<T> {
    live: Box<[T]>,
    length: usize,
}

impl<T: Copy> Beside<T> {
    fn new(all: &[T], frames: &PackedFrames) -> Self {
        let live = all.iter().enumerate().filter(|(at, _)| frames.is_taken(FrameId(*at as u32)));
        Self { live: live.map(|(_, entry)| *entry).collect(), length: all.len() }
    }

    fn unpack(&self, frames: &PackedFrames, none: T) -> Vec<T> {
        let mut live = self.live.iter();
        let entry = |at: usize| {
            if frames.is_taken(FrameId(at as u32)) { live.next().copied().unwrap_or(none) } else { none }
        };
        (0..self.length).map(entry).collect()
    }
}

impl Calls {
    fn bytes(&self) -> usize {
        self.frames.bytes() + size_of_val(&*self.waiting.live) + self.extras.bytes()
    }
}

impl Simulation {
    /// Keeps this moment. The simulation is the same afterwards; it is changed only meanwhile, so that
    /// nothing is copied that is not kept.
    pub(crate) fn pack(&mut self) -> Packed {
        let history = self.take_history();
        let (mut written, mut counts) = (Vec::new(), Vec::new());
        self.core.for_each_histogram(|histogram| counts.push(histogram.pack(&mut written)));
        let frames = std::mem::replace(&mut self.core.frames, Frames::new());
        let waiting = std::mem::take(&mut self.core.waiting);
        let extras = std::mem::replace(&mut self.core.extras, Notes::new(NO_EXTRA));
        // What can be found again need not be kept.
        let known_keys = std::mem::take(&mut self.core.known_keys);
        let simulation = self.clone();
        let packed = PackedFrames::new(&frames);
        let calls =
            Calls { waiting: Beside::new(&waiting, &packed), extras: extras.pack(&frames), frames: packed };
        (self.core.frames, self.core.waiting) = (frames, waiting);
        self.core.extras = extras;
        self.core.known_keys = known_keys;
        let mut counts = counts.into_iter();
        self.core.for_each_histogram(|histogram| histogram.put_back(counts.next().unwrap_or_default()));
        let observed = history.lengths();
        self.put_history(history);
        let bytes = simulation.bytes() + written.len() + calls.bytes() + size_of::<Packed>()
            - size_of::<Simulation>();
        Packed { simulation, counts: written.into_boxed_slice(), calls, observed, bytes }
    }

    /// A measure of the work that it takes to come here from the start: events, and windows that were closed.
    pub(crate) fn work(&self) -> u64 {
        // To close a fine window is about as much work as so many events.
        const WINDOW: u64 = 16;
        self.core.executed + WINDOW * self.core.series.closed()
    }
}

impl Packed {
    pub(crate) fn now(&self) -> Ns {
        self.simulation.now()
    }

    pub(crate) fn work(&self) -> u64 {
        self.simulation.work()
    }

    /// The memory that it holds, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The simulation at this moment. Its observations are `before`, which belongs to the same run, cut or
    /// filled up from `whole`.
    pub(crate) fn unpack(&self, mut before: History, whole: &History) -> Simulation {
        let mut simulation = self.simulation.clone();
        let mut counts = &self.counts[..];
        let (core, frames) = (&mut simulation.core, &self.calls.frames);
        core.for_each_histogram(|histogram| histogram.unpack(&mut counts));
        core.waiting = self.calls.waiting.unpack(frames, Waiting::default());
        core.extras = self.calls.extras.unpack(frames.places());
        core.frames = frames.unpack();
        before.resize(self.observed, whole);
        simulation.put_history(before);
        simulation
    }
}

impl Core {
    /// All histograms, always in the same order.
    fn for_each_histogram(&mut self, mut each: impl FnMut(&mut Histogram)) {
        for part in &mut self.parts {
            each(&mut part.stats.wait);
            each(&mut part.stats.service);
            each(&mut part.stats.residence);
            for workload in part.workloads.iter_mut().flat_map(|all| all.iter_mut()) {
                each(&mut workload.latency);
            }
        }
        for edge in &mut self.edges {
            each(&mut edge.ledger.latency);
        }
        each(&mut self.series.latency);
        each(&mut self.series.sum_latency);
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::super::{Options, SECOND, Simulation, tamper};

    /// What a moment says that it takes is what the allocator gave for it.
    #[test]
    fn bytes_are_counted_honestly() {
        let Ok(mut simulation) = Simulation::new(&tamper::system(), Options::default(), &[]) else {
            panic!("the system is valid")
        };
        simulation.run_until(30 * SECOND);
        let mut counted = [0; 2];
        let packing = allocation_counter::measure(|| {
            let packed = simulation.pack();
            counted[0] = packed.bytes() - size_of_val(&packed);
            std::mem::forget(black_box(packed));
        });
        let cloning = allocation_counter::measure(|| {
            let clone = simulation.clone();
            counted[1] = clone.bytes() - size_of::<Simulation>();
            std::mem::forget(black_box(clone));
        });
        for (counted, given) in counted.into_iter().zip([packing.bytes_current, cloning.bytes_current]) {
            assert!(counted.abs_diff(given as usize) * 50 < counted, "{counted} counted, {given} given");
        }
        assert!(counted[0] * 4 < counted[1], "{counted:?}");
    }
}
