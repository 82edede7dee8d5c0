//! The engine room with a clock of paper.

use std::cell::Cell;

use brownout_scenario::edit::{Editor, Step};
use brownout_scenario::{Done, LogEntry, Record, arbitrary, starter};
use brownout_sim::Ns;
use brownout_sim::param::Seconds;
use brownout_sim::system::{Action, Target, Verb};

use super::action::{Stamped, WireAction};
use super::engine_room::{EngineRoom, Next};
use super::frame::{Frame, History};
use super::protocol::{Answer, Request};

const SECOND: Ns = 1_000_000_000;

/// A room, its clock, and a page that draws every frame at once.
struct Bench {
    room: EngineRoom,
    wall_ms: Cell<f64>,
    answers: Vec<Answer>,
    shows: bool,
    frames: Vec<Frame>,
    history: History,
}

impl Bench {
    fn new() -> Self {
        Self {
            room: EngineRoom::default(),
            wall_ms: Cell::new(1_000.0),
            answers: Vec::new(),
            shows: true,
            frames: Vec::new(),
            history: History::default(),
        }
    }

    fn loaded(record: &Record, play: bool) -> Self {
        let mut bench = Self::new();
        let load = Request::Load {
            run: 1,
            record: record.to_json(),
            applied: Vec::new(),
            until: 0,
            play,
            speed: 1.0,
        };
        bench.ask(load);
        bench
    }

    fn ask(&mut self, request: Request) {
        self.room.handle(request, self.wall_ms.get(), &mut self.answers);
    }

    /// Looking at the clock takes a twentieth of a millisecond.
    fn work(&mut self) -> Next {
        let wall_ms = &self.wall_ms;
        let clock = || {
            wall_ms.set(wall_ms.get() + 0.05);
            wall_ms.get()
        };
        let from = self.answers.len();
        let mut next = self.room.work(&clock, &mut self.answers);
        for answer in self.answers.split_off(from) {
            if let Answer::Frame(frame) = answer {
                self.history.take(&frame);
                if self.shows {
                    let shown = Request::Shown { frame: frame.seq };
                    self.room.handle(shown, self.wall_ms.get(), &mut self.answers);
                    // The page draws sixty times a second, and its message wakes the worker.
                    if next != Next::Now && next != Next::Wait {
                        next = Next::In(16.7);
                    }
                }
                self.frames.push(*frame);
            } else {
                self.answers.push(answer);
            }
        }
        next
    }

    /// Lets wall time pass as a browser would.
    fn pass(&mut self, ms: f64) {
        let end = self.wall_ms.get() + ms;
        while self.wall_ms.get() < end {
            match self.work() {
                Next::Now => {}
                Next::In(ms) => self.wall_ms.set((self.wall_ms.get() + ms).min(end)),
                Next::Wait => self.wall_ms.set(end),
            }
        }
        self.work();
    }

    /// Works until a seek is over and its frame is there.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            if self.work() == Next::Wait {
                return;
            }
            self.wall_ms.set(self.wall_ms.get() + 1.0);
        }
        panic!("the room does not come to rest");
    }

    fn seek(&mut self, at: Ns) -> Frame {
        self.ask(Request::Seek(at));
        self.settle();
        self.last().clone()
    }

    fn last(&self) -> &Frame {
        self.frames.last().expect("a frame has come")
    }

    fn command(&mut self, seq: u64, action: &Action) -> Ns {
        self.ask(Request::Command { seq, action: WireAction::from(action) });
        self.pass(20.0);
        let applied = self.answers.iter().find_map(|answer| match answer {
            Answer::Applied { seq: answered, at } if *answered == seq => Some(*at),
            _ => None,
        });
        applied.unwrap_or_else(|| panic!("command {seq} was not applied: {:?}", self.answers))
    }
}

fn record() -> Record {
    Record::new(starter())
}

