//! Systems that a cause needs around it.

use serde_json::json;

use super::System;

impl System {
    pub(super) fn any_edge(&mut self) -> u32 {
        // Of several equal ways, one alone would be a smaller matter than it should be: from the front.
        let ids: Vec<u32> =
            self.edges.iter().filter_map(|edge| edge["id"].as_u64().map(|id| id as u32)).collect();
        let several = |id: &u32| {
            let edge = self.edges.iter().find(|edge| edge["id"] == *id);
            edge.is_some_and(|edge| {
                self.replicas.iter().any(|part| edge["to"] == *part || edge["from"] == *part)
            })
        };
        let single: Vec<u32> = ids.iter().copied().filter(|id| !several(id)).collect();
        self.any(&single)
    }

    pub(super) fn callers_of(&mut self, edge: u32) -> f64 {
        let (from, to) = (self.edge_of(edge)["from"].clone(), self.edge_of(edge)["to"].clone());
        let count = self.parts.iter().find(|part| part["id"] == from).and_then(|part| part["count"].as_f64());
        let ways = self.edges.iter().filter(|edge| edge["to"] == to).count() as f64;
        count.unwrap_or(1.0) * ways
    }

    /// A cache before a database that could not do without it.
    pub(super) fn cached(&mut self, at: f64) -> u32 {
        let rate = self.chance.within(200.0, 300.0);
        let keys = self.chance.whole(300, 600);
        let client = self.part(
            "client",
            1,
            json!({
                "rate_rps": rate, "static_share": 0, "read_share": 1, "keys": keys, "zipf": 0, "ramp_s": 20,
            }),
        );
        let app = self.caller("app", 1, rate, 100.0);
        self.param(app)["threads"] = json!(1_000);
        let cache = self.part("cache", 1, json!({"capacity": 2_000, "ttl_s": 0}));
        let capacity = rate * self.chance.within(0.3, 0.45);
        let db = self.part("db", 1, json!({"workers": 2, "read_time": {"exp": {"mean_ms": 2e3 / capacity}}}));
        self.edge(client, app);
        self.edge(app, cache);
        self.edge(cache, db);
        self.strike("flush", cache, at + 16.0, None, None);
        cache
    }

    /// A database near its limit, and callers who ask again.
    pub(super) fn storm(&mut self, at: f64) -> u32 {
        let capacity = self.chance.within(150.0, 300.0);
        let rate = capacity * self.chance.within(0.78, 0.88);
        let client = self.part("client", 1, json!({"rate_rps": rate, "static_share": 0, "read_share": 1}));
        let backlog = (capacity * self.chance.within(2.0, 3.0)) as u64;
        let params =
            json!({"workers": 1, "backlog": backlog, "read_time": {"exp": {"mean_ms": 1e3 / capacity}}});
        let db = self.part("db", 1, params);
        let front = if self.chance.one_in(2) {
            let app = self.part(
                "app",
                1,
                json!({"threads": 2_000, "backlog": 4_000, "service_time": {"const": {"ms": 1}}}),
            );
            self.edge(client, app);
            app
        } else {
            client
        };
        let edge = self.edge(front, db);
        let retries = self.chance.whole(1, 3);
        let policy = &mut self.edge_of(edge)["policy"];
        policy["retries"] = json!(retries);
        policy["timeout_ms"] = json!(900);
        if front != client {
            let first = self.edges[0]["id"].as_u64().expect("an id") as u32;
            self.edge_of(first)["policy"]["timeout_ms"] = json!(4_000);
        }
        let lasts = self.chance.within(6.0, 10.0);
        self.strike("pause", db, at, Some(lasts), None);
        edge
    }

    /// A fleet that gets a new version, which is bad.
    pub(super) fn deployed(&mut self, at: f64) -> u32 {
        let rate = self.rate;
        let client = self.client(rate);
        let (lb, n) = (self.balancer(), self.chance.whole(2, 4) as u32);
        let app = self.caller("app", n, rate, 60.0);
        let db = self.database(rate);
        self.edge(client, lb);
        self.edge(lb, app);
        self.edge(app, db);
        let mut params = json!({
            "start_s": (at * 10.0).round() / 10.0, "gate": false, "rollback": false, "errors_above": 1,
            "restart_s": 2, "drain_s": 2, "cold_s": 0, "soak_s": 1,
        });
        params["fails"] = json!(self.chance.within(0.2, 0.7));
        let deploy = self.part("deploy", 1, params);
        let edge = self.edge(deploy, app);
        self.edge_of(edge)["kind"] = json!("watches");
        deploy
    }

    /// Two pieces of software on a machine with too few cores.
    pub(super) fn crowded(&mut self) -> u32 {
        let rate = self.rate;
        let client = self.client(rate);
        let host = self.part("server", 1, json!({"cores": 1}));
        let over = self.chance.within(1.2, 1.7);
        let share = self.chance.within(0.3, 0.7);
        let app_ms = over * share / rate * 1e3;
        let db_ms = over * (1.0 - share) / rate * 1e3;
        let app = self.part(
            "app",
            1,
            json!({"threads": 200, "backlog": 200, "service_time": {"exp": {"mean_ms": app_ms}}}),
        );
        let db = self.part("db", 1, json!({"workers": 50, "read_time": {"exp": {"mean_ms": db_ms}}, "write_time": {"exp": {"mean_ms": db_ms}}}));
        for part in &mut self.parts {
            if part["id"] == app || part["id"] == db {
                part["inside"] = json!(host);
            }
        }
        self.edge(client, app);
        self.edge(app, db);
        host
    }
}
