//! A link that all messages on it use at the same time, each as fast as the others.
//!
//! Egalitarian processor sharing of bytes, as flows of TCP approximate it on a bottleneck that they share (L. Massoulié,
//! J. W. Roberts: Bandwidth sharing and admission control for elastic traffic, Telecommunication Systems 15, 2000). A
//! clock counts the bytes that each message has got across, so that nobody's share is touched when one comes or goes; a
//! message is over when the clock has come to its mark, which the first of a heap tells (A. K. Parekh, R. G. Gallager:
//! A generalized processor sharing approach to flow control, IEEE/ACM Transactions on Networking 1, 1993). A link has
//! one alarm, for that one.

use crate::Ns;
use crate::choices;
use crate::engine::FrameId;

choices! {
    /// How messages share the bandwidth of a link.
    pub enum Sharing {
        InTurn = "in_turn", en "one after another", ko "차례로";
        Fair = "fair", en "all at the same time, in equal shares", ko "동시에 똑같이 나누어";
    }
}

/// Beyond this the clock is set back, so that it never lacks a thousandth of a byte.
const FAR: f64 = (1_u64 << 40) as f64;

/// A message whose bytes are getting across.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    /// What the clock shows when it is over.
    mark: f64,
    sequence: u64,
    pub(crate) frame: FrameId,
    /// How long it travels after that.
    pub(crate) way: Ns,
}

/// One direction of a link that is shared evenly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fair {
    /// Nanoseconds that a byte takes when it is alone.
    pace: f64,
    clock: f64,
    since: Ns,
    /// A heap: whichever is over next is the first.
    sending: Vec<Sending>,
    sequence: u64,
    /// What the calendar holds for this link, the latest first: an alarm is set only where it is earlier than all that
    /// are set already, so that every one that rings is the last here.
    alarms: Vec<Ns>,
}

impl Fair {
    pub(crate) fn new(mbps: f64) -> Self {
        Self { pace: 8_000.0 / mbps, ..Self::default() }
    }

    /// What is under way goes on, from now on as fast as the link is now.
    pub(crate) fn go_on_from(&mut self, mut before: Self, now: Ns) {
        before.advance(now);
        *self = Self { pace: self.pace, ..before };
    }

    /// Everything on it is lost; alarms that are set still ring.
    pub(crate) fn lose_all(&mut self) {
        self.sending.clear();
    }

    /// Makes room for twice as many messages.
    pub(crate) fn reserve(&mut self) {
        self.sending.reserve(self.sending.len() + 256);
        self.alarms.reserve(self.alarms.len() + 256);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.sending.capacity() * size_of::<Sending>() + self.alarms.capacity() * size_of::<Ns>()
    }

    /// What is getting across, in no order that means anything.
    pub(crate) fn all(&self) -> &[Sending] {
        &self.sending
    }

    /// What is getting across, whichever is over next first.
    pub(crate) fn in_order(&self) -> Vec<Sending> {
        let mut all = self.sending.clone();
        crate::order::sort_by(&mut all, |a, b| a.mark.total_cmp(&b.mark).then(a.sequence.cmp(&b.sequence)));
        all
    }

    /// When a message is over if all on the link stay for as long.
    pub(crate) fn outlook(&self, one: &Sending, now: Ns) -> Ns {
        let share = self.sending.len() as f64 * self.pace;
        let left = (one.mark - self.clock).max(0.0) * share;
        self.since.saturating_add(left as Ns).max(now)
    }

    /// Brings the clock up to date. Whoever is over in between has been taken out by then.
    pub(crate) fn advance(&mut self, now: Ns) {
        let span = now.saturating_sub(self.since);
        self.since = now;
        if self.sending.is_empty() {
            self.clock = 0.0;
            return;
        }
        self.clock += span as f64 / (self.sending.len() as f64 * self.pace);
        if self.clock > FAR {
            let shown = std::mem::take(&mut self.clock);
            self.sending.iter_mut().for_each(|one| one.mark -= shown);
        }
    }

    /// A message begins to get across.
    pub(crate) fn join(&mut self, now: Ns, bytes: u64, frame: FrameId, way: Ns) {
        self.advance(now);
        self.sequence += 1;
        let mark = self.clock + bytes as f64;
        self.sending.push(Sending { mark, sequence: self.sequence, frame, way });
        self.rise(self.sending.len() - 1);
    }

