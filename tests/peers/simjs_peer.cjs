// M1 to M4 on simjs. Prints one JSON object: `node simjs_peer.cjs m1 JOBS SEED`.
// The package is made for pages: it hangs what it exports on the window.
globalThis.window = {};
require("simjs");
const { Sim, Facility, Random, Entity } = globalThis.window.Sim;

const MODELS = {
  m1: [0.8, [[1, 1]]],
  m2: [7.2, [[8, 1]]],
  m3: [2.8, [[4, 1], [4, 1], [2, 2]]],
  m4: [12.8, Array.from({ length: 16 }, () => [1, 1])],
};

const [model, jobs, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const [rate, stations] = MODELS[model];
const random = new Random(seed);
const sim = new Sim();
const facilities = stations.map(([servers], at) => new Facility(`station ${at}`, Facility.FCFS, servers));
let issued = 0;

class Source extends Entity {
  start() {
    this.setTimer(random.exponential(rate)).done(this.arrive);
  }

  arrive() {
    const number = issued;
    issued += 1;
    if (model === "m4") {
      this.useFacility(facilities[number % 16], random.exponential(1));
    } else {
      this.visit(0);
    }
    if (issued < jobs) this.setTimer(random.exponential(rate)).done(this.arrive);
  }

  visit(at) {
    const request = this.useFacility(facilities[at], random.exponential(stations[at][1]));
    if (at + 1 < facilities.length) request.done(this.visit, this, at + 1);
  }
}

sim.addEntity(Source);
const begin = process.cpuUsage();
sim.simulate(Number.MAX_VALUE);
const used = process.cpuUsage(begin);
let wait = 0;
for (const facility of facilities) {
  const queue = facility.queueStats().durationSeries;
  wait += queue.average() * queue.count();
}
const cpu = (used.user + used.system) / 1e6;
console.log(JSON.stringify({ jobs, cpu_s: cpu, mean_wait_s: wait / jobs }));
