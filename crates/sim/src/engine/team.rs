//! How the instances of a worker part agree on who does what: one of them assigns all jobs, or all agree on each.
//!
//! A message takes the instance that gets it some time, one message after another; the job waits for it. With a
//! master there is one message for each job, all at one desk, and none at all while there is no master. Among peers
//! every pair exchanges one: n (n - 1) / 2 for each job, at everybody's desk.

use std::collections::{BTreeMap, VecDeque};

use super::{Core, Frame, FrameId, InstanceId, Next, Ns, Pc, Phase, Sampler, Stream};
use crate::choices;
use crate::observe::{Class, Outcome};

choices! {
    /// How the instances of a part agree on who does a job.
    pub enum Coordination {
        /// Not at all: each has what it needs for the jobs that it gets.
        None = "none", en "none needed", ko "필요 없음";
        Master = "master", en "a master assigns jobs", ko "마스터가 작업 배정";
        Peers = "peers", en "all agree on each job (peer to peer)", ko "모두가 작업마다 합의(P2P)";
    }
}

/// A job may begin.
pub(crate) const GRANTED: Pc = 5;
/// A message about a job has been worked on.
pub(crate) const TOLD: Pc = 6;
/// Nobody has heard of the master for long enough: this one takes over.
pub(crate) const TAKE_OVER: Pc = 7;

pub(crate) type TeamId = u32;

/// The instances of one part, as far as they coordinate.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) part: u32,
    pub(crate) how: Coordination,
    pub(crate) time: Sampler,
    pub(crate) stream: Stream,
    pub(crate) takeover: Ns,
    pub(crate) master: Option<InstanceId>,
    /// Counts the masters there were; 0 is before the first.
    reigns: u64,
    /// Who waits to take over, with the generation of the frame.
    heir: Option<(FrameId, u32)>,
    /// Jobs that wait for a word, by their number, which the first one's is `first`; none where it is over.
    jobs: VecDeque<Option<Job>>,
    first: u32,
    /// By number of the instance.
    desks: Vec<Desk>,
    pub(crate) messages: u64,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    frame: FrameId,
    generation: u32,
    key: u64,
    /// Words that it still waits for, of this round.
    left: u32,
    round: u16,
}

/// Where an instance works on messages, one after another.
#[derive(Clone, Copy, Debug, Default)]
struct Desk {
    free_at: Ns,
    busy: u128,
}

impl Team {
    pub(crate) const fn new(part: u32, stream: Stream, time: Sampler) -> Self {
        Self {
            part,
            how: Coordination::None,
            time,
            stream,
            takeover: 0,
            master: None,
            reigns: 0,
            heir: None,
            jobs: VecDeque::new(),
            first: 0,
            desks: Vec::new(),
            messages: 0,
        }
    }

    /// The share of the time that the busiest instance spent on messages.
    pub(crate) fn busiest(&self, now: Ns) -> f64 {
        let most = self.desks.iter().map(|desk| desk.busy).max().unwrap_or(0);
        if now == 0 { 0.0 } else { most as f64 / now as f64 }
    }

    fn job(&mut self, number: u32) -> Option<&mut Job> {
        self.jobs.get_mut(number.wrapping_sub(self.first) as usize)?.as_mut()
    }

    /// A job waits no more.
    fn take(&mut self, number: u32) -> Option<Job> {
        let job = self.jobs.get_mut(number.wrapping_sub(self.first) as usize)?.take();
        while matches!(self.jobs.front(), Some(None)) {
            self.jobs.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        job
    }

    /// Heap that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.jobs.capacity() * size_of::<Option<Job>>() + self.desks.capacity() * size_of::<Desk>()
    }
}

