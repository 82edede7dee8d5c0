//! Notices changed sources by their modification times: some hundred files, looked at a few times a second.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::workspace;

const PERIOD: Duration = Duration::from_millis(300);
const WATCHED: [&str; 9] = [
    "crates/sim",
    "crates/scenario",
    "crates/course",
    "crates/tutor",
    "crates/study",
    "web",
    "index.html",
    "Cargo.toml",
    "Cargo.lock",
];

/// The newest modification and the number of files, so that deletions are seen too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    newest: SystemTime,
    files: usize,
}

pub fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot { newest: SystemTime::UNIX_EPOCH, files: 0 };
    for path in WATCHED {
        visit(&workspace::root().join(path), &mut snapshot);
    }
    snapshot
}

/// Waits until the sources differ from `last` and have been still for one period; an editor saves in bursts.
pub fn wait_for_change(last: Snapshot) -> Snapshot {
    let mut previous = last;
    loop {
        thread::sleep(PERIOD);
        let now = snapshot();
        if now != last && now == previous {
            return now;
        }
        previous = now;
    }
}

fn visit(path: &Path, snapshot: &mut Snapshot) {
    let Ok(about) = fs::metadata(path) else { return };
    if about.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            visit(&entry.path(), snapshot);
        }
    } else {
        snapshot.files += 1;
        snapshot.newest = snapshot.newest.max(about.modified().unwrap_or(SystemTime::UNIX_EPOCH));
    }
}
