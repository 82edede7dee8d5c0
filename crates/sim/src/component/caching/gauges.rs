//! What caches measure of themselves.

use super::Caching;
use crate::component::{Gauge, GaugeKind};
use crate::engine::Core;
use crate::param::Words;

/// What is measured where answers are fetched from an origin and kept.
pub(in crate::component) const FETCHING: &[GaugeKind] = &[
    GaugeKind { name: "hit_ratio", label: Words::new("Hit ratio", "적중률") },
    GaugeKind { name: "keys", label: Words::new("Answers held", "담은 응답") },
    GaugeKind { name: "stale_reads", label: Words::new("Stale reads", "오래된 읽기") },
    GaugeKind { name: "evictions", label: Words::new("Evictions", "교체") },
    GaugeKind { name: "expirations", label: Words::new("Expirations", "만료") },
    GaugeKind { name: "fetches", label: Words::new("Fetches from the origin", "원본에서 가져옴") },
    GaugeKind {
        name: "repeated_fetches", label: Words::new("Fetched more than once", "중복으로 가져옴")
    },
    GaugeKind {
        name: "unchanged_fetches", label: Words::new("Fetched unchanged (304)", "변경 없음(304)")
    },
    GaugeKind { name: "coalesced_misses", label: Words::new("Coalesced misses", "병합된 미스") },
    GaugeKind { name: "served_expired", label: Words::new("Served after expiry", "만료 후 제공") },
    GaugeKind { name: "invalidations", label: Words::new("Invalidations", "무효화") },
    GaugeKind { name: "missed_invalidations", label: Words::new("Missed invalidations", "놓친 무효화") },
];

impl Caching {
    /// One value for each of [`gauges`](crate::component::TypeSpec::gauges) that the type names.
    pub(in crate::component) fn gauge(core: &Core, part: u32, names: &[GaugeKind], out: &mut Vec<Gauge>) {
        let (tally, keys, unwritten) = core.tally_of(part);
        let asked = tally.hits + tally.misses;
        for kind in names {
            let value = match kind.name {
                "hit_ratio" if asked == 0 => continue,
                "early_lead_ms" if tally.renewed == 0 => continue,
                "early_lead_ms" => tally.ahead as f64 / tally.renewed as f64 / 1e6,
                "hit_ratio" => tally.hits as f64 / asked as f64,
                "keys" => keys as f64,
                "stale_reads" => tally.stale as f64,
                "evictions" => tally.evicted as f64,
                "expirations" => tally.expired as f64,
                "fetches" => tally.fetches as f64,
                "repeated_fetches" => tally.repeated as f64,
                "unchanged_fetches" => tally.unchanged as f64,
                "coalesced_misses" => tally.joined as f64,
                "early_fetches" => tally.early as f64,
                "served_expired" => tally.served_expired as f64,
                "invalidations" => tally.invalidated as f64,
                "missed_invalidations" => tally.missed as f64,
                "unwritten_keys" => unwritten as f64,
                _ => tally.lost as f64,
            };
            out.push(Gauge { name: kind.name, value });
        }
    }
}
