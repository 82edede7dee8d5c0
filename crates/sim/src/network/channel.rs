//! How fast bytes get over a link: its bandwidth, shared by all that crosses it in turn, and the windows of TCP.
//!
//! Messages of one direction go one after another, as fast as the link is; who comes while it is busy waits. Where a
//! connection starts slowly, a body goes in rounds: a window, then a round trip until it is acknowledged, then a window
//! twice as large, up to the receiver's (RFC 5681, section 3.1; RFC 6928: ten segments at first). Rounds no longer wait
//! once a window takes as long on the link as its round trip. Losses do not shrink the window.

use crate::Ns;

/// Bytes of a segment, without headers.
const SEGMENT: f64 = 1_460.0;
/// The first window, in bytes.
pub(crate) const FIRST_WINDOW: f64 = 10.0 * SEGMENT;
/// A connection over which nothing was sent for so long begins anew (RFC 5681, section 4.1; the shortest timeout of
/// RFC 6298).
pub(crate) const RESTART: Ns = 1_000_000_000;

/// One direction of a link, or what one machine sends.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Channel {
    /// Nanoseconds that a byte takes; 0 sets no limit.
    pace: f64,
    free_at: Ns,
    bytes: u64,
}

impl Channel {
    /// So many million bits per second; 0 sets no limit. What is on the link stays there.
    pub(crate) fn set(&mut self, mbps: f64) {
        self.pace = if mbps > 0.0 { 8_000.0 / mbps } else { 0.0 };
    }

    pub(crate) const fn pace(&self) -> f64 {
        self.pace
    }

    /// Bytes since counting began.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) const fn count_anew(&mut self) {
        self.bytes = 0;
    }

    /// Counts what goes over it without waiting for anything.
    pub(crate) const fn count(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Takes in a message; how long it waits until the link is free.
    pub(crate) fn take(&mut self, now: Ns, bytes: u64) -> Ns {
        self.bytes += bytes;
        if self.pace == 0.0 {
            return 0;
        }
        let start = self.free_at.max(now);
        self.free_at = start.saturating_add((bytes as f64 * self.pace) as Ns);
        start - now
    }

    /// As busy as another was.
    pub(crate) const fn go_on_from(&mut self, before: &Self) {
        (self.free_at, self.bytes) = (before.free_at, before.bytes);
    }
}

/// How long a body takes beside the latency of its last byte, where it begins with this window: and the window that
/// its connection has then. A receiver takes no more than `most` in one round.
pub(crate) fn rounds(bytes: u64, mut window: f64, most: f64, round_trip: Ns, pace: f64) -> (Ns, f64) {
    let (mut left, mut time, round_trip) = (bytes as f64, 0.0, round_trip as f64);
    window = window.min(most);
    // No more of them than doublings: the window reaches the largest, or the link is always busy.
    while left > window && window * pace < round_trip && window < most {
        time += round_trip + SEGMENT * pace;
        left -= window;
        window = (2.0 * window).min(most);
    }
    if left > window && window * pace < round_trip {
        // Full windows, all alike.
        let full = libm::ceil(left / window) - 1.0;
        time += full * (round_trip + SEGMENT * pace);
        left -= full * window;
    }
    ((time + left * pace) as Ns, window)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Ns = 100_000_000;

    /// 100 kB are 14.6, 29.2 and 56.2 kB: two round trips more than one window.
    #[test]
    fn windows_double() {
        let extra = |bytes| rounds(bytes, FIRST_WINDOW, 1e9, RTT, 0.0).0;
        assert_eq!(extra(0), 0);
        assert_eq!(extra(14_600), 0);
        assert_eq!(extra(14_601), RTT);
        assert_eq!(extra(100_000), 2 * RTT);
        assert_eq!(extra(1_000_000), 6 * RTT);
        // A window that has grown is not left behind.
        let (_, grown) = rounds(100_000, FIRST_WINDOW, 1e9, RTT, 0.0);
        assert!((grown - 58_400.0).abs() < 1e-6);
        assert_eq!(rounds(58_400, grown, 1e9, RTT, 0.0).0, 0);
    }

    /// A receiver's window W over a round trip: 10 MB at 64 kB per 100 ms take 15.6 s.
    #[test]
    fn a_receiver_bounds_the_rate() {
        let (time, _) = rounds(10_000_000, 64_000.0, 64_000.0, RTT, 0.0);
        assert_eq!(time, 156 * RTT);
    }

    /// On a slow link the rounds never wait: 10 MB at 1 Mbit/s take 80 s, and no more than the first round trips.
    #[test]
    fn a_slow_link_is_always_busy() {
        let (time, _) = rounds(10_000_000, FIRST_WINDOW, 1e9, RTT, 8_000.0);
        assert_eq!(time, 80_000_000_000);
    }

    #[test]
    fn messages_wait_for_each_other() {
        let mut channel = Channel::default();
        assert_eq!(channel.take(5, 1_000), 0);
        // 8 Mbit/s: a microsecond a byte.
        channel.set(8.0);
        assert_eq!(channel.take(10, 1_000), 0);
        assert_eq!(channel.take(10, 1_000), 1_000_000);
        assert_eq!(channel.take(3_000_010, 1_000), 0);
        assert_eq!(channel.bytes(), 4_000);
    }
}
