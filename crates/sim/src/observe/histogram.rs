//! A histogram of times with a relative error of at most 0.8 % and exact counts.
//!
//! 64 buckets to the octave, straight from the integer; values below 64 ns are exact.

use crate::Ns;

const BITS: u32 = 6;
const PER_OCTAVE: usize = 1 << BITS;
/// As many as there can be.
const BUCKETS: usize = (64 - BITS as usize) * PER_OCTAVE + PER_OCTAVE;

/// Counts of times by size, with their exact sum and extremes.
#[derive(Clone, Debug, Default, PartialEq)]
#[repr(align(64))]
pub struct Histogram {
    /// Grows to the largest value seen; a steady run allocates nothing. Four bytes each, so that what a run
    /// touches stays in the cache.
    counts: Vec<u32>,
    /// How often each count ran over; none as long as none has. Behind a pointer, so that the rest is one
    /// cache line.
    carries: Option<Box<Carries>>,
    count: u64,
    sum: Sum,
    max: Ns,
}

/// A sum of times, in two words: the upper one changes once in centuries, and is left alone until then.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    low: u64,
    high: u64,
}

impl Sum {
    const fn of(sum: u128) -> Self {
        Self { low: sum as u64, high: (sum >> 64) as u64 }
    }

    const fn whole(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }

    #[inline(always)]
    fn add(&mut self, value: Ns) {
        let (low, is_over) = self.low.overflowing_add(value);
        self.low = low;
        if is_over {
            self.carry();
        }
    }

    #[cold]
    #[inline(never)]
    fn carry(&mut self) {
        self.high += 1;
    }
}

/// How often each count ran over.
#[derive(Clone, Debug, Default, PartialEq)]
struct Carries(Vec<u32>);

#[inline(always)]
fn bucket(value: Ns) -> usize {
    // Below 128 buckets are single values; each octave from there on halves the resolution.
    let shift = (value | (2 * PER_OCTAVE as u64 - 1)).ilog2() - BITS;
    ((shift as usize) << BITS) + (value >> shift) as usize
}

/// The least and the largest value of a bucket.
fn edges(bucket: usize) -> (Ns, Ns) {
    let octave = (bucket >> BITS) as u32;
    if octave == 0 {
        return (bucket as Ns, bucket as Ns);
    }
    let width = 1u64 << (octave - 1);
    let low = ((PER_OCTAVE + (bucket & (PER_OCTAVE - 1))) as u64) << (octave - 1);
    (low, low + (width - 1))
}

