//! What page and worker say to each other.
//!
//! Every message is postcard bytes in a transferred buffer. Both sides come from the same wasm file, so the
//! format has no versions. A load begins a new *run*, numbered by the page; answers carry the number, and the
//! page drops what an older run still had to say.

use brownout_sim::param::Sentence;
use brownout_sim::{Ns, sentence};
use serde::{Deserialize, Serialize};

use super::action::{Stamped, WireAction};
use super::frame::Frame;
use super::wire::{Said, WireFrame};

/// Why bytes were not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    #[error("a message between the page and its simulator was damaged; please reload the page")]
    Malformed,
}

impl ProtocolError {
    pub fn sentence(self) -> Sentence {
        match self {
            Self::Malformed => sentence!(
                "a message between the page and its simulator was damaged; please reload the page",
                "페이지와 시뮬레이터 사이의 메시지가 손상되었습니다. 페이지를 새로 고치십시오"
            ),
        }
    }
}

/// A fault of the program itself, whose words are for those who mend it.
pub fn of_its_own(detail: impl std::fmt::Display) -> Sentence {
    sentence!("the simulator met a fault of its own: {0}", "시뮬레이터 자체에 오류가 있습니다: {0}", detail)
}

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Begin a run: the record as JSON, what was done since it was written, and how far to go at once.
    Load {
        run: u32,
        record: String,
        applied: Vec<Stamped>,
        until: Ns,
        play: bool,
        speed: f64,
    },
    Play,
    Pause,
    /// Executes the next single event.
    Step,
    Seek(Ns),
    /// Simulated time per wall time.
    Speed(f64),
    /// Intervene now. `seq` is the page's number for it.
    Command {
        seq: u64,
        action: WireAction,
    },
    /// How many messages a frame shows one by one, at most.
    Most(u32),
    /// The page has drawn this frame.
    Shown {
        frame: u64,
    },
    /// Asks for a sign of life.
    Ping,
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The run is built; its length.
    Loaded {
        duration: Ns,
    },
    Frame(Box<Frame>),
    /// Command `seq` happens at this time.
    Applied {
        seq: u64,
        at: Ns,
    },
    Refused {
        seq: u64,
        reason: Sentence,
    },
    /// The end of the run is reached.
    Finished,
    /// On the way to the time asked for; 0 to 1.
    Replaying {
        done: f32,
    },
    /// The simulator cannot go on. `events` is how many had been executed when it last said so.
    Broken {
        reason: Sentence,
        events: u64,
    },
    Pong,
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "lives only while it is encoded or decoded")]
enum Wire<'a> {
    Loaded {
        duration: Ns,
    },
    #[serde(borrow)]
    Frame(WireFrame<'a>),
    Applied {
        seq: u64,
        at: Ns,
    },
    Refused {
        seq: u64,
        reason: Said,
    },
    Finished,
    Replaying {
        done: f32,
    },
    Broken {
        reason: Said,
        events: u64,
    },
    Pong,
}

impl Request {
    pub fn encode(&self) -> Vec<u8> {
        // Encoding into memory fails only for types that postcard cannot write, and there are none here.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, ProtocolError> {
        postcard::from_bytes(bytes).map_err(|_| ProtocolError::Malformed)
    }
}

impl Answer {
    /// The bytes of this answer, as one of the run with this number.
    pub fn encode(&self, run: u32) -> Vec<u8> {
        let dots;
        let wire = match self {
            Self::Loaded { duration } => Wire::Loaded { duration: *duration },
            Self::Frame(frame) => {
                dots = WireFrame::pack_dots(&frame.picture.dots);
                Wire::Frame(WireFrame::pack(frame, &dots))
            }
            Self::Applied { seq, at } => Wire::Applied { seq: *seq, at: *at },
            Self::Refused { seq, reason } => Wire::Refused { seq: *seq, reason: Said::of(reason) },
            Self::Finished => Wire::Finished,
            Self::Replaying { done } => Wire::Replaying { done: *done },
            Self::Broken { reason, events } => Wire::Broken { reason: Said::of(reason), events: *events },
            Self::Pong => Wire::Pong,
        };
        postcard::to_stdvec(&(run, wire)).unwrap_or_default()
    }

    /// The number of the run and the answer.
    pub fn decode(bytes: &[u8]) -> Result<(u32, Self), ProtocolError> {
        let (run, wire): (u32, Wire<'_>) =
            postcard::from_bytes(bytes).map_err(|_| ProtocolError::Malformed)?;
        let answer = match wire {
            Wire::Loaded { duration } => Self::Loaded { duration },
            Wire::Frame(frame) => Self::Frame(Box::new(frame.unpack()?)),
            Wire::Applied { seq, at } => Self::Applied { seq, at },
            Wire::Refused { seq, reason } => Self::Refused { seq, reason: reason.sentence() },
            Wire::Finished => Self::Finished,
            Wire::Replaying { done } => Self::Replaying { done },
            Wire::Broken { reason, events } => Self::Broken { reason: reason.sentence(), events },
            Wire::Pong => Self::Pong,
        };
        Ok((run, answer))
    }
}
