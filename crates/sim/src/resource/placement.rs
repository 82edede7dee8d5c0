//! Which of several equal instances has a key.

use std::sync::Arc;

use super::GroupId;
use crate::choices;
use crate::engine::mix64;

choices! {
    /// How keys are spread over the nodes of a cache.
    pub enum Placing {
        /// Consistent hashing: another node takes its keys from all others, and they keep the rest.
        Ring = "ring", en "ring (consistent hashing)", ko "링(일관된 해싱)";
        /// The hash, modulo the number of nodes: with another node, almost every key moves.
        Modulo = "modulo", en "hash modulo nodes", ko "해시를 노드 수로 나눈 나머지";
    }
}

/// Which instance a call goes to, where nobody chose one.
#[derive(Clone, Debug, Default)]
pub(crate) enum Placement {
    /// The next one.
    #[default]
    InTurn,
    Modulo,
    /// D. Karger et al.: Consistent hashing and random trees, STOC 1997: every node stands at many places of
    /// a circle, and has the keys between each of them and the one before.
    Ring(Arc<Ring>),
    /// The instance that has the address of all of them.
    Held(u32),
    /// As the instances of a replicated database have roles.
    Group(GroupId),
}

/// Places on the circle, in order, with the node that stands there.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    points: Vec<(u64, u32)>,
    /// The circle cut into as many equal pieces as there are points, or up to twice as many: of each, the first point
    /// that does not stand before it.
    pieces: Vec<u32>,
    nodes: u32,
}

impl Ring {
    /// Places of each node; fewer where there are very many nodes.
    const POINTS: u32 = 128;
    const MOST: u32 = 1 << 17;

    fn new(id: u32, nodes: u32) -> Self {
        Self::with(id, nodes, Self::POINTS.min(Self::MOST / nodes.max(1)).max(1))
    }

    /// So many places for each node.
    fn with(id: u32, nodes: u32, each: u32) -> Self {
        let place = |node: u32, n: u32| mix64(mix64(u64::from(id) << 32 | u64::from(node)) ^ u64::from(n));
        let mut points: Vec<(u64, u32)> =
            (0..nodes).flat_map(|node| (0..each).map(move |n| (place(node, n), node))).collect();
        crate::order::sort(&mut points);
        Self::new_of(points, nodes)
    }

    fn new_of(points: Vec<(u64, u32)>, nodes: u32) -> Self {
        let count = points.len().next_power_of_two().max(2);
        let width = (u64::MAX / count as u64).wrapping_add(1);
        let mut first = 0;
        let piece = |piece: u64| {
            while points.get(first).is_some_and(|(place, _)| *place < piece * width) {
                first += 1;
            }
            first as u32
        };
        let pieces = (0..count as u64).map(piece).collect();
        Self { points, pieces, nodes }
    }

    /// The first point that does not stand before a place; as many as there are points where there is none.
    #[inline]
    fn first_from(&self, hash: u64) -> usize {
        let bits = self.pieces.len().trailing_zeros();
        let piece = self.pieces.get((hash >> (64 - bits.clamp(1, 63))) as usize);
        let mut at = piece.copied().unwrap_or(0) as usize;
        while self.points.get(at).is_some_and(|(place, _)| *place < hash) {
            at += 1;
        }
        at
    }

    /// So many places for a target of the largest weight, fewer for others. Targets have names, which stay theirs
    /// whoever comes or goes; those who stand at the same place do so in the order of their names.
    pub(crate) fn of_targets(salt: u64, targets: &[(u64, f64)], each: u32) -> Self {
        let heaviest = targets.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
        let each = each.min(Self::MOST / (targets.len() as u32).max(1)).max(1);
        let mut points: Vec<(u64, u64, u32)> = Vec::new();
        for ((name, weight), node) in targets.iter().zip(0..) {
            let count = libm::round(f64::from(each) * weight / heaviest).max(1.0) as u64;
            points.extend((0..count).map(|n| (mix64(mix64(salt ^ mix64(*name)) ^ n), *name, node)));
        }
        crate::order::sort(&mut points);
        let points = points.into_iter().map(|(place, _, node)| (place, node)).collect();
        Self::new_of(points, targets.len() as u32)
    }

    /// The nodes that stand behind a place, in order, some of them several times.
    pub(crate) fn behind(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let at = self.first_from(hash);
        self.points[at..].iter().chain(&self.points[..at]).map(|(_, node)| *node)
    }

