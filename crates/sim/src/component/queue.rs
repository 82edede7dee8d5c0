//! The message queue: it accepts messages at once and hands them to consumers when those can take them.
//!
//! Publishing is a call that is answered as soon as the message is accepted. A delivery is a call as well, whose
//! answer acknowledges the message: what is not acknowledged in time is handed out again, so that each message
//! is done at least once. As AMQP 0-9-1 (basic.qos, basic.ack, basic.consume) and brokers with a visibility
//! timeout have it.

use super::spec::{Component, Gauge, GaugeKind, Group, NewEdge, TypeSpec};
use crate::engine::{Build, Core, Cx, DONE, Next, Pc, SECOND, Sampler, Stream};
use crate::observe::Class;
use crate::param::{ParamSet, Words};
use crate::resource::{Broker, BrokerRules, MessageCounts, MessageTimes, Mirroring, StationShape};
use crate::system::{EdgeKind, Mode, Verb};
use crate::{choices, params};

choices! {
    /// Who gets a message.
    pub enum Delivery {
        /// The consumers of all connected parts compete for messages.
        Shared = "shared", en "to one consumer (queue)", ko "소비자 하나에게(큐)";
        /// Every connected part is a group of its own, and gets a copy of each message.
        Each = "each", en "a copy to every connected part (topic)", ko "연결된 부품마다 사본 하나씩(토픽)";
    }
}

choices! {
    /// What becomes of publishers when there is no room.
    pub enum NoRoom {
        Refuse = "refuse", en "refuse them", ko "거부";
        /// They wait until there is room, and with them whoever waits for them.
        Block = "block", en "make them wait (back-pressure)", ko "대기시킴(백프레셔)";
    }
}