impl Histogram {
    #[inline(always)]
    pub fn record(&mut self, value: Ns) {
        let bucket = bucket(value);
        match self.counts.get_mut(bucket) {
            Some(count) => {
                *count = count.wrapping_add(1);
                if *count == 0 {
                    self.carry(bucket, 1);
                }
            }
            None => self.grow(bucket),
        }
        self.count += 1;
        self.sum.add(value);
        if value > self.max {
            self.max = value;
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, bucket: usize) {
        self.reach(bucket);
        self.counts[bucket] = 1;
    }

    /// Makes room for times up to this one.
    pub(crate) fn reserve(&mut self, longest: Ns) {
        let buckets = (bucket(longest) / PER_OCTAVE + 1) * PER_OCTAVE;
        self.counts.reserve(buckets.saturating_sub(self.counts.len()));
    }

    /// Makes room for a bucket.
    fn reach(&mut self, bucket: usize) {
        if bucket >= self.counts.len() {
            self.counts.resize((bucket / PER_OCTAVE + 1) * PER_OCTAVE, 0);
        }
    }

    /// A count of a bucket ran over.
    #[cold]
    #[inline(never)]
    fn carry(&mut self, bucket: usize, times: u32) {
        let Carries(carries) = &mut **self.carries.get_or_insert_default();
        carries.resize(self.counts.len(), 0);
        carries[bucket] += times;
    }

    /// Adds to the count of a bucket that there is room for.
    fn add(&mut self, bucket: usize, more: u64) {
        let sum = u64::from(self.counts[bucket]) + (more & u64::from(u32::MAX));
        self.counts[bucket] = sum as u32;
        let carried = (sum >> 32) + (more >> 32);
        if carried > 0 {
            self.carry(bucket, carried as u32);
        }
    }

    /// The count of a bucket.
    fn at(&self, bucket: usize) -> u64 {
        let carries = self.carries.as_ref().and_then(|carries| carries.0.get(bucket));
        let carried = carries.map_or(0, |carried| u64::from(*carried) << 32);
        self.counts.get(bucket).map_or(0, |count| carried + u64::from(*count))
    }

    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The exact mean.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum() as f64 / self.count as f64)
    }

    /// The largest value, exactly.
    pub fn max(&self) -> Option<Ns> {
        (self.count > 0).then_some(self.max)
    }

    /// The least value that at least a share `q` of all values do not exceed, to the middle of its bucket.
    pub fn quantile(&self, q: f64) -> Option<Ns> {
        self.quantiles([q])[0]
    }

    /// Several quantiles, for shares in rising order.
    pub fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [Option<Ns>; N] {
        let mut found = [None; N];
        if self.count == 0 {
            return found;
        }
        let ranks = shares.map(|q| ((q * self.count as f64).ceil() as u64).clamp(1, self.count));
        let (mut next, mut seen) = (0, 0);
        for octave in 0..self.counts.len() / PER_OCTAVE {
            let first = octave * PER_OCTAVE;
            let here = self.sum_of(first);
            // Most octaves hold nothing that is asked for.
            if next == N || seen + here < ranks[next] {
                seen += here;
                continue;
            }
            for bucket in first..first + PER_OCTAVE {
                seen += self.at(bucket);
                while next < N && seen >= ranks[next] {
                    let (low, high) = edges(bucket);
                    found[next] = Some((low + (high - low) / 2).min(self.max));
                    next += 1;
                }
            }
        }
        found
    }

    /// The counts of the octave that begins with this bucket.
    fn sum_of(&self, first: usize) -> u64 {
        let sum = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum::<u64>();
        let carries = self.carries.as_ref().and_then(|carries| carries.0.get(first..first + PER_OCTAVE));
        let carried = carries.map_or(0, sum);
        (carried << 32) + sum(&self.counts[first..first + PER_OCTAVE])
    }

    /// Adds another's counts: exactly what one histogram of both would hold.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        if u32::try_from(self.count.saturating_add(other.count)).is_ok() {
            for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
                *mine += theirs;
            }
        } else {
            for (bucket, count) in other.filled() {
                self.add(bucket, count);
            }
        }
        self.count += other.count;
        self.sum = Sum::of(self.sum() + other.sum());
        self.max = self.max.max(other.max);
    }

    /// The exact sum of all values.
    pub const fn sum(&self) -> u128 {
        self.sum.whole()
    }

    /// The buckets that hold something, with their counts: with the sum and the largest value, all there is.
    pub fn filled(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        (0..self.counts.len()).map(|bucket| (bucket, self.at(bucket))).filter(|(_, count)| *count > 0)
    }

    /// The middle of a bucket, in nanoseconds.
    pub fn middle(bucket: usize) -> f64 {
        let (low, high) = edges(bucket);
        f64::midpoint(low as f64, high as f64)
    }

    /// Puts together what [`filled`](Self::filled), [`sum`](Self::sum) and [`max`](Self::max) told of one.
    /// `None` where they do not belong together.
    pub fn from_filled(filled: &[(usize, u64)], sum: u128, max: Option<Ns>) -> Option<Self> {
        let mut histogram = Self { sum: Sum::of(sum), max: max.unwrap_or(0), ..Self::default() };
        for (bucket, count) in filled.iter().copied() {
            if bucket >= BUCKETS || count == 0 {
                return None;
            }
            // So that no count can run over what there is room for.
            histogram.count = histogram.count.checked_add(count).filter(|all| *all < 1 << 62)?;
            histogram.reach(bucket);
            histogram.add(bucket, count);
        }
        let last = histogram.filled().last().map(|(bucket, _)| bucket);
        let fits = match (last, max) {
            (None, None) => sum == 0,
            (Some(last), Some(max)) => last == bucket(max) && histogram.bounds().contains(&sum),
            _ => false,
        };
        fits.then_some(histogram)
    }

    /// What the sum can be, given the counts.
    fn bounds(&self) -> std::ops::RangeInclusive<u128> {
        let sum = |edge: fn((Ns, Ns)) -> Ns| {
            self.filled().map(|(at, count)| u128::from(edge(edges(at))) * u128::from(count)).sum()
        };
        sum(|(low, _)| low)..=sum(|(_, high)| high)
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let carries =
            self.carries.as_ref().map_or(0, |all| size_of::<Carries>() + all.0.capacity() * size_of::<u32>());
        self.counts.capacity() * size_of::<u32>() + carries
    }

    /// Writes the counts down in as few bytes as they need, and takes them out. All else stays.
    pub(crate) fn pack(&mut self, out: &mut Vec<u8>) -> Vec<u32> {
        let counts = std::mem::take(&mut self.counts);
        write(out, (counts.len() / PER_OCTAVE) as u64);
        // How many buckets are empty before each that is not, and its count; an end is as many as there are.
        let mut empty = 0;
        for octave in counts.chunks(PER_OCTAVE) {
            if octave.iter().fold(0, |any, count| any | count) == 0 {
                empty += PER_OCTAVE as u64;
                continue;
            }
            for count in octave {
                if *count == 0 {
                    empty += 1;
                } else {
                    write(out, empty);
                    write(out, u64::from(*count));
                    empty = 0;
                }
            }
        }
        write(out, empty);
        write(out, 0);
        counts
    }

    /// Puts back what was written down, and moves on behind it.
    pub(crate) fn unpack(&mut self, packed: &mut &[u8]) {
        self.counts = vec![0; read(packed) as usize * PER_OCTAVE];
        let mut bucket = 0;
        loop {
            bucket += read(packed) as usize;
            let count = read(packed);
            match self.counts.get_mut(bucket) {
                Some(place) if count > 0 => *place = count as u32,
                _ => return,
            }
            bucket += 1;
        }
    }

    /// Puts back the counts that [`pack`](Self::pack) took out.
    pub(crate) fn put_back(&mut self, counts: Vec<u32>) {
        self.counts = counts;
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        // Times of one kind lie close together: most octaves are empty already.
        let top = if self.count == 0 { 0 } else { bucket(self.max) + 1 };
        let mut left = self.count;
        for octave in (0..top.div_ceil(PER_OCTAVE)).rev() {
            if left == 0 {
                break;
            }
            let first = octave * PER_OCTAVE;
            left -= self.sum_of(first);
            self.counts[first..first + PER_OCTAVE].fill(0);
        }
        self.carries = None;
        self.count = 0;
        self.sum = Sum::default();
        self.max = 0;
    }
}

