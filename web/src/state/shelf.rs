//! The visitor's documents and their earlier versions, in a store of texts: what goes under which name, what makes room
//! for what, and who may write. Knows no browser.
//!
//! A value begins with a line of its label, so that a list needs no document to be read. Every save has a stamp of its
//! own: a tab that finds another than the one it knows must not write over it.

const DOCUMENT: &str = "brownout.doc.";
const VERSION: &str = "brownout.old.";
const HISTORY: &str = "brownout.undo.";

/// Versions that are kept of a document, and how far they are apart, in milliseconds.
const VERSIONS: usize = 20;
const SPACING_MS: u64 = 5 * 60_000;

/// Where texts are kept.
pub trait Store {
    fn get(&self, key: &str) -> Option<String>;
    /// Says whether it was kept.
    fn set(&self, key: &str, value: &str) -> bool;
    fn remove(&self, key: &str);
    fn keys(&self) -> Vec<String>;
}

/// What is known of a document without reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Names this save: no other has the same.
    pub stamp: String,
    /// When it was kept, in milliseconds since 1970.
    pub at_ms: u64,
    pub parts: usize,
    pub name: String,
}

/// Why something was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Somebody else has kept another state since.
    Elsewhere,
    /// There is no room, or none is given.
    Refused,
}

impl Label {
    fn pack(&self, text: &str) -> String {
        let Self { stamp, at_ms, parts, name } = self;
        let name = name.replace(char::is_control, " ");
        format!("{stamp}\t{at_ms}\t{parts}\t{name}\n{text}")
    }

    fn unpack(value: &str) -> Option<(Self, &str)> {
        let (line, text) = value.split_once('\n')?;
        let mut fields = line.splitn(4, '\t');
        let stamp = fields.next()?.to_owned();
        let at_ms = fields.next()?.parse().ok()?;
        let parts = fields.next()?.parse().ok()?;
        Some((Self { stamp, at_ms, parts, name: fields.next()?.to_owned() }, text))
    }
}

/// Whether a change of this key is one of this document.
pub fn is_document(key: &str, id: &str) -> bool {
    key.strip_prefix(DOCUMENT) == Some(id)
}

#[derive(Clone, Copy, Debug)]
pub struct Shelf<S>(pub S);

impl<S: Store> Shelf<S> {
    /// All documents, the one that was kept last first.
    pub fn list(&self) -> Vec<(String, Label)> {
        let mut all: Vec<_> = self.labels(DOCUMENT);
        brownout_sim::order::sort_by_key(&mut all, |(_, label)| std::cmp::Reverse(label.at_ms));
        all
    }

    /// The earlier versions of a document, the latest first.
    pub fn versions(&self, id: &str) -> Vec<Label> {
        let mut all = self.labels(&format!("{VERSION}{id}."));
        brownout_sim::order::sort_by_key(&mut all, |(_, label)| std::cmp::Reverse(label.at_ms));
        all.into_iter().map(|(_, label)| label).collect()
    }

    fn labels(&self, prefix: &str) -> Vec<(String, Label)> {
        let label = |key: String| {
            let id = key.strip_prefix(prefix)?.to_owned();
            Some((id, Label::unpack(&self.0.get(&key)?)?.0))
        };
        self.0.keys().into_iter().filter_map(label).collect()
    }

    pub fn document(&self, id: &str) -> Option<(Label, String)> {
        self.read(&format!("{DOCUMENT}{id}"))
    }

    pub fn version(&self, id: &str, at_ms: u64) -> Option<(Label, String)> {
        self.read(&format!("{VERSION}{id}.{at_ms}"))
    }

    fn read(&self, key: &str) -> Option<(Label, String)> {
        let value = self.0.get(key)?;
        Label::unpack(&value).map(|(label, text)| (label, text.to_owned()))
    }

    /// Keeps a document. `seen` is the stamp that whoever writes has last read or written; `first` says that it is the
    /// first time since it was opened, so that what was there becomes a version.
    pub fn save(
        &self,
        id: &str,
        seen: Option<&str>,
        first: bool,
        label: &Label,
        text: &str,
    ) -> Result<(), Trouble> {
        if let Some((old, before)) = self.document(id) {
            if seen != Some(old.stamp.as_str()) {
                return Err(Trouble::Elsewhere);
            }
            let latest = self.versions(id).first().map_or(0, |version| version.at_ms);
            if old.at_ms > latest && (first || old.at_ms - latest >= SPACING_MS) {
                self.put(&format!("{VERSION}{id}.{}", old.at_ms), &old.pack(&before));
                for version in self.versions(id).iter().skip(VERSIONS) {
                    self.0.remove(&format!("{VERSION}{id}.{}", version.at_ms));
                }
            }
        }
        let kept = self.put(&format!("{DOCUMENT}{id}"), &label.pack(text));
        if kept { Ok(()) } else { Err(Trouble::Refused) }
    }

    /// Writes, and makes room for it by what can be spared: histories, then versions, the oldest first.
    fn put(&self, key: &str, value: &str) -> bool {
        if self.0.set(key, value) {
            return true;
        }
        let keys = self.0.keys();
        let age = |key: &String| key.rsplit_once('.').and_then(|(_, at)| at.parse::<u64>().ok()).unwrap_or(0);
        let mut versions: Vec<&String> = keys.iter().filter(|key| key.starts_with(VERSION)).collect();
        brownout_sim::order::sort_by_key(&mut versions, |key| age(key));
        let histories = keys.iter().filter(|key| key.starts_with(HISTORY));
        for spare in histories.chain(versions) {
            self.0.remove(spare);
            if self.0.set(key, value) {
                return true;
            }
        }
        false
    }

