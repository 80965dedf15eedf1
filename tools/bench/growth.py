"""What Holdfast costs as it grows, restarts, rests and moves. tools/bench-growth builds what this needs and calls it."""

import argparse
import datetime
import os
import shutil
import signal
import sqlite3
import statistics
import sys
import time

import load
import processes
import report
import systems

INCREMENTS = load.WORKS[0]


class Growth:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.began = time.monotonic()
        # A quick run goes to a twentieth of the size.
        self.scale = 20 if options.quick else 1
        self.seconds = 1 if options.quick else options.seconds
        self.rounds = 1 if options.quick else options.rounds

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", file=sys.stderr, flush=True)

    def cluster(self, name, nodes):
        return systems.Holdfast(systems.fresh(os.path.join(self.folder, name)), self.options, nodes)

    def started(self, name, nodes, shards=None):
        cluster = self.cluster(name, nodes)
        try:
            cluster.start(shards)
        except BaseException:
            cluster.stop()
            raise
        return cluster

    def rate(self, cluster, keys, callers=256):
        """The median of the rounds: increments/s, p99."""
        samples = [cluster.run(INCREMENTS, callers, self.seconds, keys) for _ in range(self.rounds)]
        for sample in samples:
            if sample.errors:
                self.say(f"{sample.errors} errors")
        return report.median(samples, "per_second"), report.median(samples, "p99")

    def fill(self, cluster, events, keys):
        """Increments until about so many are in the journal."""
        while (missing := events - self.events(cluster)) > 0:
            cluster.run(INCREMENTS, 256, max(1, min(30, missing / 60_000)), keys)
        return self.events(cluster)

    def events(self, cluster, number=0):
        """Entries in a node's journal."""
        with sqlite3.connect(f"file:{cluster.data(number)}/journal.db?mode=ro", uri=True) as journal:
            return journal.execute("SELECT coalesce(max(position), 0) FROM journal").fetchone()[0]

    def folder_bytes(self, cluster, number=0):
        folder = cluster.data(number)
        return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))

    # Each gives lines for the page.

    def hot(self):
        cluster = self.started("hot", 3)
        try:
            spread, one = [], []
            for _ in range(self.rounds):
                spread.append(cluster.run(INCREMENTS, 64, self.seconds, 1_000).per_second)
                one.append(cluster.run(INCREMENTS, 64, self.seconds, 1).per_second)
            spread, one = statistics.median(spread), statistics.median(one)
        finally:
            cluster.stop()
        return [
            f"One hot counter, 64 callers, 3 nodes: {one:,.0f} increments/s; over 1,000 counters {spread:,.0f}; ratio "
            f"{one / spread:.2f} (must be 0.5)."]

    def table(self, what, rows):
        """A row per size, held against the first."""
        lines = [f"| {what} | increments/s | p99 ms | against the first |", "| --- | --- | --- | --- |"]
        for size, rate, p99 in rows:
            lines.append(
                f"| {size:,} | {rate:,.0f} | {p99:.1f} | {rate / rows[0][1]:.2f} of the rate, {p99 / rows[0][2]:.2f} of the p99 |")
        return lines + [""]

    def journal(self):
        rows = []
        cluster = self.started("journal", 1)
        try:
            for target in [10_000, 100_000, 1_000_000, 10_000_000]:
                events = self.fill(cluster, target // self.scale, 1_000)
                rows.append((events, *self.rate(cluster, 1_000)))
                self.say(f"{events:,} events: {rows[-1][1]:,.0f}/s")
        finally:
            cluster.stop()
        return self.table("events in the journal", rows)

    def counters(self):
        rows = []
        cluster = self.started("counters", 1)
        try:
            for count in [100, 1_000, 10_000, 100_000, 1_000_000]:
                count //= self.scale if count > 10_000 else 1
                # They are there before they are measured.
                cluster.run(INCREMENTS, 256, 3600, count, extra=["--once"])
                rows.append((count, *self.rate(cluster, count)))
                self.say(f"{count:,} counters: {rows[-1][1]:,.0f}/s")
        finally:
            cluster.stop()
        return self.table("counters", rows)

    def shards(self):
        rows = []
        for count in [10, 100, 1_000]:
            cluster = self.started(f"shards-{count}", 3, count)
            try:
                cluster.run(INCREMENTS, 64, 1, 1_000)
                rows.append((count, *self.rate(cluster, 1_000)))
                self.say(f"{count:,} shards: {rows[-1][1]:,.0f}/s")
            finally:
                cluster.stop()
        return self.table("shards, on 3 nodes", rows)

    def idle(self):
        count = 1_000
        cluster = self.started("idle", 3, count)
        try:
            # What is still to be settled after the start settles.
            cluster.run(INCREMENTS, 64, 1, 10_000)
            time.sleep(15)
            seconds = 5 if self.options.quick else 20

            def spent():
                of_all = cluster.processes
                return (
                    processes.cpu_seconds(of_all), sum(map(processes.sent_bytes, of_all)),
                    sum(map(processes.written_bytes, of_all)))

            before = spent()
            time.sleep(seconds)
            cpu, sent, written = [(now - then) / seconds for now, then in zip(spent(), before)]
        finally:
            cluster.stop()
        return [
            f"{count:,} shards at rest on 3 nodes: {100 * cpu:.1f} % of one core for all three nodes together, {sent:,.0f} bytes/s "
            f"between them, {written:,.0f} bytes/s to their disks."]

    def restart(self):
        cluster = self.started("restart", 1)
        try:
            events = self.fill(cluster, 5_000_000 // self.scale, 1_000)
            size = self.folder_bytes(cluster)
            cluster.processes[0].stop(signal.SIGKILL)
            cluster.processes = []
            process, ready = cluster.start_node(0)
            began = time.monotonic()
            load.output_of([self.options.holdfast, "counter", "get", "bench-1", "--connect", cluster.addresses])
            answer = ready + time.monotonic() - began
            resident = processes.resident_bytes(process)
        finally:
            cluster.stop()
        return [
            f"Restart after `kill -9` with {events:,} events ({size / 2**20:,.0f} MiB): `ready` after {ready:.2f} s, a read answered "
            f"{answer:.2f} s after the start (must be 5 s): {events / answer:,.0f} events/s. Memory then: {resident / 2**20:.0f} MiB."]

    def takeover(self):
        cluster = self.started("takeover", 1)
        try:
            # One counter: all of it in one shard.
            events = self.fill(cluster, 1_000_000 // self.scale, 1)
            cluster.nodes = 2
            cluster.ports += processes.free_ports(1)
            began = time.monotonic()
            cluster.start_node(1)
            joined = time.monotonic() - began
            while self.events(cluster, 1) < events:
                time.sleep(0.05)
            copied = time.monotonic() - began - joined
            cluster.addresses += f",127.0.0.1:{cluster.ports[1]}"
            cluster.wait()
            settled = time.monotonic() - began
        finally:
            cluster.stop()
        return [
            f"A shard of {events:,} events taken over by a new node: every entry is in its journal {copied:.1f} s after it said "
            f"`ready`, {events / copied:,.0f} events/s (must be 50,000); all shards settled {settled:.1f} s after its start."]

    def memory(self):
        count = 1_000_000 // self.scale
        cluster = self.started("memory", 1)
        try:
            process = cluster.processes[0]
            cluster.run(INCREMENTS, 64, 1, 100)
            before = processes.resident_bytes(process)
            cluster.run(INCREMENTS, 256, 3600, count, extra=["--once"])
            touched = processes.resident_bytes(process)
            # Changed again and again between two checkpoints, and so in memory: as many as are still kept there.
            active = 100_000 // self.scale
            high = touched
            for _ in range(5):
                cluster.run(INCREMENTS, 256, 1, active)
                high = max(high, processes.resident_bytes(process))
        finally:
            cluster.stop()
        return [
            f"Memory of a node: {before / 2**20:.0f} MiB with 100 counters; {touched / 2**20:.0f} MiB after {count:,} counters were touched "
            f"once each, {(touched - before) / count:,.0f} bytes a passive counter; at most {high / 2**20:.0f} MiB while {active:,} "
            f"counters are written at random."]

    def disk(self):
        cluster = self.started("disk", 1)
        try:
            cluster.run(INCREMENTS, 64, 1, 1_000)
            process = cluster.processes[0]
            lines = []
            for callers in [1, 64, 256]:
                events, size = self.events(cluster), self.folder_bytes(cluster)
                written = processes.written_bytes(process)
                cluster.run(INCREMENTS, callers, 2 if self.options.quick else 15, 1_000)
                events = self.events(cluster) - events
                grown, written = self.folder_bytes(cluster) - size, processes.written_bytes(process) - written
                lines.append((callers, events, grown / events, written / events, written / max(1, grown)))
        finally:
            cluster.stop()
        return [
            "| callers | events | bytes that the folder grew per event | bytes written to the disk per event | write amplification |",
            "| --- | --- | --- | --- | --- |",
            *[f"| {a} | {b:,} | {c:,.0f} | {d:,.0f} | {e:.1f} |" for a, b, c, d, e in lines], ""]


ALL = ["hot", "journal", "counters", "shards", "idle", "restart", "takeover", "memory", "disk"]


def main():
    parser = argparse.ArgumentParser(prog="tools/bench-growth", description=__doc__.split(".")[0] + ".")
    parser.add_argument("figures", nargs="*", help=f"which: {', '.join(ALL)} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each rate is measured; the page has the medians")
    parser.add_argument("--seconds", type=int, default=3, help="how long each rate is measured")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the size, to try it out; writes no page")
    parser.add_argument("--no-page", action="store_true", help="print, and leave docs/PERFORMANCE.md as it is")
    parser.add_argument("--data", help="folder on the disk to be measured (default: a new one under /var/tmp)")
    # Given by tools/bench-growth.
    parser.add_argument("--holdfast", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--page", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in set(options.figures) - set(ALL):
        sys.exit(f"There is no figure {name}; there are {', '.join(ALL)}.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = systems.fresh(options.data or f"/var/tmp/holdfast-growth-{os.getpid()}")
    growth = Growth(options, folder)
    try:
        for name in options.figures or ALL:
            lines = getattr(growth, name)()
            growth.say("\n".join([f"{name}:", *lines]))
            if not options.quick and not options.no_page:
                heading = (
                    f"`tools/bench-growth {name}` on {datetime.date.today().isoformat()}, "
                    f"{systems.Holdfast.version_of(options.holdfast)}, {load.machine()}, {load.file_system(folder)}:")
                report.replace_section(options.page, name, ["", heading, "", *lines, ""])
            shutil.rmtree(systems.fresh(folder), ignore_errors=True)
            os.makedirs(folder, exist_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
