//! What the page knows: the document and its history, the view of it, the run, the visitor's preferences.

pub mod cursor;
pub mod edits;
pub mod keep;
pub mod lab;
pub mod layout;
pub mod live;
pub mod open;
pub mod params;
pub mod prefs;
pub mod run;
pub mod shelf;
pub mod sight;
pub mod storage;

pub use cursor::{Cursor, Following};
pub use lab::{Dialog, Hint, Lab, Menu, Notice};
pub use live::{Live, Subscription};
pub use prefs::{Prefs, Sheet};
