//! What caches measure of themselves.

use super::Caching;
use crate::component::{Gauge, GaugeKind};
use crate::engine::Core;

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
