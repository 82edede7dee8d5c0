"""M1 to M4 on SimPy and on Ciw. Prints one JSON object: `python_peers.py simpy m1 JOBS SEED`."""

import json
import random
import sys
import time

# Arrival rate, then servers and service rate of each station in a row; M4 is parallel instead.
MODELS = {
    "m1": (0.8, [(1, 1.0)]),
    "m2": (7.2, [(8, 1.0)]),
    "m3": (2.8, [(4, 1.0), (4, 1.0), (2, 2.0)]),
    "m4": (12.8, [(1, 1.0)] * 16),
}


def with_simpy(model, jobs, seed):
    import simpy

    rate, stations = MODELS[model]
    draw = random.Random(seed).expovariate
    environment = simpy.Environment()
    resources = [simpy.Resource(environment, servers) for servers, _ in stations]
    waits = [0.0]

    def job(path):
        for at in path:
            begin = environment.now
            with resources[at].request() as request:
                yield request
                waits[0] += environment.now - begin
                yield environment.timeout(draw(stations[at][1]))

    def source():
        row = list(range(len(stations)))
        for number in range(jobs):
            yield environment.timeout(draw(rate))
            environment.process(job([number % 16] if model == "m4" else row))

    environment.process(source())
    begin = time.process_time()
    environment.run()
    return time.process_time() - begin, waits[0] / jobs


def with_ciw(model, jobs, seed):
    import ciw

    rate, stations = MODELS[model]
    exponential, none = ciw.dists.Exponential, None
    leave = ciw.routing.Leave
    if model == "m4":
        arrivals = [exponential(rate)] + [none] * 16
        services = [ciw.dists.Deterministic(0.0)] + [exponential(1.0)] * 16
        servers = [float("inf")] + [1] * 16
        routers = [ciw.routing.Cycle(cycle=list(range(2, 18)))] + [leave() for _ in range(16)]
    else:
        arrivals = [exponential(rate)] + [none] * (len(stations) - 1)
        services = [exponential(service) for _, service in stations]
        servers = [count for count, _ in stations]
        routers = [ciw.routing.Direct(to=at + 2) for at in range(len(stations) - 1)] + [leave()]
    network = ciw.create_network(
        arrival_distributions=arrivals,
        service_distributions=services,
        number_of_servers=servers,
        routing=ciw.routing.NetworkRouting(routers=routers),
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    begin = time.process_time()
    simulation.simulate_until_max_customers(jobs, method="Finish")
    cpu = time.process_time() - begin
    return cpu, sum(record.waiting_time for record in simulation.get_all_records()) / jobs


if __name__ == "__main__":
    tool, model, jobs, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    cpu, wait = {"simpy": with_simpy, "ciw": with_ciw}[tool](model, jobs, seed)
    print(json.dumps({"jobs": jobs, "cpu_s": cpu, "mean_wait_s": wait}))
