//! What is advised, in sentences.

use super::{Advice, What};
use crate::error::Lang;

impl Advice {
    /// The sentence in the reader's language, with its place.
    pub fn sentence(&self, lang: Lang) -> String {
        format!("{}: {}", self.path, self.text(lang))
    }

    /// The sentence in the reader's language.
    pub fn text(&self, lang: Lang) -> String {
        let Self { what, name, .. } = self;
        match (lang, what) {
            (Lang::En, What::NoClient) => "no client: nothing will ask for anything".to_owned(),
            (Lang::Ko, What::NoClient) => "클라이언트가 없어 아무 요청도 생기지 않습니다".to_owned(),
            (Lang::En, What::CallsNobody) => {
                format!("{name} calls nobody: every request of it is answered or fails at once")
            }
            (Lang::Ko, What::CallsNobody) => format!("{name}에서 나가는 호출이 없습니다"),
            (Lang::En, What::NeverCalled) => format!("nobody calls {name}"),
            (Lang::Ko, What::NeverCalled) => format!("{name}을(를) 호출하는 곳이 없습니다"),
            (Lang::En, What::NobodyConsumes) => {
                format!("nobody takes messages from {name}: they only pile up")
            }
            (Lang::Ko, What::NobodyConsumes) => {
                format!("{name}의 메시지를 가져가는 소비자가 없어 쌓이기만 합니다")
            }
            (Lang::En, What::IdleThreads) => {
                format!("some threads of {name} never work: the prefetch of its queue is smaller")
            }
            (Lang::Ko, What::IdleThreads) => {
                format!("큐의 프리페치가 더 작아 {name}의 스레드 일부는 일하지 않습니다")
            }
            (Lang::En, What::NobodyFills) => format!(
                "nobody fills {name}: an app or a web server that waits for its answer does, or {name} itself with a connection to the origin"
            ),
            (Lang::Ko, What::NobodyFills) => {
                format!(
                    "{name}을(를) 채우는 곳이 없습니다. 응답을 기다리는 앱이나 웹 서버가 호출하거나, 캐시에서 원본으로 연결해야 합니다"
                )
            }
            (Lang::En, What::KeepsNothing) => {
                format!("{name} hands requests over: answers do not come back through it, and it keeps none")
            }
            (Lang::Ko, What::KeepsNothing) => {
                format!(
                    "{name}은(는) 요청을 넘겨주기만 해 응답이 지나가지 않으므로 아무것도 보관하지 못합니다"
                )
            }
            (Lang::En, What::NoOrigin) => {
                format!(
                    "{name} has no connection to the origin: it can neither write later nor join requests"
                )
            }
            (Lang::Ko, What::NoOrigin) => {
                format!("{name}에서 원본으로 나가는 연결이 없어 나중에 쓰거나 요청을 병합할 수 없습니다")
            }
            (Lang::En, What::DeniesNobody) => format!("{name} denies a part that does not exist"),
            (Lang::Ko, What::DeniesNobody) => format!("{name}이(가) 차단하는 부품이 없습니다"),
            (Lang::En, What::OutlivesFirewall) => format!(
                "idle connections are kept for longer than {name} knows them: the next call over one is lost"
            ),
            (Lang::Ko, What::OutlivesFirewall) => format!(
                "유휴 연결을 {name}이(가) 기억하는 시간보다 오래 유지하므로, 그 연결의 다음 호출은 사라집니다"
            ),
            (Lang::En, What::NothingHasASize) => {
                "bandwidth matters to bodies only, and no client, server or cache has a size set".to_owned()
            }
            (Lang::Ko, What::NothingHasASize) => {
                "대역폭은 본문에만 적용되는데, 크기를 정한 클라이언트나 서버, 캐시가 없습니다".to_owned()
            }
            (Lang::En, What::WaitsForAnswers) => {
                format!("{name} waits for answers, so they come back through it whatever its forwarding says")
            }
            (Lang::Ko, What::WaitsForAnswers) => {
                format!("{name}이(가) 응답을 기다리므로 전달 방식과 상관없이 응답이 로드 밸런서를 거칩니다")
            }
            (Lang::En, What::SeesNoCookies) => {
                format!("answers go past {name}: a real one could not read or set a cookie")
            }
            (Lang::Ko, What::SeesNoCookies) => {
                format!("응답이 {name}을(를) 거치지 않으므로 실제로는 쿠키를 읽거나 심을 수 없습니다")
            }
            (Lang::En, What::NobodyTakesOver) => {
                format!("{name} has one instance: nobody takes its address over")
            }
            (Lang::Ko, What::NobodyTakesOver) => {
                format!("{name}의 인스턴스가 하나뿐이라 주소를 넘겨받을 곳이 없습니다")
            }
            (Lang::En, What::CopiesNowhere) => {
                format!("{name} replicates, but has one instance: nobody holds a copy")
            }
            (Lang::Ko, What::CopiesNowhere) => {
                format!("{name}은(는) 복제하도록 설정됐지만 인스턴스가 하나뿐이라 사본이 없습니다")
            }
            (Lang::En, What::NobodyComes) => {
                format!("nobody comes from {name}: what was recorded is missing")
            }
            (Lang::Ko, What::NobodyComes) => {
                format!("{name}에 기록된 값이 없어 아무 요청도 오지 않습니다")
            }
            (Lang::En, What::LateDeadline) => {
                format!("{name} gives up before its deadline: the timeout of its connection is shorter")
            }
            (Lang::Ko, What::LateDeadline) => {
                format!("{name}은(는) 연결의 타임아웃이 더 짧아 데드라인 전에 포기합니다")
            }
            (Lang::En, What::MoreThanAsked) => {
                "needs more good answers than calls are made at once: all of them are needed".to_owned()
            }
            (Lang::Ko, What::MoreThanAsked) => {
                "한꺼번에 보내는 호출보다 많은 응답이 필요하다고 설정되어, 모든 응답을 기다립니다".to_owned()
            }
            (Lang::En, What::NeverSecond) => {
                "never sends a second copy: the timeout is over before".to_owned()
            }
            (Lang::Ko, What::NeverSecond) => {
                "그 전에 타임아웃이 지나 두 번째 사본을 보내지 않습니다".to_owned()
            }
            (Lang::En, What::NoStore) => format!(
                "{name} shares sessions in a store, but calls neither a database nor a cache: every session is lost at once"
            ),
            (Lang::Ko, What::NoStore) => format!(
                "{name}은(는) 세션을 공유 저장소에 두지만 데이터베이스나 캐시를 호출하지 않아 세션이 바로 사라집니다"
            ),
            (Lang::En, What::NeverEnough) => {
                format!("{name} waits for more copies than its instances can give")
            }
            (Lang::Ko, What::NeverEnough) => {
                format!("{name}은(는) 인스턴스 수로는 채울 수 없는 사본을 기다립니다")
            }
            (Lang::En, What::NoOverlap) => format!(
                "reads of {name} may miss acknowledged writes: R + W is not above the number of instances"
            ),
            (Lang::Ko, What::NoOverlap) => format!(
                "{name}: R + W가 인스턴스 수보다 크지 않아, 읽기가 이미 확인된 쓰기를 놓칠 수 있습니다"
            ),
            (Lang::En, What::ReadsBehind) => format!(
                "who reads from the replicas of {name} may not see what he has just written; `own_writes` sends him to the primary"
            ),
            (Lang::Ko, What::ReadsBehind) => format!(
                "{name}의 복제본에서 읽는 사용자는 방금 쓴 것을 못 볼 수 있습니다. `own_writes`는 그런 사용자를 프라이머리로 보냅니다"
            ),
            (Lang::En, What::NoMajority) => {
                format!(
                    "{name} has two instances: where one is gone, the other is no majority and takes no writes"
                )
            }
            (Lang::Ko, What::NoMajority) => {
                format!(
                    "{name}의 인스턴스가 둘이라 하나가 사라지면 남은 하나는 과반수가 아니어서 쓰기를 받지 못합니다"
                )
            }
            (Lang::En, What::SplitBrain) => {
                format!(
                    "nothing keeps a second primary of {name} away: a partition splits it, and writes are lost"
                )
            }
            (Lang::Ko, What::SplitBrain) => {
                format!(
                    "{name}의 두 번째 프라이머리를 막는 것이 없어, 네트워크가 나뉘면 스플릿 브레인이 되고 쓰기를 잃습니다"
                )
            }
            (Lang::En, What::AfterTheEnd) => "happens after the end of the run".to_owned(),
            (Lang::Ko, What::AfterTheEnd) => "실행이 끝난 뒤의 일입니다".to_owned(),
            (Lang::En, What::NothingToRestore) => "restores what nothing has struck before".to_owned(),
            (Lang::Ko, What::NothingToRestore) => "그 전에 장애가 없던 대상을 복구합니다".to_owned(),
        }
    }
}
