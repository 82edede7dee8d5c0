//! What a database with replicas can be set to.

use crate::engine::Sampler;
use crate::params;
use crate::resource::{Coordinator, Fencing, GroupRules, QuorumRules, ReadFrom, Replication, StationParams};

params! {
    /// How the instances of a database replicate, and how they choose a primary.
    pub struct ReplicaParams with station: StationParams {
        replication: Replication = Replication::None, [], key "re", since 1,
            en "Replication" "When a write is answered. Without replication all instances stand before one set of data; with it the first instance is the primary and the others are replicas, each with a log position of its own. Callers that are connected directly send writes to the primary; a replica refuses them. With a quorum there is no primary: any instance takes reads and writes, the newer of two writes wins, and one that expected an older version loses an update instead of meeting a conflict.",
            ko "복제" "쓰기에 언제 응답할지 정합니다. 복제가 없으면 모든 인스턴스가 한 데이터를 공유합니다. 복제하면 첫 인스턴스가 프라이머리, 나머지가 복제본이며 저마다 로그 위치를 가집니다. 직접 연결된 호출자는 쓰기를 프라이머리로 보내고, 복제본은 쓰기를 거부합니다. 정족수 방식에는 프라이머리가 없어 어느 인스턴스나 읽기와 쓰기를 받고, 둘 중 새로운 쓰기가 남습니다. 이전 버전을 기대한 쓰기는 충돌 대신 갱신을 잃게 만듭니다.";
        receipts: Count = Count(1), [1, 1_000], key "rk", since 1,
            en "Receipts" "A commit waits until so many replicas have received the write.",
            ko "수신 확인 수" "이만큼의 복제본이 쓰기를 받을 때까지 커밋이 기다립니다.",
            when replication in ["semi_sync"];
        commit_wait_s: Seconds = Seconds(10.0), [0, 86_400], key "cw", since 1,
            en "Commit waits at most" "After this time without the replicas that it needs, the primary answers at once until they have caught up. 0 waits for ever. A waiting commit holds no worker.",
            ko "커밋 최대 대기" "필요한 복제본의 확인이 이 시간 동안 없으면 따라잡을 때까지 바로 응답합니다. 0이면 끝없이 기다립니다. 기다리는 커밋은 워커를 점유하지 않습니다.",
            when replication in ["semi_sync", "sync", "quorum"];
        write_quorum: Count = Count(2), [1, 64], key "qw", since 1,
            en "Copies to write (W)" "A write is answered once so many instances, the one that was asked included, have it on disk. All are sent it. More than there are instances is never reached; 64 instances at most hold copies.",
            ko "쓰기 정족수(W)" "요청을 받은 인스턴스를 포함해 이만큼이 디스크에 쓰면 응답합니다. 쓰기는 모두에게 보냅니다. 인스턴스 수보다 크면 채울 수 없으며, 사본은 최대 64개 인스턴스에 둡니다.",
            when replication in ["quorum"];
        read_quorum: Count = Count(2), [1, 64], key "qr", since 1,
            en "Copies to read (R)" "A read asks all instances, takes the newest version of the first so many, and answers. With R + W above the number of instances it always meets the last acknowledged write.",
            ko "읽기 정족수(R)" "읽기는 모두에게 묻고, 먼저 답한 이만큼 중 가장 새로운 버전으로 응답합니다. R + W가 인스턴스 수보다 크면 마지막으로 확인된 쓰기를 반드시 만납니다.",
            when replication in ["quorum"];
        coordinator: Coordinator = Coordinator::Copy, [], key "qc", since 1,
            en "Coordinator" "Who sends a read or a write to all copies and counts the answers: the instance that was asked, whose own copy costs no message, or one without a copy, such as a library of the caller, for whom every copy is a message away. It is lost with the instance that was asked.",
            ko "코디네이터" "읽기나 쓰기를 모든 사본에 보내고 답을 세는 쪽입니다. 요청을 받은 인스턴스라면 자기 사본에는 메시지가 들지 않습니다. 호출자의 라이브러리처럼 사본이 없는 코디네이터라면 모든 사본에 메시지를 보냅니다. 요청을 받은 인스턴스가 죽으면 함께 사라집니다.",
            when replication in ["quorum"];
        read_repair: Flag = Flag(true), [], key "qp", since 1,
            en "Read repair" "A read sends the newest version to those that answered with an older one.",
            ko "읽기 복구" "읽기가 오래된 버전을 답한 인스턴스에 가장 새로운 버전을 보냅니다.",
            when replication in ["quorum"];
        hinted_handoff: Flag = Flag(true), [], key "qh", since 1,
            en "Hinted handoff" "Who took a write in keeps it for instances that missed it, and hands it over once they can be reached, at most 1,000 each heartbeat interval.",
            ko "힌트 전달" "쓰기를 받은 인스턴스가 놓친 인스턴스 몫을 보관했다가, 다시 닿으면 하트비트 간격마다 최대 1,000개씩 넘겨줍니다.",
            when replication in ["quorum"];
        transfer_time: Law = Law::Exponential { mean_ms: 1.0 }, [0, 3_600_000], key "tt", since 1,
            en "Transfer time" "From the write at the primary until a replica has received it, in order. What is under way is lost if the primary dies.",
            ko "전송 시간" "프라이머리의 쓰기를 복제본이 순서대로 받기까지 걸리는 시간입니다. 프라이머리가 죽으면 전송 중이던 것은 사라집니다.",
            when replication in ["async", "semi_sync", "sync", "quorum"];
        apply_time: Law = Law::Exponential { mean_ms: 4.0 }, [0, 3_600_000], key "ay", since 1,
            en "Apply time" "Time that a replica's worker takes to apply one write. Reads of the replica share its workers.",
            ko "적용 시간" "복제본의 워커가 쓰기 하나를 적용하는 시간입니다. 복제본의 읽기와 워커를 나눠 씁니다.",
            when replication in ["async", "semi_sync", "sync", "quorum"];
        appliers: Count = Count(1), [1, 32], key "an", since 1,
            en "Appliers" "Writes that a replica applies at the same time. With one, it lags for ever as soon as writes come faster than it applies them.",
            ko "적용 스레드" "복제본 하나가 동시에 적용하는 쓰기 수입니다. 하나뿐이면 쓰기가 적용보다 빠를 때 지연이 끝없이 늘어납니다.",
            when replication in ["async", "semi_sync", "sync"];
        reads: ReadFrom = ReadFrom::Primary, [], key "rr", since 1,
            en "Reads from" "Who answers reads. A replica answers with what it has applied, which may be older than what was acknowledged.",
            ko "읽기 대상" "누가 읽기에 답할지 정합니다. 복제본은 적용한 데까지만 답하므로 이미 확인된 쓰기보다 오래됐을 수 있습니다.",
            when replication in ["async", "semi_sync", "sync"];
        own_writes_s: Seconds = Seconds(2.0), [0, 86_400], key "ow", since 1,
            en "Own writes for" "A user who has written reads from the primary for so long. Users of sessions and of closed populations come again.",
            ko "자기 쓰기 유지" "쓴 사용자는 이 시간 동안 프라이머리에서 읽습니다. 세션과 닫힌 집단의 사용자가 다시 옵니다.",
            when reads in ["own_writes"];
        peer_ms: Millis = Millis(0.5), [0, 3_600_000], key "pm", since 1,
            en "Between instances" "One way between two instances: heartbeats, votes, receipts.",
            ko "인스턴스 간 지연" "두 인스턴스 사이의 편도 시간입니다. 하트비트, 투표, 수신 확인에 쓰입니다.",
            when replication in ["async", "semi_sync", "sync", "quorum"];
        peer_jitter: Law = Law::Constant { ms: 0.0 }, [0, 3_600_000], key "pj", since 1,
            en "Jitter between instances" "Time that a question to a copy, and its answer or receipt, take on top of that, drawn anew for each.",
            ko "인스턴스 간 지터" "사본에 묻는 메시지와 그 답이나 수신 확인이 그 밖에 더 걸리는 시간입니다. 메시지마다 새로 뽑습니다.",
            when replication in ["quorum"];
        heartbeat_s: Seconds = Seconds(1.0), [0.01, 3_600], key "hb", since 1,
            en "Heartbeat interval" "From one word of the primary that it lives to the next.",
            ko "하트비트 간격" "프라이머리가 살아 있음을 알리는 간격입니다.",
            when replication in ["async", "semi_sync", "sync", "quorum"];
        misses: Count = Count(3), [1, 100], key "mi", since 1,
            en "Missed heartbeats" "After so many intervals without a word the replicas choose another primary, the most advanced of those who reach each other.",
            ko "하트비트 누락 수" "이만큼의 간격 동안 소식이 없으면 서로 닿는 복제본 중 가장 앞선 것을 새 프라이머리로 뽑습니다.",
            when replication in ["async", "semi_sync", "sync"];
        promote_s: Seconds = Seconds(5.0), [0, 86_400], key "po", since 1,
            en "Promotion" "From the choice until the replica takes writes; before that it applies all that it has received.",
            ko "승격 시간" "선출부터 쓰기를 받기까지의 시간입니다. 그 전에 받은 로그를 모두 적용합니다.",
            when replication in ["async", "semi_sync", "sync"];
        repoint_s: Seconds = Seconds(1.0), [0, 86_400], key "rp", since 1,
            en "Re-pointing" "From then until callers send to the new primary.",
            ko "연결 전환 시간" "그 뒤 호출자가 새 프라이머리로 보내기까지의 시간입니다.",
            when replication in ["async", "semi_sync", "sync"];
        fencing: Fencing = Fencing::Fence, [], key "fe", since 1,
            en "Second primary" "What keeps an old primary that only seems dead from taking writes beside the new one. Without it there are two (split brain), callers reach either, and what the loser took in is lost.",
            ko "이중 프라이머리 방지" "죽은 줄 알았던 옛 프라이머리가 새것과 함께 쓰기를 받지 못하게 하는 방법입니다. 없으면 프라이머리가 둘이 되어(스플릿 브레인) 호출자가 양쪽에 닿고, 진 쪽이 받은 쓰기는 사라집니다.",
            when replication in ["async", "semi_sync", "sync"];
        log: Count = Count(100_000), [100, 1_000_000], key "lg", since 1,
            en "Log" "So many writes are kept for replicas that lag; one that needs older ones copies all data.",
            ko "로그 보존" "뒤처진 복제본을 위해 보존하는 쓰기 수입니다. 더 오래된 것이 필요하면 데이터를 통째로 복사합니다.",
            when replication in ["async", "semi_sync", "sync", "quorum"];
        binlog: Flag = Flag(true), [], key "bl", since 1,
            en "Writes a log for replicas" "A primary that writes no log sends its replicas nothing: what they have is what they began with.",
            ko "복제 로그 기록" "프라이머리가 로그를 쓰지 않으면 복제본은 아무것도 받지 못하고, 처음 가졌던 것만 가집니다.",
            when replication in ["async", "semi_sync", "sync"];
        copy_s: Seconds = Seconds(60.0), [0, 31_536_000], key "cs", since 1,
            en "Copy time" "Time to copy all data to a replica that cannot catch up by the log.",
            ko "전체 복사 시간" "로그로 따라잡을 수 없는 복제본에 데이터를 통째로 복사하는 시간입니다.",
            when replication in ["async", "semi_sync", "sync"];
    }
}

