//! A balancer's targets in the order in which they are chosen.

/// A target's place in the order: by load, then by who was chosen longest ago. The least is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u128);

impl Rank {
    /// Behind all others: never chosen.
    const OUT: Self = Self(u128::MAX);
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

/// Eligible targets as a tournament: each target has a leaf, and above each two stands the better one. A call
/// that is sent or ends costs one way up, as far as anything changes, however many targets there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// The winner of all stands at 1, below each place those at twice it, and the leaves in the second half.
    nodes: Vec<Rank>,
    /// Who was eligible when the order was made.
    pub(super) targets: Vec<u32>,
}

impl Order {
    /// Empties it, with room for so many targets, of whom these are eligible.
    pub(super) fn begin(&mut self, targets: usize, eligible: &[u32]) {
        self.nodes.clear();
        self.nodes.resize(2 * targets.next_power_of_two(), Rank::OUT);
        self.targets.clear();
        self.targets.extend_from_slice(eligible);
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.targets.capacity() * size_of::<u32>() + self.nodes.capacity() * size_of::<Rank>()
    }

    /// Whoever is next.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<u32> {
        self.nodes.get(1).filter(|first| **first != Rank::OUT).map(|first| first.target())
    }

    /// Takes a target in.
    pub(super) fn put(&mut self, rank: Rank) {
        let leaf = self.nodes.len() / 2 + rank.target() as usize;
        self.place(leaf, rank);
    }

    /// Puts a target to the place that it has now; one that was not taken in stays out.
    #[inline(always)]
    pub(super) fn change(&mut self, rank: Rank) {
        let leaf = self.nodes.len() / 2 + rank.target() as usize;
        if self.nodes.get(leaf).is_some_and(|known| *known != Rank::OUT) {
            self.place(leaf, rank);
        }
    }

    #[inline(never)]
    fn place(&mut self, leaf: usize, rank: Rank) {
        let nodes = &mut self.nodes[..];
        let (mut at, mut best) = (leaf, rank);
        while let Some(node) = nodes.get_mut(at) {
            // Nothing changes further up.
            if *node == best {
                return;
            }
            *node = best;
            if at <= 1 {
                return;
            }
            if let Some(rival) = nodes.get(at ^ 1) {
                best = best.min(*rival);
            }
            at /= 2;
        }
    }
}