    /// The share of the circle that each node has.
    pub(crate) fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.nodes as usize];
        let mut before = self.points.last().map_or(0, |(place, _)| *place);
        for (place, node) in &self.points {
            shares[*node as usize] += place.wrapping_sub(before) as f64 / (u64::MAX as f64);
            before = *place;
        }
        shares
    }

    /// The share of the circle that belongs to others in another ring, by the names of the nodes of both.
    pub(crate) fn moved(&self, other: &Self, is_same: impl Fn(u32, u32) -> bool) -> f64 {
        let mut cuts: Vec<u64> = self.points.iter().chain(&other.points).map(|(place, _)| *place).collect();
        crate::order::sort(&mut cuts);
        let mut before = cuts.last().copied().unwrap_or(0);
        let mut moved = 0.0;
        for cut in cuts {
            if cut != before && !is_same(self.of(cut), other.of(cut)) {
                moved += cut.wrapping_sub(before) as f64 / (u64::MAX as f64);
            }
            before = cut;
        }
        moved
    }

    /// Heap that it holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.points.capacity() * size_of::<(u64, u32)>() + self.pieces.capacity() * size_of::<u32>()
    }

    pub(crate) fn of(&self, hash: u64) -> u32 {
        let at = self.first_from(hash);
        self.points.get(at).or_else(|| self.points.first()).map_or(0, |(_, node)| *node)
    }
}

/// Where a key stands. Apart from the hashes of places: the square root of two.
pub(crate) const fn hash_of(key: u32) -> u64 {
    const KEYS: u64 = 0x6a09_e667_f3bc_c908;
    mix64(key as u64 ^ KEYS)
}

impl Placement {
    pub(crate) fn new(placing: Placing) -> Self {
        match placing {
            Placing::Ring => Self::Ring(Arc::default()),
            Placing::Modulo => Self::Modulo,
        }
    }

    pub(crate) const fn is_by_key(&self) -> bool {
        matches!(self, Self::Modulo | Self::Ring(_))
    }

    /// There are so many nodes now.
    pub(crate) fn place(&mut self, id: u32, nodes: u32) {
        if let Self::Ring(ring) = self
            && ring.nodes != nodes
        {
            *ring = Arc::new(Ring::new(id, nodes));
        }
    }

    /// The number of the node that has a key.
    pub(crate) fn of(&self, key: u32, nodes: u32) -> u32 {
        let hash = hash_of(key);
        match self {
            Self::Ring(ring) => ring.of(hash),
            Self::InTurn | Self::Held(_) | Self::Group(_) | Self::Modulo => {
                (hash % u64::from(nodes.max(1))) as u32
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of 20,000 keys that another place has after a node has come.
    fn moved(placing: Placing, nodes: u32) -> (f64, bool) {
        let placed = |nodes| {
            let mut placement = Placement::new(placing);
            placement.place(7, nodes);
            placement
        };
        let (before, after) = (placed(nodes), placed(nodes + 1));
        let moves = (0..20_000).filter(|key| before.of(*key, nodes) != after.of(*key, nodes + 1));
        let all_to_the_new = moves.clone().all(|key| after.of(key, nodes + 1) == nodes);
        (moves.count() as f64 / 20_000.0, all_to_the_new)
    }

    /// Of a ring, one in eleven, give or take the unevenness of 128 places (9 %); of the other, all but that.
    #[test]
    fn a_new_node_takes_what_is_its_own() {
        let (share, all_to_the_new) = moved(Placing::Ring, 10);
        assert!((share - 1.0 / 11.0).abs() < 0.03 && all_to_the_new, "{share}");
        let (share, _) = moved(Placing::Modulo, 10);
        assert!((share - 10.0 / 11.0).abs() < 0.01, "{share}");
    }

    /// P22 of the collection: ten nodes at a hundred places each, 400 rings. The share of a node is a Beta
    /// variable: its deviation is sqrt((n - 1) / (nV + 1)) of the mean, and the largest 1.159 of it.
    #[test]
    fn shares_are_as_uneven_as_random_places_make_them() {
        let (mut largest, mut squares, mut moved) = (0.0, 0.0, 0.0);
        for id in 0..400 {
            let (ring, grown) = (Ring::with(id, 10, 100), Ring::with(id, 11, 100));
            let shares = ring.shares();
            largest += shares.iter().copied().fold(0.0, f64::max) * 10.0 / 400.0;
            squares +=
                shares.iter().map(|share| (share * 10.0 - 1.0) * (share * 10.0 - 1.0) / 4_000.0).sum::<f64>();
            moved += grown.shares()[10] / 400.0;
        }
        let deviation = libm::sqrt(squares);
        assert!((largest - 1.159_426).abs() < 0.013, "{largest}");
        assert!((deviation - 0.094_821).abs() < 0.0048, "{deviation}");
        assert!((moved - 0.090_909).abs() < 0.0022, "{moved}");
    }

    #[test]
    fn nodes_have_about_as_much_each() {
        for placing in [Placing::Ring, Placing::Modulo] {
            let mut placement = Placement::new(placing);
            placement.place(3, 10);
            let mut counts = [0; 10];
            (0..100_000).for_each(|key| counts[placement.of(key, 10) as usize] += 1);
            assert!(counts.iter().all(|count| (6_500..13_500).contains(count)), "{counts:?}");
        }
    }
}