/// A fault on some part that can be killed.
fn kill(record: &Record) -> (Verb, Target) {
    let system = record.start.system();
    let part =
        system.parts.iter().rev().find(|part| system.check_fault(Verb::Kill, Target::whole(part.id)).is_ok());
    (Verb::Kill, Target::whole(part.expect("the starter has a part that can die").id))
}

fn digest_of(record: &Record, at: Ns) -> String {
    let mut simulation = record.simulation().expect("the record runs");
    simulation.run_until(at);
    simulation.digest().to_string()
}

#[test]
fn a_playing_run_keeps_step_with_the_wall() {
    let mut bench = Bench::loaded(&record(), true);
    assert!(matches!(bench.answers[0], Answer::Loaded { .. }), "{:?}", bench.answers);
    bench.pass(2_000.0);
    let now = bench.last().now as f64 / 1e9;
    assert!((1.9..=2.1).contains(&now), "two seconds of wall time made {now} s");
    assert!(bench.last().playing, "it still plays");
    assert!((0.9..=1.1).contains(&bench.last().speed_reached), "speed {}", bench.last().speed_reached);
    assert!(bench.frames.len() > 100, "{} frames in two seconds", bench.frames.len());
    assert_eq!(bench.history.windows.len(), 1 + usize::from(bench.last().now >= 2 * SECOND));
}

#[test]
fn a_paused_run_stands_still_and_says_so_once() {
    let mut bench = Bench::loaded(&record(), false);
    bench.pass(500.0);
    assert_eq!(bench.frames.len(), 1, "one frame shows where it stands");
    assert_eq!(bench.last().now, 0);
    bench.ask(Request::Step);
    bench.pass(500.0);
    assert_eq!((bench.frames.len(), bench.last().events > 0), (2, true), "and one after each step");
    assert_eq!(bench.work(), Next::Wait);
}

#[test]
fn frames_stop_while_the_page_does_not_draw_but_the_run_goes_on() {
    let mut bench = Bench::loaded(&record(), true);
    bench.shows = false;
    bench.pass(1_000.0);
    assert_eq!(bench.frames.len(), 2, "two frames may be under way");
    let seq = bench.last().seq;
    bench.ask(Request::Shown { frame: seq });
    bench.pass(50.0);
    assert!(bench.last().now > 900_000_000, "the next one is from now, not from then");
}

#[test]
fn a_live_run_equals_the_replay_of_its_record() {
    let mut record = record();
    let mut bench = Bench::loaded(&record, true);
    bench.pass(700.0);
    let (verb, target) = kill(&record);
    let killed = bench.command(4, &Action::Do { verb, target });
    bench.pass(900.0);
    let restored = bench.command(5, &Action::Do { verb: Verb::Restore, target });
    bench.ask(Request::Pause);
    bench.pass(50.0);
    let end = bench.last().clone();
    assert!(end.now >= restored && restored > killed, "{killed}, {restored}, {}", end.now);
    for (seq, at, verb) in [(4, killed, verb), (5, restored, Verb::Restore)] {
        record.log.push(LogEntry { seq, at, done: Done::Fault { verb, target, factor: Verb::FACTOR } });
    }
    assert_eq!(end.digest, digest_of(&record, end.now), "live and replayed differ");
}

#[test]
fn seeking_gives_what_playing_gave() {
    let mut bench = Bench::loaded(&record(), false);
    let there = bench.seek(21 * SECOND);
    assert_eq!(there.digest, digest_of(&record(), 21 * SECOND));
    let back = bench.seek(8 * SECOND);
    assert_eq!((back.now, bench.history.windows.len()), (8 * SECOND, 8));
    assert_eq!(back.digest, digest_of(&record(), 8 * SECOND), "backwards");
    assert_eq!(bench.seek(21 * SECOND).digest, there.digest, "and forwards again");
    assert_eq!(bench.history.windows.len(), 21);
}

