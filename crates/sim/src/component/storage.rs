//! Where the blocks of a table are: some in memory, all on a disk that has a queue of its own.

use super::blocks::Blocks;
use super::db::Params;
use super::spec::Gauge;
use super::transact::CHECKPOINT;
use crate::choices;
use crate::engine::{Core, Cx, Next, Ns, Sampler, Stream, mix64};
use crate::observe::{Class, Outcome};
use crate::resource::{Evict, Look, Store, StoreShape};

choices! {
    /// Where blocks are.
    pub enum Media {
        /// Every block takes the same time.
        Memory = "memory", en "all in memory", ko "모두 메모리에";
        /// In memory as far as they find room there, and on disk.
        Disk = "disk", en "on disk, behind a buffer cache", ko "디스크(버퍼 캐시 사용)";
    }
}

/// What reads more blocks than this goes past the buffer cache, so that a scan does not empty it.
const MOST_KEPT: u64 = 1_024;
/// Blocks in a row that one access to the disk brings.
const READ_AHEAD: u64 = 64;
/// A long read stands in the queue of the disk no more often than this.
const MOST_VISITS: u64 = 64;
/// Where the blocks of further indexes are, among the levels of a tree.
const FURTHER: u64 = 64;

/// The buffer cache and the disk of each instance.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    part: u32,
    shape: StoreShape,
    rows: u64,
    disks: usize,
    time: Sampler,
    flush: Ns,
    machines: Vec<Machine>,
    counts: Counts,
    /// From one checkpoint to the next; 0 makes none. And how long a write of the log takes to replay.
    every: Ns,
    redo: f64,
    /// Counts how often checkpoints were switched on by an edit: processes of before are over.
    life: u32,
    begins: bool,
}

#[derive(Clone, Debug, Default)]
struct Machine {
    cache: Option<Store>,
    /// Until when each disk is busy with what it has been asked for.
    free_at: Vec<Ns>,
    /// Blocks that have changed since the last checkpoint began, which counts as the token of each; and those that this
    /// checkpoint has still to write.
    dirty: u64,
    checkpoint: u32,
    writing: u64,
    /// Writes in the log since the last complete checkpoint began, and those of them from before the present one.
    log: u64,
    log_before: u64,
    /// Until when the log is replayed.
    ready_at: Ns,
}

/// What a process that makes checkpoints is at.
const WAITS: u16 = 0;
const WRITES: u16 = 1;
const REPLAYS: u16 = 2;

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    hits: u64,
    misses: u64,
    accesses: u64,
    flushes: u64,
    written: u64,
    checkpoints: u64,
    recoveries: u64,
    /// Time that disks work on what they were asked for since measuring began, whether they have done so or not yet.
    busy: Ns,
    since: Ns,
}

impl Machine {
    /// What its disks still have to do at a time after the last that they were asked.
    fn left(&self, at: Ns) -> Ns {
        self.free_at.iter().map(|free| free.saturating_sub(at)).fold(0, Ns::saturating_add)
    }
}

impl Storage {
    /// None where all blocks are in memory.
    pub(super) fn new(params: &Params, part: u32, stream: Stream, life: u32) -> Option<Box<Self>> {
        if params.media == Media::Memory || Blocks::new(params).is_none() {
            return None;
        }
        Some(Box::new(Self {
            part,
            shape: StoreShape {
                evict: Evict::Lru,
                capacity: params.buffer_blocks.0,
                ttl: 0,
                slides: false,
                grace: 0,
                stream,
            },
            rows: u64::from(params.table_rows.0),
            disks: params.disks.0 as usize,
            time: Sampler::new(&params.disk_time),
            flush: params.flush_ms.ns(),
            machines: Vec::new(),
            counts: Counts::default(),
            every: params.checkpoint_s.ns(),
            redo: 1e9 / params.redo_rps.0,
            life,
            begins: params.checkpoint_s.0 > 0.0,
        }))
    }

    /// What was in memory stays there. What a disk had still to do that is taken away is not done.
    pub(super) fn inherit(&mut self, core: &Core, before: Self) {
        (self.machines, self.counts) = (before.machines, before.counts);
        self.begins = self.every > 0 && before.every == 0;
        self.life = before.life + u32::from(self.begins);
        (self.counts.busy, self.counts.since) = self.asked_of_disks(core);
        let before = self.left(core.now);
        for machine in &mut self.machines {
            if let Some(cache) = &mut machine.cache {
                cache.reshape(self.shape);
            }
            machine.free_at.resize(self.disks, 0);
        }
        self.counts.busy = self.counts.busy.saturating_sub(before - self.left(core.now));
        if self.begins {
            // Without checkpoints nobody kept the log.
            for machine in &mut self.machines {
                (machine.log, machine.log_before, machine.dirty, machine.writing) = (0, 0, 0, 0);
            }
        }
    }