    /// Takes away a document with all that belongs to it.
    pub fn delete(&self, id: &str) {
        let versions = format!("{VERSION}{id}.");
        for key in self.0.keys() {
            if key.starts_with(&versions)
                || [DOCUMENT, HISTORY].iter().any(|kind| key.strip_prefix(kind) == Some(id))
            {
                self.0.remove(&key);
            }
        }
    }

    /// The history of a document: how much of it is done, and the text. Nothing makes room for it.
    pub fn keep_history(&self, id: &str, done: usize, text: &str) {
        let key = format!("{HISTORY}{id}");
        if !self.0.set(&key, &format!("{done}\n{text}")) {
            self.0.remove(&key);
        }
    }

    pub fn history(&self, id: &str) -> Option<(usize, String)> {
        let value = self.0.get(&format!("{HISTORY}{id}"))?;
        let (done, text) = value.split_once('\n')?;
        Some((done.parse().ok()?, text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// A store with room for so many characters.
    struct Room(RefCell<BTreeMap<String, String>>, usize);

    impl Store for Room {
        fn get(&self, key: &str) -> Option<String> {
            self.0.borrow().get(key).cloned()
        }

        fn set(&self, key: &str, value: &str) -> bool {
            let mut all = self.0.borrow_mut();
            let others: usize =
                all.iter().filter(|(other, _)| *other != key).map(|(_, value)| value.len()).sum();
            let fits = others + value.len() <= self.1;
            if fits {
                all.insert(key.to_owned(), value.to_owned());
            }
            fits
        }

        fn remove(&self, key: &str) {
            self.0.borrow_mut().remove(key);
        }

        fn keys(&self) -> Vec<String> {
            self.0.borrow().keys().cloned().collect()
        }
    }

    fn shelf(room: usize) -> Shelf<Room> {
        Shelf(Room(RefCell::default(), room))
    }

    fn label(minute: u64) -> Label {
        Label {
            stamp: format!("s{minute}"),
            at_ms: minute * 60_000,
            parts: 7,
            name: "A\tname\nof two".to_owned(),
        }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let shelf = shelf(10_000);
        shelf.save("a", None, false, &label(1), "{}\n").expect("room");
        shelf.save("b", None, false, &label(2), "{\"b\":1}").expect("room");
        assert_eq!(shelf.document("a").expect("kept").1, "{}\n");
        let list: Vec<_> = shelf.list().into_iter().map(|(id, label)| (id, label.name)).collect();
        assert_eq!(
            list,
            [("b".to_owned(), "A name of two".to_owned()), ("a".to_owned(), "A name of two".to_owned())]
        );
        shelf.keep_history("a", 3, "[]");
        assert_eq!(shelf.history("a"), Some((3, "[]".to_owned())));
        shelf.delete("a");
        assert_eq!(shelf.0.keys(), ["brownout.doc.b"]);
    }

    #[test]
    fn another_tab_is_not_overwritten() {
        let shelf = shelf(10_000);
        shelf.save("a", None, false, &label(1), "one").expect("room");
        shelf.save("a", Some("s1"), false, &label(2), "two").expect("it is the one that was read");
        assert_eq!(shelf.save("a", Some("s1"), false, &label(3), "three"), Err(Trouble::Elsewhere));
        assert_eq!(shelf.save("a", None, false, &label(3), "three"), Err(Trouble::Elsewhere));
        assert_eq!(shelf.document("a").expect("kept").1, "two");
    }

    #[test]
    fn earlier_versions_are_kept_apart_in_time_and_not_without_end() {
        let shelf = shelf(1_000_000);
        shelf.save("a", None, false, &label(1), "0").expect("room");
        for minute in 2..400 {
            let seen = format!("s{}", minute - 1);
            shelf.save("a", Some(&seen), minute == 3, &label(minute), &minute.to_string()).expect("room");
        }
        let versions = shelf.versions("a");
        assert_eq!(versions.len(), VERSIONS);
        assert!(versions.windows(2).all(|pair| pair[0].at_ms - pair[1].at_ms >= SPACING_MS));
        let latest = versions[0].at_ms;
        assert_eq!(shelf.version("a", latest).expect("kept").1, (latest / 60_000).to_string());
    }

    #[test]
    fn what_can_be_spared_makes_room() {
        let shelf = shelf(400);
        shelf.save("a", None, false, &label(1), &"x".repeat(100)).expect("room");
        shelf.save("a", Some("s1"), true, &label(9), &"y".repeat(100)).expect("room");
        shelf.keep_history("a", 1, &"h".repeat(60));
        assert_eq!((shelf.versions("a").len(), shelf.history("a").is_some()), (1, true));
        shelf.save("b", None, false, &label(10), &"z".repeat(180)).expect("the version makes room");
        assert_eq!((shelf.versions("a").len(), shelf.history("a").is_some()), (0, false));
        assert_eq!(shelf.save("c", None, false, &label(11), &"z".repeat(400)), Err(Trouble::Refused));
        assert_eq!(shelf.document("a").expect("untouched").1, "y".repeat(100));
    }
}