/// Writes a number in groups of seven bits, the lowest first (LEB128).
fn write(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads what [`write`] has written.
fn read(from: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((byte, rest)) = from.split_first() {
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 || shift > 63 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_loses_nothing() {
        let mut all = vec![Histogram::default(); 3];
        for value in 0..3_000_u64 {
            all[1].record(value * value * value);
            all[2].record(u64::MAX - value);
        }
        let (before, mut bytes) = (all.clone(), Vec::new());
        let counts: Vec<_> = all.iter_mut().map(|one| one.pack(&mut bytes)).collect();
        let mut copies = all.clone();
        all.iter_mut().zip(counts).for_each(|(one, counts)| one.put_back(counts));
        assert_eq!(all, before);
        let mut rest = &bytes[..];
        for copy in &mut copies {
            copy.unpack(&mut rest);
        }
        assert_eq!((copies, rest.len()), (before, 0));
        assert!(bytes.len() < 5_000, "{} bytes", bytes.len());
    }

    #[test]
    fn every_value_lies_in_its_bucket_and_buckets_are_narrow() {
        let mut value: Ns = 1;
        while value < u64::MAX / 3 {
            for near in [value - 1, value, value + 1, value * 3 / 2] {
                let (low, high) = edges(bucket(near));
                assert!(low <= near && near <= high, "{near}: {low}..{high}");
                assert!((high - low) as f64 <= near as f64 / 64.0, "{near}: {low}..{high}");
            }
            value *= 2;
        }
        assert_eq!(edges(bucket(u64::MAX)).1, u64::MAX);
    }

    #[test]
    fn quantiles_are_within_their_error() {
        let mut histogram = Histogram::default();
        for value in 1..=100_000u64 {
            histogram.record(value * 1_000);
        }
        for q in [0.5, 0.9, 0.99, 0.999] {
            let got = histogram.quantile(q).unwrap_or(0) as f64;
            let wanted = q * 1e8;
            assert!((got - wanted).abs() / wanted < 0.008, "{q}: {got}");
        }
        assert_eq!(histogram.max(), Some(100_000_000));
    }

    #[test]
    fn merging_is_exact() {
        let (mut both, mut left, mut right) = Default::default();
        let record = |histogram: &mut Histogram, value| histogram.record(value);
        for value in 0..5_000u64 {
            record(&mut both, value * value);
            record(if value % 3 == 0 { &mut left } else { &mut right }, value * value);
        }
        left.merge(&right);
        assert_eq!(left, both);
        let filled: Vec<_> = both.filled().collect();
        assert_eq!(Histogram::from_filled(&filled, both.sum(), both.max()), Some(both.clone()));
        assert_eq!(Histogram::from_filled(&filled, both.sum() * 2, both.max()), None);
        assert_eq!(Histogram::from_filled(&filled, both.sum(), Some(1)), None);
        assert_eq!(Histogram::from_filled(&[(usize::MAX, 1)], 0, Some(0)), None);
        assert_eq!(Histogram::from_filled(&[], 0, None), Some(Histogram::default()));
        assert!(bucket(Ns::MAX) < BUCKETS);
    }

    #[test]
    fn one_is_a_cache_line_and_its_counts() {
        assert_eq!(std::mem::size_of::<Histogram>(), 64);
    }

    #[test]
    fn counts_run_over_without_a_loss() {
        let mut many = Histogram::from_filled(&[(5, u64::from(u32::MAX))], 5 * u128::from(u32::MAX), Some(5))
            .unwrap_or_default();
        let double = many.clone();
        many.record(5);
        many.record(7);
        assert_eq!(many.filled().collect::<Vec<_>>(), [(5, 1 << 32), (7, 1)]);
        many.merge(&double);
        assert_eq!(many.filled().next(), Some((5, (1 << 33) - 1)));
        assert_eq!(many.quantiles([0.5, 1.0]), [Some(5), Some(7)]);
        let filled: Vec<_> = many.filled().collect();
        assert_eq!(Histogram::from_filled(&filled, many.sum(), many.max()), Some(many.clone()));
        many.clear();
        assert_eq!((many.filled().count(), many.count()), (0, 0));
    }
}