impl Core {
    /// A job asks whether it may begin.
    pub(crate) fn coordinate(&mut self, frame: FrameId, id: TeamId) -> Next {
        let row = &self.frames[frame];
        let job = Job { frame, generation: row.generation, key: row.key, left: 0, round: 0 };
        let team = &mut self.teams[id as usize];
        let number = team.first.wrapping_add(team.jobs.len() as u32);
        team.jobs.push_back(Some(job));
        self.ask_about(id, number);
        Next::Await { then: GRANTED }
    }

    /// Sends the messages that a job needs. Where there is no master, it waits for one.
    fn ask_about(&mut self, id: TeamId, number: u32) {
        let Some(job) = self.teams[id as usize].job(number).copied() else { return };
        let team = &self.teams[id as usize];
        let time = team.time.draw(&mut team.stream.at(job.key));
        let (how, master, part) = (team.how, team.master, team.part as usize);
        let members = self.parts[part].instances.len();
        let count = match how {
            Coordination::None => 0,
            Coordination::Master if master.is_none() => return,
            Coordination::Master => 1,
            Coordination::Peers => {
                self.parts[part].instances.iter().filter(|peer| self.is_up(**peer)).count() as u64
            }
        };
        // Each pair has one message, and each of the two half of the work.
        let (messages, each) = match how {
            Coordination::Peers => {
                (count * count.saturating_sub(1) / 2, time.saturating_mul(count - count.min(1)) / 2)
            }
            _ => (count, time),
        };
        self.teams[id as usize].messages += messages;
        let mut left = 0;
        for member in 0..members {
            let listener = self.parts[part].instances[member];
            let hears = match how {
                Coordination::Peers => messages > 0 && self.is_up(listener),
                _ => messages > 0 && master == Some(listener),
            };
            left += u32::from(hears && self.tell_member(id, listener, number, job, each));
        }
        if left == 0 {
            self.grant(id, number);
        } else if let Some(job) = self.teams[id as usize].job(number) {
            job.left = left;
        }
    }

    /// A message about a job goes to a member; false where there is no room for it in the simulator.
    fn tell_member(&mut self, id: TeamId, to: InstanceId, note: u32, job: Job, time: Ns) -> bool {
        let (now, class) = (self.now, Class::Probe as u8);
        let (phase, key, cursor) = (Phase::Process, job.key, job.round);
        let word = Frame { instance: to, phase, note, key, cursor, class, ..Frame::EMPTY };
        if self.frames.is_full() {
            return false;
        }
        let Some(word) = self.spawn(word) else { return false };
        let at = self.instances[to.0 as usize].number as usize;
        let desks = &mut self.teams[id as usize].desks;
        if desks.len() <= at {
            desks.resize(at + 1, Desk::default());
        }
        desks[at].free_at = desks[at].free_at.max(now).saturating_add(time);
        desks[at].busy += u128::from(time);
        let wait = desks[at].free_at - now;
        let flow = self.sleep(word, wait, TOLD);
        self.go_later(flow);
        true
    }

    /// A message has been worked on: the job begins with the last of them.
    pub(crate) fn told(&mut self, frame: FrameId, id: TeamId) {
        let Frame { note: number, cursor: round, .. } = self.frames[frame];
        let Some(job) = self.teams[id as usize].job(number).filter(|job| job.round == round) else {
            return;
        };
        job.left = job.left.saturating_sub(1);
        if job.left == 0 {
            self.grant(id, number);
        }
    }

    fn grant(&mut self, id: TeamId, number: u32) {
        if let Some(job) = self.teams[id as usize].take(number)
            && self.frames[job.frame].generation == job.generation
        {
            self.ready.push_back(job.frame);
        }
    }

    /// The instances agree in another way from now on.
    pub(crate) fn coordinate_by(&mut self, id: TeamId, how: Coordination) {
        if self.teams[id as usize].how != how {
            self.teams[id as usize].how = how;
            self.find_heir(id);
            self.ask_again(id);
        }
    }