#[test]
fn what_was_done_is_done_again_after_a_seek_backwards() {
    let mut record = record();
    let mut bench = Bench::loaded(&record, false);
    bench.seek(12 * SECOND);
    let (verb, target) = kill(&record);
    let at = bench.command(1, &Action::Do { verb, target });
    assert_eq!(at, 12 * SECOND + 1);
    let later = bench.seek(20 * SECOND);
    let story = bench.history.clone();
    bench.seek(3 * SECOND);
    assert!(bench.history.happenings.len() < story.happenings.len(), "the log steps back");
    assert_eq!(bench.seek(20 * SECOND).digest, later.digest, "the same future");
    assert_eq!(bench.history, story);
    record.log.push(LogEntry { seq: 1, at, done: Done::Fault { verb, target, factor: Verb::FACTOR } });
    assert_eq!(later.digest, digest_of(&record, 20 * SECOND));
}

#[test]
fn a_command_before_an_earlier_one_changes_what_follows() {
    let record = record();
    let mut bench = Bench::loaded(&record, false);
    bench.seek(12 * SECOND);
    let (verb, target) = kill(&record);
    let second = bench.command(1, &Action::Do { verb: Verb::Restore, target });
    bench.seek(5 * SECOND);
    let first = bench.command(2, &Action::Do { verb, target });
    let end = bench.seek(15 * SECOND);
    let mut record = record;
    record.log.push(LogEntry { seq: 2, at: first, done: Done::Fault { verb, target, factor: Verb::FACTOR } });
    record.log.push(LogEntry {
        seq: 1,
        at: second,
        done: Done::Fault { verb: Verb::Restore, target, factor: Verb::FACTOR },
    });
    assert_eq!(end.digest, digest_of(&record, 15 * SECOND));
}

#[test]
fn a_fresh_worker_comes_to_where_the_last_one_was() {
    let record = record();
    let (verb, target) = kill(&record);
    let action = Action::Do { verb, target };
    let mut first = Bench::loaded(&record, false);
    first.seek(4 * SECOND);
    let at = first.command(1, &action);
    let before = first.seek(9 * SECOND);
    let mut second = Bench::new();
    second.ask(Request::Load {
        run: 2,
        record: record.to_json(),
        applied: vec![Stamped { at, action: WireAction::from(&action) }],
        until: 9 * SECOND,
        play: false,
        speed: 1.0,
    });
    second.settle();
    assert_eq!((second.last().now, &second.last().digest), (before.now, &before.digest));
    assert_eq!(second.history, first.history, "windows and log are all there");
    let told = second.answers.iter().any(|answer| matches!(answer, Answer::Replaying { .. }));
    assert!(told, "progress is told");
}

#[test]
fn a_command_on_the_way_waits_for_the_arrival() {
    let record = record();
    let (verb, target) = kill(&record);
    let mut bench = Bench::loaded(&record, false);
    bench.ask(Request::Seek(30 * SECOND));
    let at = bench.command(9, &Action::Do { verb, target });
    assert_eq!(at, 30 * SECOND + 1);
}

#[test]
fn what_the_system_does_not_know_is_refused() {
    let mut bench = Bench::loaded(&record(), true);
    let action = Action::Do { verb: Verb::Kill, target: Target::whole(4_000_000) };
    bench.ask(Request::Command { seq: 3, action: WireAction::from(&action) });
    assert!(
        bench.answers.iter().any(|answer| matches!(answer, Answer::Refused { seq: 3, .. })),
        "{:?}",
        bench.answers
    );
}

#[test]
fn a_run_ends_at_its_duration() {
    let mut record = record();
    record.start.settings.duration_s = Seconds(2.0);
    record.start.settings.warmup_s = brownout_scenario::WarmUp::After(0.0);
    let mut bench = Bench::loaded(&record, true);
    bench.ask(Request::Speed(50.0));
    bench.pass(500.0);
    assert_eq!((bench.last().now, bench.last().playing), (2 * SECOND, false));
    assert!(bench.answers.contains(&Answer::Finished), "{:?}", bench.answers);
}

