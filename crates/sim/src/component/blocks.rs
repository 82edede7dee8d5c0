//! How many blocks of a table a query touches: all of them, a way down a tree, or a bucket.

use super::db::Params;
use crate::choices;
use crate::engine::Ns;
use crate::observe::Class;

choices! {
    /// How rows are found.
    pub enum Access {
        /// Blocks are not counted; a query takes the time that is set.
        Times = "times", en "as the times say", ko "설정한 시간대로";
        Scan = "scan", en "no index: full scan", ko "인덱스 없음: 풀 스캔";
        Tree = "btree", en "B-tree", ko "B트리";
        Hash = "hash", en "hash table", ko "해시 테이블";
    }
}

/// A table and its index, by the number of their blocks.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    access: Access,
    /// Of the whole table.
    table: u64,
    /// From the root of the tree to its leaves.
    levels: u64,
    /// What a range needs, once its beginning is found: leaves beyond the first, and blocks of rows, which lie in the
    /// order of the key.
    range: u64,
    range_rows: u64,
    per_block: u64,
    fanout: u64,
    /// Indexes that a write keeps up, the one by which rows are found included.
    indexes: u64,
    time: Ns,
    pub(crate) range_share: f64,
    pub(crate) read: u64,
    pub(crate) written: u64,
}

impl Blocks {
    /// None where blocks are not counted.
    pub(crate) fn new(params: &Params) -> Option<Box<Self>> {
        if params.access == Access::Times {
            return None;
        }
        let [rows, per_block, fanout, range] =
            [params.table_rows, params.rows_per_block, params.fanout, params.range_rows]
                .map(|count| u64::from(count.0));
        let is_found_by_index = params.access != Access::Scan;
        Some(Box::new(Self {
            access: params.access,
            table: rows.div_ceil(per_block),
            levels: levels(rows, fanout),
            range: (range.div_ceil(fanout) - 1) + range.div_ceil(per_block),
            indexes: u64::from(is_found_by_index) + u64::from(params.indexes.0),
            range_rows: range,
            per_block,
            fanout,
            time: params.block_ms.ns(),
            range_share: params.range_share.0,
            read: 0,
            written: 0,
        }))
    }

    /// Blocks that reading one row by its key, or a range of rows, needs.
    const fn to_read(&self, is_range: bool) -> u64 {
        match (self.access, is_range) {
            (Access::Times, _) => 0,
            // A hash table knows no order: of a range it knows nothing.
            (Access::Scan, _) | (Access::Hash, true) => self.table,
            (Access::Tree, false) => self.levels + 1,
            (Access::Tree, true) => self.levels + self.range,
            // The bucket has the row.
            (Access::Hash, false) => 1,
        }
    }

    /// Blocks by which a query finds what it reads or changes.
    pub(super) const fn to_find(&self, is_write: bool, is_range: bool) -> u64 {
        match (self.access, is_write) {
            (_, false) => self.to_read(is_range),
            (Access::Tree, true) => self.levels + 1,
            // A write knows where its row is.
            (_, true) => 1,
        }
    }

    /// Names each of these blocks, where they are few: its level, from the rows themselves (0) up to the root, and
    /// its number there. Rows lie in the order of the key.
    pub(super) fn find(&self, row: u64, is_write: bool, is_range: bool, name: &mut impl FnMut(u64, u64)) {
        let last = if is_range && !is_write { row.saturating_add(self.range_rows - 1) } else { row };
        if self.access == Access::Tree {
            let mut node = row;
            for level in 1..=self.levels {
                node /= self.fanout;
                name(level, node);
            }
            for leaf in row / self.fanout + 1..=last / self.fanout {
                name(1, leaf);
            }
        }
        let is_whole = self.to_read(is_range) == self.table && self.access != Access::Tree;
        if is_whole && !is_write {
            for block in 0..self.table {
                name(0, block);
            }
            return;
        }
        for block in row / self.per_block..=last / self.per_block {
            name(0, block);
        }
    }

    /// Indexes beside the one by which rows are found.
    pub(super) fn further(&self) -> u64 {
        self.indexes - u64::from(self.access != Access::Scan)
    }

    /// Leaves of an index over so many rows.
    pub(super) fn leaves(&self, rows: u64) -> u64 {
        rows.div_ceil(self.fanout).max(1)
    }

    /// The time that a query needs for its blocks, where they are in memory.
    pub(super) fn time_of(&self, class: Class, is_range: bool) -> Ns {
        let blocks = if class == Class::Write { 1 + self.indexes } else { self.to_read(is_range) };
        self.time.saturating_mul(blocks)
    }

    /// Reads one row by its key, or a range of rows; the time that it takes.
    pub(crate) fn read(&mut self, is_range: bool) -> Ns {
        let blocks = self.to_read(is_range);
        self.read += blocks;
        self.time.saturating_mul(blocks)
    }

    /// Writes a row, and what stands of it in each index; the time that it takes.
    pub(crate) fn write(&mut self) -> Ns {
        let blocks = 1 + self.indexes;
        self.written += blocks;
        self.time.saturating_mul(blocks)
    }
}

/// Levels of a tree whose nodes each have so many entries (R. Bayer, E. McCreight, 1972).
fn levels(rows: u64, fanout: u64) -> u64 {
    let (mut levels, mut holds) = (1, fanout);
    while holds < rows {
        holds = holds.saturating_mul(fanout);
        levels += 1;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn a_hundred_times_as_many_rows_are_one_level_more() {
        let all = [(1, 1), (200, 1), (201, 2), (1_000_000, 3), (100_000_000, 4)];
        for (rows, expected) in all {
            assert_eq!(levels(rows, 200), expected, "{rows}");
        }
    }
}
