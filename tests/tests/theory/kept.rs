//! Cases that were measured by an earlier call of the same program, so that the page can be made in pieces.
//!
//! `BROWNOUT_KEPT` names the folder, `BROWNOUT_MINUTES` after how many minutes no further case is begun.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::page::Done;

/// What is known already, and until when more is found out.
pub struct Kept {
    /// Of this very program; none where nothing is kept.
    folder: Option<PathBuf>,
    until: Option<Instant>,
}

impl Kept {
    pub fn open() -> Self {
        let minutes = std::env::var("BROWNOUT_MINUTES").ok().and_then(|text| text.parse::<f64>().ok());
        let folder = std::env::var_os("BROWNOUT_KEPT").map(|root| {
            let folder = PathBuf::from(root).join(this_program());
            std::fs::create_dir_all(&folder).unwrap();
            folder
        });
        Self {
            folder,
            until: minutes.map(|minutes| Instant::now() + Duration::from_secs_f64(60.0 * minutes)),
        }
    }

    /// A case by its number: as it was measured before, or measured now. `None` where there is no time left.
    pub fn get_or_do(&self, at: usize, job: impl Fn() -> Done) -> Option<Done> {
        let path = self.folder.as_ref().map(|folder| folder.join(format!("{at}.json")));
        if let Some(text) = path.as_ref().and_then(|path| std::fs::read_to_string(path).ok()) {
            return Some(serde_json::from_str(&text).unwrap());
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return None;
        }
        let begun = Instant::now();
        let done = job();
        let took = begun.elapsed().as_secs_f64();
        eprintln!("{} {}: {} ({took:.1} s)", done.0.id, done.0.model, done.0.title);
        if let Some(path) = path {
            std::fs::write(path, serde_json::to_string(&done).unwrap()).unwrap();
        }
        Some(done)
    }
}

/// A name that no other build of the program has (FNV-1a of its bytes).
fn this_program() -> String {
    let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold))
}