params! {
    /// What a message queue is set to.
    pub struct Params costs 0.1 {
        delivery: Delivery = Delivery::Shared, [], key "de", since 1,
            en "Delivery" "Whether a message goes to one consumer of all that are connected, or every connected part gets a copy of it. The instances of a part always share.",
            ko "전달 방식" "메시지를 연결된 소비자 중 하나에게 줄지, 연결된 부품마다 사본을 줄지 정합니다. 한 부품의 인스턴스들은 항상 나눠 받습니다.";
        durable: Flag = Flag(true), [], key "du", since 1,
            en "Durable" "Messages are on disk before they are accepted, and there again after a crash. Otherwise a crash loses every one.",
            ko "지속성" "메시지를 디스크에 쓴 뒤 접수하므로 강제 종료 뒤에도 남아 있습니다. 끄면 강제 종료 때 모두 사라집니다.";
        enqueue_time: Law = Law::Constant { ms: 2.0 }, [0, 3_600_000], key "et", since 1,
            en "Enqueue time" "Time to accept a message, writing it to disk included.",
            ko "접수 시간" "메시지 하나를 접수하는 시간입니다. 디스크에 쓰는 시간도 포함합니다.";
        writers: Count = Count(16), [1, 10_000], key "w", since 1,
            en "Writers" "Messages that are accepted at the same time.",
            ko "동시 접수 수" "동시에 접수하는 메시지 수입니다.";
        backlog: Count = Count(1_000), [0, 10_000_000], key "b", since 1,
            en "Publishers waiting" "Publishers that may wait to be let in, and as many that may wait for room; the next is refused.",
            ko "대기 가능한 발행자" "접수를 기다릴 수 있는 발행자 수이자 빈자리를 기다릴 수 있는 발행자 수입니다. 넘치면 거부합니다.";
        mirroring: Mirroring = Mirroring::None, [], key "mi", since 1,
            en "Copies" "Whether the next instance that is up has a copy of every message that an instance holds, and takes over when that dies. Copied after the answer, what is under way then is lost.",
            ko "사본" "인스턴스가 가진 메시지마다 다음 인스턴스가 사본을 두었다가, 그 인스턴스가 죽으면 이어받을지 정합니다. 응답한 뒤 복사하면 그때 복사 중이던 메시지는 사라집니다.";
        mirror_ms: Millis = Millis(1.0), [0, 3_600_000], key "mr", since 1,
            en "Between instances" "One way to the instance that has the copies. What is copied before the answer is answered a round trip later.",
            ko "인스턴스 간 지연" "사본을 두는 인스턴스까지의 편도 시간입니다. 응답 전에 복사하면 왕복 시간만큼 늦게 응답합니다.",
            when mirroring in ["async", "sync"];
        takeover_s: Seconds = Seconds(5.0), [0, 86_400], key "to", since 1,
            en "Takeover after" "From the death of an instance until the other hands out what it held. One that is back before has it itself.",
            ko "이어받기까지" "인스턴스가 죽은 뒤 다른 인스턴스가 그 메시지를 내주기 시작할 때까지의 시간입니다. 그 전에 돌아오면 스스로 계속합니다.",
            when mirroring in ["async", "sync"];
        capacity: Count = Count(100_000), [1, 1_000_000], key "ca", since 1,
            en "Capacity" "Messages that an instance holds, waiting or with consumers.",
            ko "용량" "인스턴스 하나가 보관하는 메시지 수입니다. 대기 중인 것과 소비자에게 나간 것을 모두 셉니다.";
        when_full: NoRoom = NoRoom::Refuse, [], key "wf", since 1,
            en "When full" "What becomes of publishers when there is no room for their message.",
            ko "가득 찼을 때" "메시지를 넣을 자리가 없을 때 발행자를 어떻게 할지 정합니다.";
        prefetch: Count = Count(2), [1, 10_000], key "pf", since 1,
            en "Prefetch" "Messages that a consumer instance may have without having acknowledged them. With one, it idles while its acknowledgement and the next message travel.",
            ko "프리페치" "소비자 인스턴스 하나가 확인 응답 없이 가지고 있을 수 있는 메시지 수입니다. 1이면 확인 응답과 다음 메시지가 오가는 동안 놀게 됩니다.";
        redeliver_s: Seconds = Seconds(30.0), [0.001, 86_400], key "rd", since 1,
            en "Redelivery after" "A message that is not acknowledged for this long after it was handed out is handed out again. If the connection of its consumer breaks, that happens at once.",
            ko "재전달 시간" "메시지를 내준 뒤 이 시간 동안 확인 응답이 없으면 다시 내줍니다. 소비자와의 연결이 끊기면 바로 다시 내줍니다.";
        deliveries: Count = Count(5), [0, 10_000], key "dl", since 1,
            en "Deliveries" "After so many failed deliveries a message is set aside as a dead letter. 0 sets no limit.",
            ko "전달 횟수" "이만큼 전달에 실패한 메시지는 데드 레터로 따로 둡니다. 0이면 제한이 없습니다.";
        reconnect_s: Seconds = Seconds(1.0), [0.001, 3_600], key "rc", since 1,
            en "Reconnect interval" "From one look whether a lost consumer is back to the next.",
            ko "재연결 간격" "끊긴 소비자가 돌아왔는지 다시 확인하기까지의 시간입니다.";
    }
}

const ENQUEUED: Pc = 32;
/// Another instance has a copy of the message.
const COPIED: Pc = 33;
const TIMES: u32 = 1;

/// A running message queue.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    time: Sampler,
    times: Stream,
    rules: BrokerRules,
    part: u32,
}