    fn machine(&mut self, number: usize) -> &mut Machine {
        while self.machines.len() <= number {
            self.machines.push(Machine { free_at: vec![0; self.disks], ..Machine::default() });
        }
        &mut self.machines[number]
    }

    /// Looks for the blocks that a query about a row needs; how often it has to stand in the queue of the disk.
    pub(super) fn look(
        &mut self,
        blocks: &Blocks,
        at: (usize, Ns),
        key: u32,
        class: Class,
        is_range: bool,
    ) -> u32 {
        let rows = self.rows;
        let row = mix64(u64::from(key)) % rows;
        let is_write = class == Class::Write;
        let count = blocks.to_find(is_write, is_range);
        if count > MOST_KEPT {
            self.counts.misses += count;
            let accesses = count.div_ceil(READ_AHEAD);
            return accesses.div_ceil(accesses.div_ceil(MOST_VISITS)) as u32;
        }
        let mut missing = 0;
        let mut touch = |level: u64, number: u64| {
            missing += u32::from(self.misses(at, level, number));
            if is_write && (level == 0 || level >= FURTHER) {
                self.change(at.0, level, number);
            }
        };
        blocks.find(row, is_write, is_range, &mut touch);
        if is_write {
            for index in 0..blocks.further() {
                touch(FURTHER + index, mix64(row ^ index << 32) % blocks.leaves(rows));
            }
        }
        missing
    }

    /// How many accesses a query makes each time that it has stood in the queue of the disk.
    pub(super) fn accesses_at_once(blocks: &Blocks, class: Class, is_range: bool) -> u32 {
        let count = blocks.to_find(class == Class::Write, is_range);
        if count <= MOST_KEPT {
            return 1;
        }
        count.div_ceil(READ_AHEAD).div_ceil(MOST_VISITS) as u32
    }

    /// Looks for a block in memory, and gets it there; whether it was not.
    fn misses(&mut self, (number, now): (usize, Ns), level: u64, block: u64) -> bool {
        let shape = self.shape;
        let cache = self.machine(number).cache.get_or_insert_with(|| Store::new(shape));
        let name = name_of(level, block);
        let is_there = matches!(cache.look(name, now), Look::Fresh(_));
        if is_there {
            self.counts.hits += 1;
        } else {
            self.counts.misses += 1;
            if shape.capacity > 0 {
                self.machine(number).cache.get_or_insert_with(|| Store::new(shape)).put(name, 0, 0, now);
            }
        }
        !is_there
    }

    /// A block has changed: it has to be written back once.
    fn change(&mut self, number: usize, level: u64, block: u64) {
        if self.every == 0 {
            return;
        }
        let machine = self.machine(number);
        let mark = machine.checkpoint + 1;
        let entry = machine.cache.as_mut().and_then(|cache| cache.peek_mut(name_of(level, block)));
        let is_dirty = entry.is_some_and(|entry| std::mem::replace(&mut entry.token, mark) == mark);
        machine.dirty += u64::from(!is_dirty);
    }

    /// A process has to be started that makes checkpoints, with this number.
    pub(super) const fn begins(&self) -> bool {
        self.begins
    }

    pub(super) const fn life(&self) -> u32 {
        self.life
    }

    pub(super) const fn every(&self) -> Ns {
        self.every
    }

    /// Whether an instance replays its log.
    pub(super) fn recovers(&self, number: usize, now: Ns) -> bool {
        self.machines.get(number).is_some_and(|machine| now < machine.ready_at)
    }

    /// An instance comes up. What it finds in its log has to be replayed first.
    pub(super) fn started(&mut self, cx: &mut Cx<'_>) {
        if self.every == 0 {
            return;
        }
        let (redo, every, life) = (self.redo, self.every, self.life);
        let machine = self.machine(cx.number());
        let time = (machine.log as f64 * redo) as Ns;
        machine.ready_at = cx.core.now.saturating_add(time);
        let replays = time > 0;
        let process = cx.start_process(if replays { time } else { every }, CHECKPOINT, life);
        if let Some(process) = process.filter(|_| replays) {
            cx.core.frames[process].cursor = REPLAYS;
        }
    }