    /// All jobs that wait ask anew, those of the dead not at all.
    fn ask_again(&mut self, id: TeamId) {
        let frames = &self.frames;
        let team = &mut self.teams[id as usize];
        for place in &mut team.jobs {
            *place = place.filter(|job| frames[job.frame].generation == job.generation);
            if let Some(job) = place {
                job.round = job.round.wrapping_add(1);
                job.left = 0;
            }
        }
        let (first, count) = (team.first, team.jobs.len() as u32);
        for number in 0..count {
            self.ask_about(id, first.wrapping_add(number));
        }
    }

    /// A member came up. The first master needs no taking over.
    pub(crate) fn joined_team(&mut self, instance: InstanceId, id: TeamId) {
        let team = &mut self.teams[id as usize];
        if team.master.is_none() && team.reigns == 0 {
            team.master = Some(instance);
            team.reigns = 1;
        }
        self.find_heir(id);
    }

    /// A member died: its word is not waited for, and somebody takes its place.
    pub(crate) fn left_team(&mut self, instance: InstanceId, id: TeamId) {
        let number = self.instances[instance.0 as usize].number as usize;
        let team = &mut self.teams[id as usize];
        if let Some(desk) = team.desks.get_mut(number) {
            desk.free_at = 0;
        }
        if team.master == Some(instance) {
            team.master = None;
        }
        self.find_heir(id);
        if self.teams[id as usize].how == Coordination::Peers {
            self.ask_again(id);
        }
    }

    /// Where there is no master, the first of those who live waits to be it.
    fn find_heir(&mut self, id: TeamId) {
        let team = &self.teams[id as usize];
        let waits = team.heir.is_some_and(|(frame, generation)| self.frames[frame].generation == generation);
        if team.how != Coordination::Master || team.master.is_some() || waits {
            return;
        }
        let members = &self.parts[team.part as usize].instances;
        let Some(instance) = members.iter().copied().find(|member| self.is_up(*member)) else { return };
        let (takeover, class) = (team.takeover, Class::Probe as u8);
        let Some(heir) = self.spawn(Frame { instance, phase: Phase::Process, class, ..Frame::EMPTY }) else {
            return;
        };
        self.teams[id as usize].heir = Some((heir, self.frames[heir].generation));
        let flow = self.sleep(heir, takeover, TAKE_OVER);
        self.go_later(flow);
    }

    /// The time without a master is over.
    pub(crate) fn become_master(&mut self, frame: FrameId, id: TeamId) -> Next {
        let instance = self.frames[frame].instance;
        let team = &mut self.teams[id as usize];
        team.heir = None;
        team.master = Some(instance);
        team.reigns += 1;
        if team.how == Coordination::Master {
            self.ask_again(id);
        }
        Next::Reply(Outcome::Ok)
    }

    /// Jobs that wait for a word wait for one that comes, or for a master.
    pub(super) fn audit_teams(&self, mut bump: impl FnMut(FrameId)) -> Result<(), String> {
        for (at, team) in self.teams.iter().enumerate() {
            let mut words: BTreeMap<(u32, u16), u32> = BTreeMap::new();
            for (_, frame) in self.frames.live().filter(|(_, frame)| frame.phase == Phase::Process) {
                if self.part_of(frame.instance) == team.part && frame.pc == TOLD {
                    *words.entry((frame.note, frame.cursor)).or_default() += 1;
                }
            }
            for (number, job) in
                (team.first..).zip(&team.jobs).filter_map(|(number, job)| Some((number, job.as_ref()?)))
            {
                if self.frames[job.frame].generation != job.generation {
                    continue;
                }
                bump(job.frame);
                let words = words.get(&(number, job.round)).copied().unwrap_or(0);
                let has_asked = team.how != Coordination::Master || team.master.is_some();
                if has_asked && (words != job.left || words == 0) {
                    return Err(format!(
                        "team {at}: a job waits for {} words, but {words} are said",
                        job.left
                    ));
                }
            }
        }
        Ok(())
    }
}
