//! What the page needs without a network: its service worker is told every file, and a name for this very set of files.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::failure::Failure;
use crate::site::Site;

/// The service worker, beside the page so that it may answer for all of it.
pub const SCRIPT: &str = "offline.js";

/// Fills in the list of files and their name.
pub fn write(folder: &Path) -> Result<(), Failure> {
    let site = Site::load(folder)?;
    let mut hasher = DefaultHasher::new();
    let mut files = Vec::new();
    for (name, file) in site.files().filter(|(name, _)| is_needed(name)) {
        (name, &file.tag).hash(&mut hasher);
        files.push(format!("\"{name}\""));
    }
    let path = folder.join(SCRIPT);
    let script = fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let script = script
        .replace("\"VERSION\"", &format!("\"{:016x}\"", hasher.finish()))
        .replace("/* FILES */", &files.join(", "));
    fs::write(&path, script).map_err(Failure::file(&path))
}

/// Everything but the worker itself and what only other pages load.
fn is_needed(name: &str) -> bool {
    name != SCRIPT && !name.starts_with("embed/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_the_places_that_are_filled_in() {
        let script = include_str!("../../../web/static/offline.js");
        assert_eq!(script.matches("\"VERSION\"").count(), 1);
        assert_eq!(script.matches("/* FILES */").count(), 1);
        assert!(
            is_needed("templates/cache.json")
                && !is_needed("offline.js")
                && !is_needed("embed/brownout-lab.js")
        );
    }
}
