//! What a user population is set to.

use crate::{choices, params};

choices! {
    /// When the visitors come.
    pub enum Arrival {
        /// At random moments, not knowing of each other.
        Poisson = "poisson", en "at random (Poisson)", ko "무작위(포아송)";
        /// One after the other, always the same time apart.
        Even = "even", en "evenly", ko "일정한 간격";
        /// At random, with bursts between (a Markov-modulated Poisson process of two phases).
        Bursts = "bursts", en "in bursts", ko "몰려오기(버스트)";
        /// At random, at rates that were recorded.
        Rates = "rates", en "as recorded rates", ko "기록된 요청률";
        /// At moments that were recorded.
        Times = "times", en "at recorded times", ko "기록된 시각";
        /// Visitors at random who send several requests each, and leave.
        Sessions = "sessions", en "visits of several requests", ko "여러 요청을 보내는 방문";
        /// A fixed number of users who wait for each answer, think, and ask again.
        Closed = "closed", en "a closed loop of users", ko "고정된 사용자(폐쇄 루프)";
    }
}

choices! {
    /// How the sizes of batches and visits spread about their mean.
    pub enum Sizes {
        Fixed = "fixed", en "always the same", ko "항상 같음";
        Geometric = "geometric", en "geometric", ko "기하분포";
    }
}