#[test]
fn a_speed_that_cannot_be_held_is_told_and_changes_nothing() {
    let mut bench = Bench::loaded(&record(), true);
    bench.ask(Request::Speed(1e6));
    bench.pass(600.0);
    bench.ask(Request::Pause);
    bench.pass(50.0);
    let reached =
        bench.frames.iter().rev().find(|frame| frame.playing).map_or(0.0, |frame| frame.speed_reached);
    let end = bench.last();
    assert!(end.now == 300 * SECOND || reached < 1e6, "reached {reached}");
    assert_eq!(end.digest, digest_of(&record(), end.now));
}

#[test]
fn rubbish_for_a_record_is_refused_with_a_sentence() {
    let mut bench = Bench::new();
    bench.ask(Request::Load {
        run: 1,
        record: "{".into(),
        applied: Vec::new(),
        until: 0,
        play: true,
        speed: 1.0,
    });
    assert!(matches!(&bench.answers[..], [Answer::Broken { reason, .. }] if !reason.ko().is_empty()));
    assert_eq!(bench.work(), Next::Wait, "and nothing runs");
}

/// A hand that jumps about in time and plays, steps, edits, breaks and takes back in between.
struct Hand {
    bench: Bench,
    editor: Editor,
    end: Ns,
    random: u64,
}

impl Hand {
    fn below(&mut self, most: u64) -> u64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % most
    }

    fn move_about(&mut self) {
        match self.below(4) {
            0 => {
                let at = self.below(self.end);
                self.bench.seek(at);
            }
            1 => {
                let ms = self.below(300) as f64;
                self.bench.ask(Request::Play);
                self.bench.pass(ms);
                self.bench.ask(Request::Pause);
                self.bench.pass(1.0);
            }
            2 => {
                for _ in 0..self.below(9) {
                    self.bench.ask(Request::Step);
                }
            }
            _ => {}
        }
    }

    fn tell(&mut self, steps: Vec<Step>) {
        for Step { seq, action } in steps {
            let Some(action) = action else { continue };
            self.bench.ask(Request::Command { seq, action: WireAction::from(&action) });
            self.bench.settle();
            for answer in std::mem::take(&mut self.bench.answers) {
                match answer {
                    Answer::Applied { seq, at } => self.editor.stamp(seq, at),
                    Answer::Refused { seq, .. } => self.editor.refused(seq),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn whatever_is_done_whenever_the_record_replays_it() {
    for seed in 0..40 {
        let record = arbitrary::generate(seed);
        let mut editor = Editor::new(record.start.clone());
        editor.run_started();
        let bench = Bench::loaded(editor.record(), false);
        let mut hand = Hand { bench, editor, end: record.start.options().duration, random: seed };
        for entry in record.log {
            hand.move_about();
            let steps = match entry.done {
                _ if hand.below(8) == 0 => hand.editor.undo(),
                Done::Fault { verb, target, factor } => {
                    hand.editor.do_scaled_fault(verb, target, factor).into_iter().collect()
                }
                Done::Edit(edit) => hand.editor.do_edit(edit, None).into_iter().collect(),
            };
            hand.tell(steps);
        }
        let live = hand.bench.seek(hand.end).digest;
        let replay = digest_of(hand.editor.record(), hand.end);
        assert_eq!(live, replay, "record {seed}:\n{}", hand.editor.record().to_json());
    }
}

/// Run with `--release -- --ignored --nocapture` for the figures.
#[test]
#[ignore = "a measurement"]
fn time_of_a_seek() {
    let text = include_str!("../../../fixtures/parts60.json");
    let mut scenario = brownout_scenario::Scenario::from_json(text).expect("the fixture is valid");
    scenario.settings.duration_s = Seconds(600.0);
    let mut bench = Bench::loaded(&Record::new(scenario), false);
    let started = std::time::Instant::now();
    bench.seek(600 * SECOND);
    let events = bench.last().events;
    println!("600 s, {events} events, in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    let mut times: Vec<f64> = (0..100)
        .map(|index| {
            let started = std::time::Instant::now();
            bench.seek(index * 7_919 % 600 * SECOND);
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("seeks: median {:.0} ms, worst {:.0} ms", times[50], times[99]);
}