impl ReplicaParams {
    pub(super) fn rules(&self) -> GroupRules {
        GroupRules {
            // Where there is no primary, nobody follows one.
            how: if self.replication == Replication::Quorum { Replication::None } else { self.replication },
            receipts: self.receipts.0,
            commit_wait: self.commit_wait_s.ns(),
            transfer: Sampler::new(&self.transfer_time),
            apply: Sampler::new(&self.apply_time),
            appliers: self.appliers.0,
            peer: self.peer_ms.ns(),
            beat: self.heartbeat_s.ns(),
            misses: self.misses.0,
            promote: self.promote_s.ns(),
            repoint: self.repoint_s.ns(),
            copy: self.copy_s.ns(),
            log: self.log.0,
            ships: self.binlog.0,
            reads: self.reads,
            own: self.own_writes_s.ns(),
            fencing: self.fencing,
        }
    }

    /// The rules of a leaderless database, whose instances read in such a time.
    pub(super) fn quorum(&self, look: &Sampler) -> QuorumRules {
        QuorumRules {
            writes: self.write_quorum.0,
            reads: self.read_quorum.0,
            repair: self.read_repair.0,
            hints: self.hinted_handoff.0,
            wait: self.commit_wait_s.ns(),
            transfer: Sampler::new(&self.transfer_time),
            apply: Sampler::new(&self.apply_time),
            look: look.clone(),
            peer: self.peer_ms.ns(),
            jitter: Sampler::new(&self.peer_jitter),
            coordinator: self.coordinator,
            beat: self.heartbeat_s.ns(),
            keep: self.log.0,
        }
    }
}
