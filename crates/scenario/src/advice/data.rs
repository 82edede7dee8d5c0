//! What is unwise of parts whose instances hold copies.

use brownout_sim::component::Kind;

use super::What;
use crate::model::Part;

/// What is probably not meant of how a part keeps copies.
pub(super) fn advise(part: &Part) -> Option<What> {
    match part.params.kind() {
        Kind::Db => {}
        Kind::App | Kind::Queue => return copies_nowhere(part).then_some(What::CopiesNowhere),
        _ => return None,
    }
    let word = |name: &str| part.params.word(name).unwrap_or_default();
    let count = |name: &str| part.params.count(name).unwrap_or(0);
    let (how, copies) = (word("replication"), part.count);
    let (writes, reads) = (count("write_quorum"), count("read_quorum"));
    match how {
        "none" | "" => None,
        _ if copies == 1 => Some(What::CopiesNowhere),
        "quorum" if writes.max(reads) > copies => Some(What::NeverEnough),
        "quorum" => (writes + reads <= copies).then_some(What::NoOverlap),
        "semi_sync" if count("receipts") >= copies => Some(What::NeverEnough),
        _ if word("fencing") == "majority" && copies == 2 => Some(What::NoMajority),
        _ if word("fencing") == "none" => Some(What::SplitBrain),
        "async" | "semi_sync" if matches!(word("reads"), "replicas" | "any") => Some(What::ReadsBehind),
        _ => None,
    }
}

/// Whether sessions or messages are to be copied to another instance, and there is none.
fn copies_nowhere(part: &Part) -> bool {
    let params = &part.params;
    let copies = params.word("sessions") == Some("replicated")
        || params.word("mirroring").is_some_and(|how| how != "none");
    copies && part.count == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    fn advised(count: u32, db: &str) -> Vec<What> {
        let document = format!(
            r#"{{"version":1,"parts":[{{"id":1,"type":"client"}},
            {{"id":2,"type":"db","count":{count},"params":{{{db}}}}}],"edges":[{{"id":4,"from":1,"to":2}}]}}"#
        );
        let document = Scenario::from_json(&document).unwrap_or_else(|error| panic!("{error}"));
        document.advice().into_iter().map(|advice| advice.what).collect()
    }

    #[test]
    fn copies_and_stores_want_somebody_who_has_them() {
        let of = |kind: &str, count: u32, params: &str, store: &str| {
            let document = format!(
                r#"{{"version":1,"parts":[{{"id":1,"type":"client"}},
                {{"id":2,"type":"{kind}","count":{count},"params":{{{params}}}}},{{"id":3,"type":"{store}"}}],
                "edges":[{{"id":4,"from":1,"to":2}},{{"id":5,"from":2,"to":3}}]}}"#
            );
            let document = Scenario::from_json(&document).unwrap_or_else(|error| panic!("{error}"));
            document.advice().into_iter().map(|advice| advice.what).collect::<Vec<_>>()
        };
        assert_eq!(of("app", 1, r#""sessions":"replicated""#, "db"), [What::CopiesNowhere]);
        assert_eq!(of("app", 2, r#""sessions":"replicated""#, "db"), []);
        assert_eq!(of("app", 2, r#""sessions":"shared""#, "db"), []);
        assert_eq!(of("app", 2, r#""sessions":"shared""#, "app"), [What::NoStore]);
        assert_eq!(of("queue", 1, r#""mirroring":"sync""#, "worker"), [What::CopiesNowhere]);
        assert_eq!(of("queue", 2, r#""mirroring":"sync""#, "worker"), []);
    }

    #[test]
    fn unwise_replication_is_advised_about() {
        let quorum = |writes: u32, reads: u32| {
            format!(r#""replication":"quorum","write_quorum":{writes},"read_quorum":{reads}"#)
        };
        assert_eq!(advised(3, &quorum(2, 2)), []);
        assert_eq!(advised(3, &quorum(1, 2)), [What::NoOverlap]);
        assert_eq!(advised(3, &quorum(4, 1)), [What::NeverEnough]);
        assert_eq!(advised(1, &quorum(1, 1)), [What::CopiesNowhere]);
        assert_eq!(advised(3, r#""replication":"async""#), []);
        assert_eq!(advised(3, r#""replication":"async","reads":"replicas""#), [What::ReadsBehind]);
        assert_eq!(advised(3, r#""replication":"async","reads":"own_writes""#), []);
        assert_eq!(advised(3, r#""replication":"sync","reads":"any""#), []);
        assert_eq!(advised(2, r#""replication":"semi_sync","receipts":2"#), [What::NeverEnough]);
        assert_eq!(advised(2, r#""replication":"async","fencing":"majority""#), [What::NoMajority]);
        assert_eq!(advised(3, r#""replication":"async","fencing":"none""#), [What::SplitBrain]);
        assert_eq!(advised(3, ""), [], "shared data is not replicated");
    }
}