    /// When the next is over if nothing changes; none where that is beyond all time.
    pub(crate) fn due(&self) -> Option<Ns> {
        let first = self.sending.first()?;
        let left = (first.mark - self.clock).max(0.0) * self.sending.len() as f64 * self.pace;
        // `as` saturates, and what is a fraction of a nanosecond late is over.
        self.since.checked_add((left + 0.5) as Ns).filter(|due| *due < Ns::MAX / 2)
    }

    /// When an alarm has to be set; it is remembered.
    pub(crate) fn set_alarm(&mut self) -> Option<Ns> {
        let due = self.due().filter(|due| self.alarms.last().is_none_or(|set| due < set))?;
        self.alarms.push(due);
        Some(due)
    }

    pub(crate) fn alarms(&self) -> &[Ns] {
        &self.alarms
    }

    /// An alarm rings; not one of an earlier link in this place.
    pub(crate) fn rang(&mut self, now: Ns) {
        self.alarms.pop_if(|due| *due <= now);
    }

    /// Takes the message that is over at this moment, if there is one.
    pub(crate) fn take_done(&mut self) -> Option<Sending> {
        self.due().filter(|due| *due <= self.since)?;
        let first = self.sending.swap_remove(0);
        self.sink();
        Some(first)
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 && is_before(&self.sending[at], &self.sending[(at - 1) / 2]) {
            self.sending.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sink(&mut self) {
        let mut at = 0;
        loop {
            let mut least = at;
            for below in [2 * at + 1, 2 * at + 2] {
                if below < self.sending.len() && is_before(&self.sending[below], &self.sending[least]) {
                    least = below;
                }
            }
            if least == at {
                return;
            }
            self.sending.swap(least, at);
            at = least;
        }
    }
}

fn is_before(one: &Sending, other: &Sending) -> bool {
    (one.mark, one.sequence) < (other.mark, other.sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next alarm, and whoever is over then.
    fn next(link: &mut Fair) -> (Ns, Vec<u32>) {
        let at = link.alarms.pop().unwrap();
        link.advance(at);
        let done = std::iter::from_fn(|| link.take_done()).map(|one| one.frame.0).collect();
        link.set_alarm();
        (at, done)
    }

    /// At 8 Mbit/s a byte takes a microsecond. 1,000 bytes alone take a millisecond; with 500 that come in the middle,
    /// both have 500 left, and take another.
    #[test]
    fn two_halve_the_link() {
        let mut link = Fair::new(8.0);
        link.join(0, 1_000, FrameId(1), 7);
        assert_eq!(link.set_alarm(), Some(1_000_000));
        link.join(500_000, 500, FrameId(2), 9);
        assert_eq!(link.set_alarm(), None, "later, never earlier");
        assert_eq!(next(&mut link), (1_000_000, Vec::new()));
        assert_eq!(next(&mut link), (1_500_000, vec![1, 2]));
        assert!(link.alarms.is_empty() && link.all().is_empty());
        // Whoever is shorter is earlier: an alarm before the one that is set.
        link.join(2_000_000, 1_000, FrameId(3), 0);
        assert_eq!(link.set_alarm(), Some(3_000_000));
        link.join(2_000_000, 100, FrameId(4), 0);
        assert_eq!(link.set_alarm(), Some(2_200_000));
        assert_eq!(next(&mut link), (2_200_000, vec![4]));
        assert_eq!(next(&mut link), (3_000_000, Vec::new()));
        assert_eq!(next(&mut link), (3_100_000, vec![3]));
    }

    /// What was sent at the old pace was sent at the old pace, and what is left goes at once as fast as the new one:
    /// 500 of 1,000 bytes in half a millisecond, and the others at ten times the pace in 50 µs.
    #[test]
    fn a_new_pace_is_for_what_is_left() {
        for (mbps, due) in [(80.0, 550_000), (0.8, 5_500_000)] {
            let mut link = Fair::new(8.0);
            link.join(0, 1_000, FrameId(1), 0);
            link.set_alarm();
            let mut other = Fair::new(mbps);
            other.go_on_from(link, 500_000);
            other.set_alarm();
            let mut over = next(&mut other);
            if over.1.is_empty() {
                over = next(&mut other);
            }
            assert_eq!(over, (due, vec![1]));
        }
    }

    /// What takes longer than there is time is never over.
    #[test]
    fn ages_do_not_wrap() {
        let mut link = Fair::new(1e-9);
        link.join(5, u64::MAX, FrameId(1), 7);
        assert_eq!(link.set_alarm(), None);
        link.advance(Ns::MAX - 1);
        assert!(link.take_done().is_none());
    }
}
