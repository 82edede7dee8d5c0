//! Documents to begin with: files of the page, fetched when one is chosen.

use brownout_sim::param::Words;

/// One template: the name of its file, its title, and what it shows.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    pub file: &'static str,
    pub icon: &'static str,
    pub title: Words,
    pub text: Words,
}

const fn template(file: &'static str, icon: &'static str, title: Words, text: Words) -> Template {
    Template { file, icon, title, text }
}

/// From the simplest to the largest.
pub const TEMPLATES: &[Template] = &[
    template(
        "single-server",
        "app",
        Words::new("One server", "서버 한 대"),
        Words::new(
            "One queue, four threads: where waiting begins.",
            "대기열 하나와 스레드 네 개, 대기가 시작되는 곳.",
        ),
    ),
    template(
        "web-and-database",
        "db",
        Words::new("Web server and database", "웹 서버와 데이터베이스"),
        Words::new("Three tiers in a row, each waiting for the next.", "다음 계층을 기다리는 세 계층."),
    ),
    template(
        "load-balancer",
        "lb",
        Words::new("Load balancer", "로드 밸런서"),
        Words::new(
            "Three servers, one of them slow; one dies after a minute.",
            "서버 세 대 중 한 대는 느리고, 1분 뒤 한 대가 멈춥니다.",
        ),
    ),
    template(
        "cache",
        "cache",
        Words::new("Cache beside the database", "데이터베이스 옆의 캐시"),
        Words::new(
            "What is popular never reaches the disk, until a flush.",
            "인기 있는 데이터는 캐시가 답합니다. 비우기 전까지는.",
        ),
    ),
    template(
        "cdn",
        "cdn",
        Words::new("Content delivery network", "콘텐츠 전송 네트워크"),
        Words::new(
            "Edges near the users; the origin dies for a while.",
            "사용자 가까이의 에지. 원본 서버가 잠시 멈춥니다.",
        ),
    ),
    template(
        "connection-pool",
        "db",
        Words::new("Connection pool", "커넥션 풀"),
        Words::new(
            "Requests wait for a connection to an idle database.",
            "데이터베이스는 한가한데 요청은 커넥션을 기다립니다.",
        ),
    ),
    template(
        "retry-storm",
        "surge",
        Words::new("Retry storm", "재시도 폭풍"),
        Words::new(
            "Ten slow seconds, and the overload stays.",
            "10초간 느려졌을 뿐인데 과부하가 계속됩니다.",
        ),
    ),
    template(
        "circuit-breaker",
        "cut",
        Words::new("Circuit breaker", "서킷 브레이커"),
        Words::new(
            "What stands still does not take the rest with it.",
            "멈춘 서비스가 나머지를 끌고 가지 않게 합니다.",
        ),
    ),
    template(
        "queue",
        "queue",
        Words::new("Message queue and workers", "메시지 큐와 워커"),
        Words::new("The workers pause, and no visitor notices.", "워커가 멈춰도 방문자는 알지 못합니다."),
    ),
    template(
        "microservices",
        "layout",
        Words::new("Microservices", "마이크로서비스"),
        Words::new(
            "One request asks four services at once; one gets slow.",
            "요청 하나가 네 서비스를 동시에 부르고, 하나가 느려집니다.",
        ),
    ),
    template(
        "flash-crowd",
        "users",
        Words::new("Flash crowd", "갑자기 몰린 방문자"),
        Words::new("Five times the visitors, and load shedding.", "방문자가 다섯 배로 늘 때의 부하 차단."),
    ),
    template(
        "dns-failover",
        "dns",
        Words::new("Two sites behind a name", "이름 하나에 사이트 둘"),
        Words::new(
            "Failover by name, as slow as the answers are kept.",
            "이름으로 전환하는 장애 조치, TTL만큼 느립니다.",
        ),
    ),
    template(
        "two-regions",
        "globe",
        Words::new("Two regions", "두 리전"),
        Words::new(
            "Two continents, one primary, and a region that dies.",
            "두 대륙과 하나의 주 데이터베이스, 그리고 멈추는 리전.",
        ),
    ),
];

impl Template {
    /// Its address, relative to the page.
    pub fn address(&self) -> String {
        format!("./templates/{}.json", self.file)
    }
}

#[cfg(test)]
mod tests {
    use brownout_scenario::{Record, Scenario};

    use super::*;
    use crate::canvas::icon;

    #[test]
    fn every_template_is_valid_canonical_and_healthy_before_it_is_broken() {
        assert!(TEMPLATES.len() >= 10);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/static/templates");
        assert_eq!(
            std::fs::read_dir(folder).expect("exists").count(),
            TEMPLATES.len(),
            "files without an entry"
        );
        for template in TEMPLATES {
            let path = format!("{folder}/{}.json", template.file);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            let document = Scenario::from_json(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(document.to_json(), text, "{path} is not written as the lab writes it");
            assert!(document.parts.iter().all(|part| part.at.is_some()), "{path}: a part has no place");
            assert!(icon::exists(template.icon), "{}", template.icon);
            let mut simulation =
                Record::new(document).simulation().unwrap_or_else(|error| panic!("{path}: {error}"));
            simulation.run_until(40_000_000_000);
            let requests = simulation.requests();
            let failed: u64 = requests.failed.iter().sum();
            assert!(requests.succeeded > 1_000, "{path}: {requests:?}");
            assert!(
                failed * 100 <= requests.succeeded,
                "{path} fails before anything is broken: {requests:?}"
            );
        }
    }
}
