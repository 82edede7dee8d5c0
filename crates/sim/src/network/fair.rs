//! A link that all messages on it use at the same time, each as fast as the others.
//!
//! Egalitarian processor sharing of bytes, as flows of TCP approximate it on a bottleneck that they share (L. Massoulié,
//! J. W. Roberts: Bandwidth sharing and admission control for elastic traffic, Telecommunication Systems 15, 2000). A
//! clock counts the bytes that each message has got across; a message is over when the clock has come to its mark.
//! When that will be is known if nobody else comes; whoever comes makes it later, never earlier, so that it is enough
//! to look again then.

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

/// A message whose bytes are getting across.
#[derive(Clone, Copy, Debug)]
struct Sending {
    /// What the clock shows when it is over.
    mark: f64,
    frame: FrameId,
    /// How long it travels after that.
    way: Ns,
}

/// What becomes of a message at the time that was expected for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crossed {
    /// Others have come since: look again then.
    At(Ns),
    /// Its last byte is on its way, and takes so long.
    Travels(Ns),
}

/// One direction of a link that is shared evenly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fair {
    /// Nanoseconds that a byte takes when it is alone.
    pace: f64,
    clock: f64,
    since: Ns,
    /// By their marks.
    sending: Vec<Sending>,
}

impl Fair {
    /// So many messages at most get across at the same time; the next is lost, as where a router has no more room.
    pub(crate) const MOST: usize = 4_096;

    pub(crate) fn new(mbps: f64) -> Self {
        Self { pace: 8_000.0 / mbps, ..Self::default() }
    }

    /// What is under way goes on, as fast as the link is now.
    pub(crate) fn go_on_from(&mut self, before: Self) {
        *self = Self { pace: self.pace, ..before };
    }

    pub(crate) fn is_full(&self) -> bool {
        self.sending.len() >= Self::MOST
    }

    pub(crate) fn lose_all(&mut self) {
        self.sending.clear();
    }

    pub(crate) fn bytes(&self) -> usize {
        self.sending.capacity() * size_of::<Sending>()
    }

    /// Nanoseconds from now until the one at this place is over, if nobody else comes.
    fn time_of(&self, place: usize) -> f64 {
        let (mut time, mut clock) = (0.0, self.clock);
        for (at, one) in self.sending[..=place].iter().enumerate() {
            if one.mark > clock {
                time += (one.mark - clock) * (self.sending.len() - at) as f64 * self.pace;
                clock = one.mark;
            }
        }
        time
    }

    /// Brings the clock up to date.
    fn advance(&mut self, now: Ns) {
        let mut left = now.saturating_sub(self.since) as f64;
        self.since = now;
        let mut at = self.sending.partition_point(|one| one.mark <= self.clock);
        while left > 0.0 && at < self.sending.len() {
            let share = (self.sending.len() - at) as f64 * self.pace;
            let need = (self.sending[at].mark - self.clock) * share;
            if need > left {
                self.clock += left / share;
                return;
            }
            left -= need;
            self.clock = self.sending[at].mark;
            at += 1;
        }
        if self.sending.is_empty() {
            self.clock = 0.0;
        }
    }

    /// A message begins to get across; when it is over, if nobody else comes.
    pub(crate) fn join(&mut self, now: Ns, bytes: u64, frame: FrameId, way: Ns) -> Ns {
        self.advance(now);
        let mark = self.clock + bytes as f64;
        let place = self.sending.partition_point(|one| one.mark <= mark);
        self.sending.insert(place, Sending { mark, frame, way });
        self.due(now, place)
    }

    /// When the one at this place is over, if nobody else comes; at the end of all time where that is beyond it.
    fn due(&self, now: Ns, place: usize) -> Ns {
        now.saturating_add((self.time_of(place) as Ns).saturating_add(1))
    }

    /// The time has come that was expected for a message; none where it is not getting across, but travels.
    pub(crate) fn look(&mut self, now: Ns, frame: FrameId) -> Option<Crossed> {
        let place = self.sending.iter().position(|one| one.frame == frame)?;
        self.advance(now);
        let one = self.sending[place];
        // Half a byte is none.
        if one.mark - self.clock > 0.5 && self.pace > 0.0 {
            let due = self.due(now, place);
            if due > now {
                return Some(Crossed::At(due));
            }
        }
        self.sending.remove(place);
        Some(Crossed::Travels(one.way))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 8 Mbit/s a byte takes a microsecond. 1,000 bytes alone take a millisecond; with 500 that come in the middle,
    /// both have 500 left, and take another.
    #[test]
    fn two_halve_the_link() {
        let mut link = Fair::new(8.0);
        let first = link.join(0, 1_000, FrameId(1), 7);
        assert_eq!(first, 1_000_001);
        let second = link.join(500_000, 500, FrameId(2), 9);
        assert_eq!(second, 1_500_001);
        let Some(Crossed::At(later)) = link.look(first, FrameId(1)) else { panic!("it cannot be over") };
        assert!((1_499_990..=1_500_010).contains(&later), "{later}");
        assert_eq!(link.look(second, FrameId(2)), Some(Crossed::Travels(9)));
        assert_eq!(link.look(later.max(second), FrameId(1)), Some(Crossed::Travels(7)));
        assert_eq!(link.look(later + 7, FrameId(1)), None);
    }

    /// What takes longer than there is time is never over.
    #[test]
    fn ages_do_not_wrap() {
        let mut link = Fair::new(1e-9);
        assert_eq!(link.join(5, u64::MAX, FrameId(1), 7), Ns::MAX);
        assert_eq!(link.look(Ns::MAX - 1, FrameId(1)), Some(Crossed::At(Ns::MAX)));
    }
}
