//! A balancer's targets in the order in which they are chosen.

use super::NOBODY;

/// A target's place in the order: by load, then by who was chosen longest ago.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    key: u128,
    pub(super) target: u32,
}

impl Node {
    pub(super) fn new(load: f64, last: u64, target: u32) -> Self {
        // The bits of positive numbers have their order. Fewer than 2^20 targets, and choices below 2^44.
        Self { key: u128::from(load.to_bits()) << 64 | u128::from(last << 20 | u64::from(target)), target }
    }

    #[inline(always)]
    const fn is_before(&self, other: &Self) -> bool {
        self.key < other.key
    }

    pub(super) fn better(self, other: Self) -> Self {
        if other.is_before(&self) { other } else { self }
    }
}

/// Eligible targets in a 4-ary heap that knows where each of them stands: O(log n) for every call sent or
/// ended, however many targets there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    heap: Vec<Node>,
    /// By target: its place in the heap.
    places: Vec<u32>,
    /// Who was eligible when the order was made.
    pub(super) targets: Vec<u32>,
}

impl Order {
    /// Empties it, with room for so many targets, of whom these are eligible.
    pub(super) fn begin(&mut self, targets: usize, eligible: &[u32]) {
        self.heap.clear();
        self.places.clear();
        self.places.resize(targets, NOBODY);
        self.targets.clear();
        self.targets.extend_from_slice(eligible);
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        (self.places.capacity() + self.targets.capacity()) * size_of::<u32>()
            + self.heap.capacity() * size_of::<Node>()
    }

    /// Whoever is next.
    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        self.heap.first().map(|node| node.target)
    }

    pub(super) fn push(&mut self, node: Node) {
        self.heap.push(node);
        self.places[node.target as usize] = self.heap.len() as u32 - 1;
        self.rise(self.heap.len() - 1, node);
    }

    /// Puts a target to the place that it has now; one that is not in the heap stays out.
    #[inline]
    pub(super) fn change(&mut self, node: Node) {
        let Some(place) = self.places.get(node.target as usize).copied() else { return };
        if place == NOBODY {
            return;
        }
        let place = place as usize;
        if node.is_before(&self.heap[place]) { self.rise(place, node) } else { self.sink(place, node) }
    }

    fn put(&mut self, place: usize, node: Node) {
        self.heap[place] = node;
        self.places[node.target as usize] = place as u32;
    }

    fn rise(&mut self, mut place: usize, node: Node) {
        while place > 0 {
            let above = (place - 1) / 4;
            let other = self.heap[above];
            if !node.is_before(&other) {
                break;
            }
            self.put(place, other);
            place = above;
        }
        self.put(place, node);
    }

    fn sink(&mut self, mut place: usize, node: Node) {
        while let Some(below) = self.heap.get(4 * place + 1..) {
            let mut all = below.iter().take(4).enumerate();
            let Some((mut least, mut other)) = all.next() else { break };
            for (at, brother) in all {
                if brother.is_before(other) {
                    (least, other) = (at, brother);
                }
            }
            if !other.is_before(&node) {
                break;
            }
            let other = *other;
            self.put(place, other);
            place = 4 * place + 1 + least;
        }
        self.put(place, node);
    }
}