    /// Begins a checkpoint, or writes the next block of one, which is complete after the last.
    pub(super) fn checkpoint(&mut self, cx: &mut Cx<'_>) -> Next {
        let (row, now, number) = (*cx.frame(), cx.core.now, cx.number());
        if self.every == 0 || row.note != self.life {
            return Next::Reply(Outcome::Ok);
        }
        let every = self.every;
        let machine = self.machine(number);
        match row.cursor {
            REPLAYS => {
                // All that the log says is in place. Until the next checkpoint has written that back, a crash replays it
                // again.
                self.counts.recoveries += 1;
                cx.frame().cursor = WAITS;
                return Next::Sleep { time: every, then: CHECKPOINT };
            }
            WAITS => {
                machine.writing = std::mem::take(&mut machine.dirty);
                machine.checkpoint += 1;
                machine.log_before = machine.log;
                let row = cx.frame();
                (row.cursor, row.sent) = (WRITES, now);
            }
            _ => {}
        }
        if machine.writing > 0 {
            machine.writing -= 1;
            self.counts.written += 1;
            let position = mix64(self.counts.written ^ u64::from(CHECKPOINT) << 32);
            let time = self.time.draw(&mut self.shape.stream.of(position));
            let time = self.wait_for_disk(cx.core, number, time);
            return Next::Sleep { time, then: CHECKPOINT };
        }
        machine.log = machine.log.saturating_sub(std::mem::take(&mut machine.log_before));
        self.counts.checkpoints += 1;
        let row = cx.frame();
        row.cursor = WAITS;
        let next = row.sent.saturating_add(every).max(now + 1);
        Next::Sleep { time: next - now, then: CHECKPOINT }
    }

    /// Asks the disk for so many accesses in a row; how long until they are done.
    pub(super) fn access(&mut self, core: &Core, number: usize, key: u64, count: u32) -> Ns {
        let time = self.time.draw(&mut self.shape.stream.of(key)).saturating_mul(Ns::from(count));
        self.counts.accesses += u64::from(count);
        self.wait_for_disk(core, number, time)
    }

    /// Writes the log of a commit; how long until that is done.
    pub(super) fn flush(&mut self, core: &Core, number: usize) -> Ns {
        if self.every > 0 {
            self.machine(number).log += 1;
        }
        if self.flush == 0 {
            return 0;
        }
        self.counts.flushes += 1;
        self.wait_for_disk(core, number, self.flush)
    }

    /// Whichever disk is free first takes the next in the queue.
    fn wait_for_disk(&mut self, core: &Core, number: usize, time: Ns) -> Ns {
        let now = core.now;
        (self.counts.busy, self.counts.since) = self.asked_of_disks(core);
        self.counts.busy = self.counts.busy.saturating_add(time);
        let disks = &mut self.machine(number).free_at;
        let Some(first) = disks.iter_mut().min() else { return time };
        *first = (*first).max(now).saturating_add(time);
        *first - now
    }

    /// The time that disks work on what they were asked for since measuring began, and when that was. What was under way
    /// then counts from then on.
    fn asked_of_disks(&self, core: &Core) -> (Ns, Ns) {
        let since = core.measured_from.min(core.now);
        if self.counts.since == since {
            return (self.counts.busy, since);
        }
        (self.left(since), since)
    }

    fn left(&self, at: Ns) -> Ns {
        self.machines.iter().map(|machine| machine.left(at)).fold(0, Ns::saturating_add)
    }

    /// Its memory is empty, and nobody waits for its disk any more: what that had still to do is not done.
    pub(super) fn killed(&mut self, core: &Core, number: usize) {
        (self.counts.busy, self.counts.since) = self.asked_of_disks(core);
        if let Some(machine) = self.machines.get_mut(number) {
            self.counts.busy = self.counts.busy.saturating_sub(machine.left(core.now));
            machine.free_at.fill(0);
            // What was changed and not written back is changed again as the log is replayed.
            machine.dirty += std::mem::take(&mut machine.writing);
            machine.log_before = 0;
            if let Some(cache) = &mut machine.cache {
                cache.clear();
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let caches: usize = self.machines.iter().flat_map(|machine| &machine.cache).map(Store::bytes).sum();
        size_of::<Self>() + caches + self.machines.len() * (size_of::<Machine>() + self.disks * 8)
    }

    pub(super) fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let Counts { hits, misses, accesses, flushes, written, checkpoints, recoveries, .. } = self.counts;
        out.push(Gauge { name: "buffer_hits", value: hits as f64 });
        out.push(Gauge { name: "buffer_misses", value: misses as f64 });
        out.push(Gauge { name: "disk_reads", value: accesses as f64 });
        out.push(Gauge { name: "disk_flushes", value: flushes as f64 });
        out.push(Gauge { name: "blocks_flushed", value: written as f64 });
        out.push(Gauge { name: "checkpoints", value: checkpoints as f64 });
        out.push(Gauge { name: "recoveries", value: recoveries as f64 });
        // The share of the time that disks worked, of all instances that there are, busy or not.
        let (asked, since) = self.asked_of_disks(core);
        let instances = core.parts[self.part as usize].present as usize;
        let span = core.now.saturating_sub(since) as f64 * (instances * self.disks) as f64;
        if span > 0.0 {
            let worked = asked.saturating_sub(self.left(core.now)) as f64;
            out.push(Gauge { name: "disk_utilisation", value: (worked / span).min(1.0) });
        }
    }
}

/// Names a block of a level in memory.
fn name_of(level: u64, block: u64) -> u32 {
    (mix64(level << 48 ^ block) >> 32) as u32
}
