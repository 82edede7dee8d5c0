//! What the page is shown of a run at one moment.

use brownout_sim::Ns;
use brownout_sim::observe::{Happening, Picture, Requests, Window};
use brownout_sim::param::Sentence;

/// The most messages under way that one frame carries; a picture with more is sampled and says so.
pub const MAX_DOTS: u32 = 60_000;
/// So many at first: more than the eye can follow.
pub const FIRST_DOTS: u32 = 5_000;

/// One frame: the picture at `now`, and what is new since the frame before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    pub seq: u64,
    pub now: Ns,
    /// Events executed so far.
    pub events: u64,
    /// Simulated time per wall time that was really reached; 0 while paused.
    pub speed_reached: f64,
    pub playing: bool,
    /// 32 hexadecimal digits.
    pub digest: String,
    pub picture: Picture,
    /// The position of `new_windows[0]` among all windows. It steps back after a seek backwards: what the page
    /// holds from there on is void.
    pub windows_from: usize,
    pub new_windows: Vec<Window>,
    /// The same for `new_happenings`.
    pub happenings_from: usize,
    pub new_happenings: Vec<Happening>,
    /// What became of all requests. Recounted a few times a second while playing, exact while paused.
    pub requests: Requests,
    /// Why the run stopped early, if it did.
    pub halted: Option<Sentence>,
}

/// Windows and happenings of a run up to its last frame, put together on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub windows: Vec<Window>,
    pub happenings: Vec<Happening>,
}

impl History {
    /// Adds what is new and drops what a seek backwards made void. Says whether anything changed.
    pub fn take(&mut self, frame: &Frame) -> bool {
        let shrinks =
            frame.windows_from < self.windows.len() || frame.happenings_from < self.happenings.len();
        self.windows.truncate(frame.windows_from);
        self.windows.extend_from_slice(&frame.new_windows);
        self.happenings.truncate(frame.happenings_from);
        self.happenings.extend_from_slice(&frame.new_happenings);
        shrinks || !frame.new_windows.is_empty() || !frame.new_happenings.is_empty()
    }
}
