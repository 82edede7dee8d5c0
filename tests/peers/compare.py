"""Runs M1 to M4 on all engines in turns and prints one table. Started by run.sh."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
MODELS = ["m1", "m2", "m3", "m4"]
THEORY = {"m1": 4.0, "m2": 0.8769, "m3": 1.1948, "m4": 1.8361}
PYTHON = [sys.executable, os.path.join(HERE, "python_peers.py")]
NODE = ["node", os.path.join(HERE, "simjs_peer.cjs")]
# Command, jobs of M1, jobs of the others.
PEERS = {
    "SimPy 4.1.2": (PYTHON + ["simpy"], 200_000, 100_000),
    "Ciw 3.2.7": (PYTHON + ["ciw"], 60_000, 30_000),
    "simjs 2.0.3": (NODE, 1_000_000, 500_000),
    "NeXosim 1.0.0": ([os.environ["NEXOSIM"]], 2_000_000, 1_000_000),
}


def output(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def main():
    rates, waits, algorithm = {}, {}, None

    def note(tool, model, jobs, cpu_s, wait):
        rates.setdefault((tool, model), []).append(jobs / cpu_s)
        waits.setdefault((tool, model), []).append(wait)

    for number in range(1, ROUNDS + 1):
        print(f"round {number} of {ROUNDS}", file=sys.stderr)
        for model in MODELS:
            bench = [os.environ["BROWNOUT"], "bench", "--repeat", "1", "--format", "json", "--model", model]
            one = output(bench)["models"][0]
            note("Brownout", model, one["jobs"], one["cpu_s"], one["mean_wait_s"])
            algorithm = one["algorithm"] or algorithm
            for tool, (command, first, rest) in PEERS.items():
                jobs = first if model == "m1" else rest
                one = output(command + [model, str(jobs), str(number)])
                note(tool, model, one["jobs"], one["cpu_s"], one["mean_wait_s"])

    print(f"Jobs per second of CPU time (best of {ROUNDS}), Brownout's multiple, and mean wait in s (mean of {ROUNDS}).")
    print(f"The balancer of M4: {algorithm} by Brownout, round robin by the others.\n")
    cells = lambda tool, model: (  # noqa: E731
        f"{max(rates[tool, model]):,.0f}",
        f"{max(rates['Brownout', model]) / max(rates[tool, model]):.2f} x",
        f"{sum(waits[tool, model]) / ROUNDS:.4f}",
    )
    print(f"{'':<14}" + "".join(f"{model + ' jobs/s':>14}{'':>9}{'wait':>9}" for model in MODELS))
    for tool in ["Brownout", *PEERS]:
        row = [cells(tool, model) for model in MODELS]
        print(f"{tool:<14}" + "".join(f"{rate:>14}{ratio:>9}{wait:>9}" for rate, ratio, wait in row))
    print(f"{'theory':<14}" + "".join(f"{'':>14}{'':>9}{THEORY[model]:>9.4f}" for model in MODELS))


if __name__ == "__main__":
    main()
