//! A built site in memory: what is not in it cannot be served, whatever path is asked for.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::failure::Failure;

#[derive(Debug)]
pub struct File {
    pub bytes: Vec<u8>,
    pub mime: &'static str,
    pub tag: String,
}

#[derive(Debug, Default)]
pub struct Site {
    files: BTreeMap<String, File>,
    /// The same policy as in the page's own meta element, for the header.
    pub content_policy: Option<String>,
}

impl Site {
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let mut site = Self::default();
        site.load_folder(folder, "")?;
        site.content_policy = site
            .files
            .get("index.html")
            .and_then(|index| content_policy(&String::from_utf8_lossy(&index.bytes)).map(str::to_owned));
        Ok(site)
    }

    fn load_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), Failure> {
        for entry in fs::read_dir(folder).map_err(Failure::file(folder))? {
            let path = entry.map_err(Failure::file(folder))?.path();
            let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
            if path.is_dir() {
                self.load_folder(&path, &format!("{name}/"))?;
            } else {
                let bytes = fs::read(&path).map_err(Failure::file(&path))?;
                self.insert(&name, bytes);
            }
        }
        Ok(())
    }

    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        self.files.insert(name.to_owned(), File { bytes, mime: mime(name), tag });
    }

    pub fn remove(&mut self, name: &str) {
        self.files.remove(name);
    }

    /// The file for a request's path (without query), the index for a folder.
    pub fn file(&self, path: &str) -> Option<&File> {
        let name = path.strip_prefix('/')?;
        if name.is_empty() || name.ends_with('/') {
            self.files.get(&format!("{name}index.html"))
        } else {
            self.files.get(name)
        }
    }

    pub fn files(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(name, file)| (name.as_str(), file))
    }
}

/// The policy in `<meta http-equiv="Content-Security-Policy" content="…">`.
fn content_policy(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("http-equiv=\"Content-Security-Policy\"")?;
    let (_, rest) = rest.split_once("content=\"")?;
    rest.split_once('"').map(|(policy, _)| policy)
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_read_from_the_page() {
        let html =
            r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'"> <p content="x">"#;
        assert_eq!(content_policy(html), Some("default-src 'none'"));
        assert_eq!(content_policy("<p>no policy</p>"), None);
    }

    #[test]
    fn a_folder_means_its_index() {
        let mut site = Site::default();
        site.insert("index.html", b"top".to_vec());
        site.insert("guide/index.html", b"guide".to_vec());
        assert_eq!(site.file("/").map(|file| file.bytes.as_slice()), Some(b"top".as_slice()));
        assert_eq!(site.file("/guide/").map(|file| file.bytes.as_slice()), Some(b"guide".as_slice()));
        assert!(site.file("/guide").is_none());
    }

    #[test]
    fn wasm_is_served_as_wasm() {
        assert_eq!(mime("brownout_bg.wasm"), "application/wasm");
        assert_eq!(mime("boot.js"), "text/javascript; charset=utf-8");
    }
}