impl Queue {
    fn set(&mut self, params: &Params, build: &mut Build<'_>) {
        build.stations(&[StationShape::plain(params.writers.0, params.backlog.0)]);
        self.time = Sampler::new(&params.enqueue_time);
        let (deliveries, knocks) = (params.redeliver_s.ns(), params.reconnect_s.ns());
        let mut rules = BrokerRules {
            each: params.delivery == Delivery::Each,
            durable: params.durable.0,
            capacity: params.capacity.0,
            blocks: params.when_full == NoRoom::Block,
            most_blocked: params.backlog.0,
            prefetch: params.prefetch.0,
            most_deliveries: params.deliveries.0,
            mirroring: params.mirroring,
            mirror: params.mirror_ms.ns(),
            takeover: params.takeover_s.ns(),
            redeliver: deliveries,
            reconnect: knocks,
            ..self.rules
        };
        if self.rules.redeliver != deliveries {
            build.core.retire_list(rules.deliveries);
            rules.deliveries = build.core.timeout_list(deliveries);
        }
        if self.rules.reconnect != knocks {
            build.core.retire_list(rules.knocks);
            rules.knocks = build.core.timeout_list(knocks);
        }
        self.rules = rules;
        for id in build.core.parts[self.part as usize].brokers.clone() {
            build.core.brokers[id as usize].rules = rules;
        }
    }

    /// What its instances hold.
    fn brokers<'a>(&self, core: &'a Core) -> impl Iterator<Item = &'a Broker> {
        core.parts[self.part as usize].brokers.iter().map(|id| &core.brokers[*id as usize])
    }

    fn sums(&self, core: &Core) -> (MessageCounts, MessageTimes) {
        let (mut counts, mut times) = (MessageCounts::default(), MessageTimes::default());
        for broker in self.brokers(core) {
            counts.add(&broker.counts);
            times.messages += broker.times.messages;
            times.waited += broker.times.waited;
            times.took += broker.times.took;
        }
        (counts, times)
    }
}

impl Component for Queue {
    const SPEC: TypeSpec = TypeSpec {
        name: "queue",
        label: Words::new("Message queue", "메시지 큐"),
        help: Words::new(
            "Accepts messages at once and keeps them until a consumer has done what they ask for. Publisher and consumer need not be up at the same time.",
            "메시지를 바로 접수하고 소비자가 처리를 마칠 때까지 보관합니다. 발행자와 소비자가 동시에 떠 있을 필요가 없습니다.",
        ),
        group: Group::Data,
        icon: "queue",
        params: Params::SPECS,
        offers: &[EdgeKind::Calls],
        accepts: &[EdgeKind::Calls, EdgeKind::Watches],
        faults: &[Verb::Kill, Verb::Pause, Verb::Slow],
        new_edge: NewEdge { mode: Mode::Sync, latency_ms: 0.5, timeout_ms: 1_000.0 },
        chooses: true,
        sources: &[
            "AMQP 0-9-1 (2008): acknowledgement, redelivery, dead letters by its extensions",
            "RabbitMQ documentation, classic queue mirroring: a copy elsewhere, and who takes over",
            "J. Kreps, N. Narkhede, J. Rao, \"Kafka: a Distributed Messaging System for Log Processing\", NetDB 2011: consumer groups",
        ],
        gauges: &[
            GaugeKind { name: "backlog", label: Words::new("Messages waiting", "대기 메시지") },
            GaugeKind {
                name: "backlog_max", label: Words::new("Most messages waiting", "최대 대기 메시지")
            },
            GaugeKind {
                name: "out", label: Words::new("With consumers", "소비자에게 나간 메시지")
            },
            GaugeKind {
                name: "drain_rps", label: Words::new("Acknowledged per second", "초당 확인 응답")
            },
            GaugeKind {
                name: "oldest_s",
                label: Words::new("Age of the oldest (s)", "가장 오래된 메시지(초)"),
            },
            GaugeKind { name: "wait_mean_ms", label: Words::new("Mean wait (ms)", "평균 대기(ms)") },
            GaugeKind {
                name: "done_mean_ms",
                label: Words::new("Mean time until done (ms)", "평균 완료 시간(ms)"),
            },
            GaugeKind { name: "accepted", label: Words::new("Accepted", "접수") },
            GaugeKind { name: "acknowledged", label: Words::new("Acknowledged", "확인 응답") },
            GaugeKind { name: "redelivered", label: Words::new("Delivered again", "재전달") },
            GaugeKind { name: "dead_letters", label: Words::new("Dead letters", "데드 레터") },
            GaugeKind { name: "lost", label: Words::new("Lost", "유실") },
            GaugeKind {
                name: "full_refused",
                label: Words::new("Refused for want of room", "자리 부족 거부"),
            },
            GaugeKind { name: "blocked", label: Words::new("Publishers waiting", "대기 중인 발행자") },
        ],
    };
    type Params = Params;

