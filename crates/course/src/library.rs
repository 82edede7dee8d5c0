//! The lessons of this version, compiled in.

use crate::coverage::Row;
use crate::error::Refused;
use crate::lesson::Lesson;
use crate::prose::{self, Prose};

/// A lesson as it stands in `lessons/`.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub id: &'static str,
    pub json: &'static str,
    pub en: &'static str,
    pub ko: &'static str,
}

macro_rules! lessons {
    ($( $id:literal ),* $(,)?) => {
        /// Every lesson, in the order of the table of contents.
        pub const LESSONS: &[Source] = &[ $( Source {
            id: $id,
            json: include_str!(concat!("../lessons/", $id, "/lesson.json")),
            en: include_str!(concat!("../lessons/", $id, "/en.md")),
            ko: include_str!(concat!("../lessons/", $id, "/ko.md")),
        } ),* ];
    };
}

lessons! {
    "L01-one-request",
    "L02-response-throughput",
    "L05-wait-lock-parallel",
    "L06-finding-data",
    "L10-dns",
    "L12-splitting",
    "L14-load-balancer",
    "L15-sessions",
    "L16-forwarding",
    "L17-reverse-proxy",
    "L18-pools",
    "L19-cache",
    "L20-cdn",
    "L21-queue",
    "L29-db-replication",
    "L31-sharding",
    "L32-microservices",
    "L36-multi-region",
    "story-retry-storm",
    "story-pool-exhaustion",
    "story-cache-stampede",
    "story-cache-flush",
    "story-timeout-cascade",
    "story-error-sink",
    "story-fifo-collapse",
    "story-gc-spiral",
    "S01-tail-at-scale",
    "S02-hedged-requests",
    "S04-two-choices",
    "S05-stale-loads",
    "S09-bounded-loads",
    "S13-retry-storm-map",
    "S16-crash-loop",
    "S17-client-throttling",
    "S18-retries-multiply",
    "S19-backoff-jitter",
    "S22-early-recomputation",
    "S24-dns-ttl",
    "S26-open-closed",
    "S30-partial-quorums",
}

impl Source {
    pub fn find(id: &str) -> Option<&'static Self> {
        LESSONS.iter().find(|lesson| lesson.id == id)
    }

    pub fn lesson(&self) -> Result<Lesson, Refused> {
        Lesson::from_json(self.json).map_err(|refused| refused.within(&format!("{}/lesson.json", self.id)))
    }

    /// The words, in both languages.
    pub fn prose(&self) -> Result<[Prose; 2], Refused> {
        let read =
            |text, name| prose::read(text).map_err(|refused| refused.within(&format!("{}/{name}", self.id)));
        Ok([read(self.en, "en.md")?, read(self.ko, "ko.md")?])
    }
}

/// The catalogue of systems that the lessons are about.
pub fn rows() -> Vec<Row> {
    crate::coverage::read_rows(include_str!("../lessons/rows.json"))
}