params! {
    /// What a user population is set to.
    pub struct Params costs 0.0 {
        rate_rps: Rate = Rate(50.0), [0, 10_000_000], key "r", since 1,
            en "Request rate" "Requests per second, at random moments: many users who do not know of each other (a Poisson process).",
            ko "요청률" "초당 요청 수입니다. 서로 모르는 많은 사용자가 무작위 시점에 보냅니다(포아송 과정).";
        static_share: Share = Share(0.5), [0, 1], key "ss", since 1,
            en "Static share" "Share of requests for files (images, scripts), which a web server answers alone.",
            ko "정적 요청 비율" "웹 서버가 혼자 처리하는 파일(이미지, 스크립트) 요청의 비율입니다.";
        read_share: Share = Share(0.9), [0, 1], key "rs", since 1,
            en "Read share" "Share of reads among the requests that are not static; the rest are writes.",
            ko "읽기 비율" "정적이 아닌 요청 중 읽기의 비율입니다. 나머지는 쓰기입니다.";
        request_kb: Number = Number(0.0), [0, 10_000_000], key "qk", since 1,
            en "Size of a request (kB)" "How long a request is: what it takes on links of limited bandwidth.",
            ko "요청 크기(kB)" "요청의 크기입니다. 대역폭이 제한된 연결에서 이만큼 시간이 걸립니다.";
        deadline_ms: Millis = Millis(0.0), [0, 3_600_000], key "dl", since 1,
            en "Deadline" "An answer counts as goodput only within this time. 0 takes the timeout of the edge.",
            ko "데드라인" "이 시간 안에 온 응답만 유효 처리량(goodput)으로 셉니다. 0이면 연결의 타임아웃을 따릅니다.";
        arrival: Arrival = Arrival::Poisson, [], key "ar", since 1,
            en "Arrivals" "When requests come. Every kind but the closed loop goes on whether or not answers come.",
            ko "도착 방식" "요청이 오는 방식입니다. 폐쇄 루프를 빼면 응답이 오지 않아도 요청은 계속 옵니다.";
        burst_rps: Rate = Rate(500.0), [0, 10_000_000], key "br", since 1,
            en "Rate in bursts" "Requests per second while a burst lasts; between bursts the request rate holds.",
            ko "버스트 요청률" "버스트가 이어지는 동안의 초당 요청 수입니다. 버스트 사이에는 요청률을 따릅니다.",
            when arrival in ["bursts"];
        burst_s: Seconds = Seconds(1.0), [0.001, 1_000_000], key "bs", since 1,
            en "Length of bursts" "How long a burst lasts on average (exponential).",
            ko "버스트 길이" "버스트의 평균 길이입니다(지수분포).",
            when arrival in ["bursts"];
        calm_s: Seconds = Seconds(9.0), [0.001, 1_000_000], key "cs", since 1,
            en "Time between bursts" "Time from the end of a burst to the next on average (exponential).",
            ko "버스트 간격" "한 버스트가 끝나고 다음 버스트까지의 평균 시간입니다(지수분포).",
            when arrival in ["bursts"];
        rates_rps: Rates = Rates::default(), [0, 10_000_000, 10_000], key "rr", since 1,
            en "Recorded rates" "Requests per second, one number for each step of time.",
            ko "기록된 요청률" "시간 단계마다 하나씩 적은 초당 요청 수입니다.",
            when arrival in ["rates"];
        rates_step_s: Seconds = Seconds(1.0), [0.001, 86_400], key "rp", since 1,
            en "Step" "How long each recorded rate holds; where each has a moment of its own, how long the last one holds.",
            ko "단계 길이" "기록된 요청률 하나가 이어지는 시간입니다. 시작 시각을 따로 적으면 마지막 요청률이 이어지는 시간입니다.",
            when arrival in ["rates"];
        rates_at_s: Times = Times::default(), [0, 1_000_000_000, 10_000], key "rt", since 1,
            en "Moments of rates" "Since when each recorded rate holds, in seconds from the start; before the first nobody comes. Without them the rates are steps of equal length.",
            ko "요청률 시작 시각" "기록된 요청률이 각각 시작하는 시각(시작부터의 초)입니다. 첫 시각 전에는 요청이 없습니다. 비우면 같은 길이의 단계로 봅니다.",
            when arrival in ["rates"];
        rates_repeat: Flag = Flag(false), [], key "rl", since 1,
            en "Again from the start" "After the last recorded rate the first one holds again; without it nobody comes any more.",
            ko "처음부터 반복" "마지막 요청률 뒤에 처음으로 돌아갑니다. 끄면 더는 요청이 오지 않습니다.",
            when arrival in ["rates"];
        times_s: Times = Times::default(), [0, 1_000_000_000, 10_000], key "ts", since 1,
            en "Recorded times" "Seconds from the start at which requests come.",
            ko "기록된 시각" "요청이 오는 시각(시작부터의 초)입니다.",
            when arrival in ["times"];
        batch: Count = Count(1), [1, 1_000], key "ba", since 1,
            en "Batch" "How many come at the same moment, on average. The request rate counts all of them.",
            ko "배치 크기" "한 순간에 함께 오는 평균 개수입니다. 요청률은 이들을 모두 셉니다.",
            when arrival in ["poisson", "even", "bursts", "rates", "times", "sessions"];
        visit: Count = Count(5), [1, 1_000], key "vi", since 1,
            en "Requests of a visit" "How many requests a visitor sends one after another, on average. The request rate counts all of them.",
            ko "방문당 요청 수" "방문자 한 명이 차례로 보내는 평균 요청 수입니다. 요청률은 이들을 모두 셉니다.",
            when arrival in ["sessions"];
        sizes: Sizes = Sizes::Fixed, [], key "sz", since 1,
            en "Spread of sizes" "How the sizes of batches and visits spread about their mean.",
            ko "크기의 분포" "배치와 방문의 크기가 평균 주위로 퍼지는 방식입니다.",
            when arrival in ["poisson", "even", "bursts", "rates", "times", "sessions"];
        users: Count = Count(100), [1, 100_000], key "us", since 1,
            en "Users" "Users of the closed loop: each has at most one request open.",
            ko "사용자 수" "폐쇄 루프의 사용자 수입니다. 한 사람의 요청은 한 번에 하나뿐입니다.",
            when arrival in ["closed"];
        think_time: Law = Law::Exponential { mean_ms: 1_000.0 }, [0, 3_600_000], key "th", since 1,
            en "Think time" "From the answer, or from giving up, to the next request of the same user.",
            ko "생각 시간" "응답을 받거나 포기한 뒤 같은 사용자의 다음 요청까지의 시간입니다.",
            when arrival in ["sessions", "closed"];
        stop_after_success: Flag = Flag(false), [], key "so", since 1,
            en "Leave after success" "A user leaves for good after the first good answer.",
            ko "성공하면 떠남" "처음으로 좋은 응답을 받은 사용자는 다시 오지 않습니다.",
            when arrival in ["sessions", "closed"];
        objects: Count = Count(1), [1, 200], key "ob", since 1,
            en "Objects of a page" "A visitor asks for a page: first its document, of the kind that the shares say, then its other objects, which are static requests. The request rate counts all of them. 1 is no page, but a single request.",
            ko "페이지의 객체 수" "방문자가 페이지를 요청합니다. 먼저 비율에 따른 종류의 문서를 받고, 이어서 나머지 객체를 정적 요청으로 받습니다. 요청률은 이들을 모두 셉니다. 1이면 페이지가 아니라 요청 하나입니다.";
        connections: Count = Count(6), [1, 32], key "cn", since 1,
            en "Connections at once" "So many of the objects of a page does a visitor get at the same time, each connection one after another.",
            ko "동시 연결 수" "방문자가 페이지의 객체를 동시에 받는 연결의 수입니다. 연결 하나는 객체를 차례로 받습니다.";
        start_with: Count = Count(0), [0, 10_000], key "sw", since 1,
            en "Waiting at the start" "Requests that come all at once when the population first appears.",
            ko "시작 때 밀린 요청" "사용자 집단이 처음 나타날 때 한꺼번에 오는 요청 수입니다.";
        keys: Count = Count(10_000), [1, 1_000_000], key "ke", since 1,
            en "Keys" "How many different things (rows, pages, users) the requests are about. Each request is about one, in all its calls.",
            ko "키 개수" "요청이 다루는 대상(행, 페이지, 사용자)의 가짓수입니다. 요청 하나는 모든 호출에서 같은 대상을 다룹니다.";
        zipf: Number = Number(0.9), [0, 10], key "zi", since 1,
            en "Popularity" "Exponent of Zipf's law: the k-th most popular key is asked for in proportion to 1 / k to this power. 0 asks for all alike.",
            ko "인기 쏠림" "지프 법칙의 지수입니다. k번째로 인기 있는 키는 k의 이 거듭제곱에 반비례해 요청됩니다. 0이면 모두 고르게 요청됩니다.";
        behind_gateway: Share = Share(0.0), [0, 1], key "bg", since 1,
            en "Behind one gateway" "Share of the users whose requests come from one address, that of a carrier's gateway or a company's proxy.",
            ko "게이트웨이 뒤 사용자" "통신사 게이트웨이나 회사 프록시의 한 주소에서 요청이 오는 사용자의 비율입니다.";
        same_subnet: Flag = Flag(false), [], key "sn", since 1,
            en "In the servers' subnet" "They stand in the same subnet as the servers behind the balancer that they call, as an internal mail relay does. Where that balancer hands calls over and changes their addresses (NAT), answers reach them past it, from an address that they never asked, and are thrown away.",
            ko "서버와 같은 서브넷" "내부 메일 릴레이처럼, 호출하는 로드 밸런서 뒤의 서버들과 같은 서브넷에 있습니다. 로드 밸런서가 주소를 바꿔(NAT) 넘겨주면 응답이 로드 밸런서를 거치지 않고 물은 적 없는 주소에서 와 버려집니다.";
        ramp_s: Seconds = Seconds(0.0), [0, 1_000_000], key "ra", since 1,
            en "Ramp" "For so long from the start of the run, rates grow evenly to their full height. 0 is no ramp.",
            ko "램프" "실행 시작부터 이 시간 동안 요청률이 고르게 변해 제 높이에 이릅니다. 0이면 램프가 없습니다.",
            when arrival in ["poisson", "even", "bursts", "rates", "sessions"];
        ramp_from: Share = Share(0.0), [0, 1], key "rf", since 1,
            en "Ramp from" "Where the ramp begins, as a share of the full rate.",
            ko "램프 시작" "램프가 시작하는 높이로, 제 높이에 대한 비율입니다.",
            when arrival in ["poisson", "even", "bursts", "rates", "sessions"];
        day_s: Seconds = Seconds(0.0), [0, 31_557_600], key "dy", since 1,
            en "Day" "Rates swing like a cosine with this period, lowest at the start of the run. 0 is no swing.",
            ko "하루 길이" "요청률이 이 주기의 코사인처럼 오르내리며, 실행 시작 때 가장 낮습니다. 0이면 오르내리지 않습니다.",
            when arrival in ["poisson", "even", "bursts", "rates", "sessions"];
        day_swing: Share = Share(0.5), [0, 1], key "dw", since 1,
            en "Swing" "How far rates swing to both sides of their mean, as a share of it.",
            ko "진폭" "요청률이 평균에서 위아래로 벗어나는 정도로, 평균에 대한 비율입니다.",
            when arrival in ["poisson", "even", "bursts", "rates", "sessions"];
    }
}
