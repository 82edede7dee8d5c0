//! A balancer's targets in the order in which they are chosen.

/// A target's place in the order: by load, then by who was chosen longest ago. The least is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u128);

impl Rank {
    const TARGET_BITS: u32 = 20;

    pub(super) fn new(load: f64, last: u64, target: u32) -> Self {
        // The bits of positive numbers have their order. Fewer than 2^20 targets, and choices below 2^44.
        let low = last << Self::TARGET_BITS | u64::from(target);
        Self(u128::from(load.to_bits()) << 64 | u128::from(low))
    }

    pub(super) const fn target(self) -> u32 {
        self.0 as u32 & ((1 << Self::TARGET_BITS) - 1)
    }
}

/// How ranks of targets that all have the same weight are written in one word: open calls, the choice that a target
/// was last, the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct EvenRanks {
    target_bits: u32,
}

impl EvenRanks {
    /// There are never more calls than that, in bits.
    const OPEN_BITS: u32 = 22;

    /// For so many targets.
    pub(super) const fn new(targets: usize) -> Self {
        Self { target_bits: targets.next_power_of_two().ilog2() }
    }

    #[inline(always)]
    pub(super) const fn rank(self, open: u32, last: u64, target: u32) -> u64 {
        (open as u64) << (64 - Self::OPEN_BITS) | last << self.target_bits | target as u64
    }

    #[inline(always)]
    pub(super) const fn target(self, rank: u64) -> u32 {
        (rank & ((1 << self.target_bits) - 1)) as u32
    }

    /// Choices are counted up to here.
    #[inline(always)]
    pub(super) const fn end(self) -> u64 {
        1 << (64 - Self::OPEN_BITS - self.target_bits)
    }
}

/// What stands in a tournament; no two are equal.
pub(super) trait Key: Copy + Ord {
    /// Behind all others: never chosen.
    const OUT: Self;
}

impl Key for Rank {
    const OUT: Self = Self(u128::MAX);
}

impl Key for u64 {
    const OUT: Self = Self::MAX;
}

/// Eligible targets as a tournament: each target has a leaf, and above each two stands the better one. A call
/// that is sent or ends costs one way up, however many targets there are: always all the way, since how far
/// anything changes is what a processor would guess, and guess wrong.
#[derive(Clone, Debug)]
pub(super) struct Tournament<K> {
    /// The winner of all stands at 1, below each place those at twice it, and the leaves in the second half.
    nodes: Vec<K>,
}

impl<K> Default for Tournament<K> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

impl<K: Key> Tournament<K> {
    /// Empties it, with room for so many targets.
    pub(super) fn begin(&mut self, targets: usize) {
        self.nodes.clear();
        self.nodes.resize(2 * targets.next_power_of_two(), K::OUT);
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<K>()
    }

    /// Whoever is next.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<K> {
        self.nodes.get(1).copied().filter(|first| *first != K::OUT)
    }

    /// Takes a target in.
    pub(super) fn put(&mut self, target: u32, key: K) {
        let leaf = self.nodes.len() / 2 + target as usize;
        self.place(leaf, key);
    }

    /// Puts a target to the place that it has now; one that was not taken in stays out.
    #[inline(always)]
    pub(super) fn change(&mut self, target: u32, key: K) {
        let leaf = self.nodes.len() / 2 + target as usize;
        if self.nodes.get(leaf).is_some_and(|known| *known != K::OUT) {
            self.place(leaf, key);
        }
    }

    #[inline(always)]
    fn place(&mut self, leaf: usize, key: K) {
        let nodes = &mut self.nodes[..];
        let (mut at, mut best) = (leaf, key);
        while at > 0
            && let Some(node) = nodes.get_mut(at)
        {
            *node = best;
            if let Some(rival) = nodes.get(at ^ 1) {
                best = best.min(*rival);
            }
            at /= 2;
        }
    }
}
