"""Holdfast beside etcd, Redis and PostgreSQL, in one run. tools/bench-peers installs what this needs and calls it."""

import argparse
import datetime
import json
import os
import shlex
import shutil
import signal
import statistics
import sys
import time

import load
import report
import systems


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench-peers", description=__doc__.split(".")[0] + ".")
    parser.add_argument("--systems", default="etcd1,etcd3,redis,postgres,holdfast1,holdfast3,limits",
                        help="which, by commas (default: all)")
    parser.add_argument("--works", default=",".join(work.name for work in load.WORKS), help="which, by commas (default: all)")
    parser.add_argument("--callers", default="1,64,256", help="requests under way at a time, by commas")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the table has the medians")
    parser.add_argument("--seconds", type=int, default=3, help="how long each measurement takes")
    parser.add_argument("--quick", action="store_true", help="one round of 2 s each: to try it out; writes no page")
    parser.add_argument("--no-page", action="store_true", help="print the tables, and leave docs/PERFORMANCE.md as it is")
    parser.add_argument("--data", help="folder on the disk to be measured (default: a new one under /var/tmp)")
    # Given by tools/bench-peers.
    parser.add_argument("--holdfast", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--generator", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--postgres-bin", default="", help=argparse.SUPPRESS)
    parser.add_argument("--page", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.no_page = 1, 2, True
    return options


MAKERS = {
    "etcd1": lambda folder, tools: systems.Etcd(folder, tools, 1),
    "etcd3": lambda folder, tools: systems.Etcd(folder, tools, 3),
    "redis": systems.Redis,
    "postgres": systems.Postgres,
    "holdfast1": lambda folder, tools: systems.Holdfast(folder, tools, 1),
    "holdfast3": lambda folder, tools: systems.Holdfast(folder, tools, 3),
}


class Run:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.cells = {}
        self.limits = {}
        self.names = []
        self.works = [work for work in load.WORKS if work.name in options.works.split(",")]
        self.callers = [int(count) for count in options.callers.split(",")]
        self.began = time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", file=sys.stderr, flush=True)

    def all_rounds(self):
        wanted = self.options.systems.split(",")
        for unknown in set(wanted) - set(MAKERS) - {"limits"}:
            sys.exit(f"There is no system {unknown}; there are {', '.join(MAKERS)} and limits.")
        for number in range(self.options.rounds):
            # A, B, C; B, C, A; …: what changes on the machine meanwhile meets all of them.
            turn = number % len(wanted)
            for key in wanted[turn:] + wanted[:turn]:
                if key == "limits":
                    self.measure_limits()
                else:
                    self.measure(key)

    def measure(self, key):
        system = MAKERS[key](systems.fresh(os.path.join(self.folder, key)), self.options)
        if system.name not in self.names:
            self.names.append(system.name)
        try:
            system.start()
            system.run(load.WORKS[0], 64, 1)
            for work in self.works:
                for callers in self.callers:
                    system.prepare(work, callers)
                    sample = load.measured(system, lambda: system.run(work, callers, self.options.seconds))
                    self.cells.setdefault((system.name, work.name, callers), []).append(sample)
                    self.say(
                        f"{system.name}: {work.name}, {callers} callers: {sample.per_second:,.0f}/s, "
                        f"p50 {sample.p50:.2f} ms, p99 {sample.p99:.2f} ms, CPU {sample.system_cpu:.1f} + "
                        f"{sample.client_cpu:.1f} µs" + (f", {sample.errors} errors" if sample.errors else ""))
        finally:
            system.stop()
            shutil.rmtree(system.folder, ignore_errors=True)

    def measure_limits(self):
        found = json.loads(load.output_of([
            self.options.holdfast, "bench-limits", "--json", "--data", os.path.join(self.folder, "limits"),
            "--seconds", "1"]))
        for rate in [found["flushes"], *found["inserts"]]:
            name = "a page and fdatasync" if rate.get("batch") is None else f"bare inserts, batches of {rate['batch']}"
            sample = load.Sample(0, rate["operations_per_second"], rate["p50_milliseconds"], rate["p99_milliseconds"],
                                 system_cpu=rate["cpu_microseconds_per_operation"])
            self.limits.setdefault(name, []).append(sample)
            self.say(f"{name}: {sample.per_second:,.0f}/s")

    def spread(self):
        """How far the rounds of one cell lie apart: what the machine's own unrest is worth."""
        shares = [
            (max(rates) - min(rates)) / statistics.median(rates)
            for samples in self.cells.values() if len(rates := [sample.per_second for sample in samples]) > 1]
        return statistics.median(shares) if shares else None

    def lines(self):
        options = self.options
        versions = [systems.Holdfast.version_of(options.holdfast)]
        if any(name.startswith("etcd") for name in self.names):
            versions.append(systems.Etcd.version())
        if systems.Redis.name in self.names:
            versions.append(systems.Redis.version())
        if systems.Postgres.name in self.names:
            versions.append(systems.Postgres.version_of(options.postgres_bin))
        command = ["tools/bench-peers", *os.environ.get("BENCH_PEERS_ARGUMENTS", "").split()]
        lines = [
            "",
            f"`{shlex.join(command)}` on {datetime.date.today().isoformat()}: {', '.join(versions)}. {load.machine()}, "
            f"{load.file_system(self.folder)}; every node and the load generator on the same cores. "
            f"{options.rounds} round{'s' if options.rounds > 1 else ''} of {options.seconds} s each, medians.",
        ]
        if (spread := self.spread()) is not None:
            lines.append(f"The rounds of one cell lay {100 * spread:.0f} % apart in the median.")
        works = [work.name for work in self.works]
        for table in [
            report.ratios_table(self.cells, self.limits), report.figures_table(self.cells, self.names, works, self.callers),
            report.limits_table(self.limits) if self.limits else [],
        ]:
            if len(table) > 2:
                lines += ["", *table]
        return lines + [""]


def main():
    options = arguments()
    # A `kill` ends what was started, like Control-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = systems.fresh(options.data or f"/var/tmp/holdfast-bench-{os.getpid()}")
    run = Run(options, folder)
    try:
        run.all_rounds()
        lines = run.lines()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(lines))
    if not options.no_page:
        report.replace_section(options.page, "peers", lines)
        run.say(f"{options.page} is written.")


main()