    fn build(params: &Params, build: &mut Build<'_>) -> Self {
        let time = Sampler::new(&params.enqueue_time);
        let rules = BrokerRules::default();
        let mut queue = Self { time, times: build.stream(TIMES), rules, part: build.part };
        queue.set(params, build);
        queue
    }

    fn step(&mut self, cx: &mut Cx<'_>) -> Next {
        let broker = cx.core.broker_of(cx.part, cx.number());
        match cx.pc() {
            // A health check finds out whether messages would be accepted, no more.
            0 if cx.class() == Class::Probe => Next::Acquire { slot: 0, then: DONE },
            0 => Next::Visit { slot: 0, time: self.time.draw(&mut cx.draws(self.times)), then: ENQUEUED },
            ENQUEUED if self.rules.mirroring == Mirroring::Sync && cx.core.mirror_of(broker).is_some() => {
                cx.core.release(cx.frame);
                Next::Sleep { time: self.rules.mirror.saturating_mul(2), then: COPIED }
            }
            ENQUEUED | COPIED => cx.core.publish(cx.frame, broker),
            _ => cx.core.step_delivery(cx.frame, broker),
        }
    }

    /// Messages that are out time out as they would have; all else holds at once.
    fn edit(&mut self, params: &Params, build: &mut Build<'_>) {
        self.set(params, build);
        for id in build.core.parts[self.part as usize].brokers.clone() {
            if build.core.is_up(build.core.brokers[id as usize].instance) {
                build.core.rewire_broker(id, build.part);
            }
        }
    }

    fn started(&mut self, cx: &mut Cx<'_>) {
        if cx.core.parts[cx.part as usize].brokers.len() <= cx.number() {
            cx.core.add_broker(cx.instance, self.rules);
        }
        self.rewired(cx);
    }

    fn rewired(&mut self, cx: &mut Cx<'_>) {
        let broker = cx.core.broker_of(cx.part, cx.number());
        cx.core.rewire_broker(broker, cx.part);
    }

    fn killed(&mut self, cx: &mut Cx<'_>) {
        let broker = cx.core.broker_of(cx.part, cx.number());
        cx.core.crash_broker(broker);
    }

    fn gauges(&self, core: &Core, out: &mut Vec<Gauge>) {
        let brokers = || self.brokers(core);
        let (counts, times) = self.sums(core);
        let mean_ms =
            |sum: u128| if times.messages == 0 { 0.0 } else { sum as f64 / times.messages as f64 / 1e6 };
        let oldest = brokers().filter_map(Broker::oldest).min();
        let blocked = brokers().map(|broker| broker.blocked.len()).sum::<usize>();
        let mut gauge = |name, value| out.push(Gauge { name, value });
        gauge("backlog", brokers().map(Broker::queued).sum::<usize>() as f64);
        gauge("backlog_max", brokers().map(|broker| broker.most_queued).sum::<usize>() as f64);
        gauge("out", brokers().map(Broker::out).sum::<usize>() as f64);
        gauge("drain_rps", brokers().map(|broker| broker.drain_rps(core.now)).sum());
        gauge("oldest_s", oldest.map_or(0.0, |since| (core.now - since) as f64 / SECOND as f64));
        gauge("wait_mean_ms", mean_ms(times.waited));
        gauge("done_mean_ms", mean_ms(times.took));
        gauge("accepted", counts.accepted as f64);
        gauge("acknowledged", counts.acknowledged as f64);
        gauge("redelivered", counts.redelivered as f64);
        gauge("dead_letters", counts.dead as f64);
        gauge("lost", counts.lost as f64);
        gauge("full_refused", counts.refused as f64);
        gauge("blocked", blocked as f64);
    }
}
