"""What care of the journal costs. tools/bench-care builds what this needs and calls it."""

import argparse
import datetime
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import load
import processes
import report
import systems


class Care:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.port = processes.free_ports(1)[0]
        self.data = os.path.join(folder, "node")
        self.node = None
        self.rows = []

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def note(self, what, value, wanted=""):
        self.rows.append((what, value, wanted))
        print(f"{what}: {value} {wanted}", file=sys.stderr, flush=True)

    def run(self, *arguments, check=True):
        return subprocess.run([self.options.holdfast, *arguments], check=check, capture_output=True, text=True).stdout

    def timed(self, *arguments):
        begun = time.monotonic()
        output = self.run(*arguments)
        return time.monotonic() - begun, output

    def start(self):
        log = open(os.path.join(self.folder, "node.log"), "ab")
        self.node = subprocess.Popen(
            [self.options.holdfast, "node", "--data", self.data, "--listen", self.address], stdout=subprocess.PIPE, stderr=log)
        if self.node.stdout.readline().strip() != b"ready":
            raise RuntimeError(f"the node did not start; see {log.name}")

    def stop(self):
        if self.node is not None:
            self.node.terminate()
            self.node.wait(timeout=30)
            self.node = None

    def size(self):
        return sum(os.path.getsize(os.path.join(self.data, name)) for name in os.listdir(self.data))

    def bench(self, seconds):
        return [
            self.options.holdfast, "bench", "--connect", self.address, "--callers", "64", "--entities", str(self.options.entities),
            "--seconds", str(seconds), "--json",
        ]

    def rate(self, seconds):
        return json.loads(subprocess.run(self.bench(seconds), check=True, capture_output=True, text=True).stdout)["operations_per_second"]

    def fill(self):
        while self.size() < self.options.megabytes << 20:
            self.rate(5)
            print(f"  {self.size() >> 20} of {self.options.megabytes} MiB", file=sys.stderr, flush=True)

    def backups(self):
        """Increments per second beside a backup, against those without one, in turns."""
        for name, arguments in (
            ("journal backup", ["journal", "backup", "--data", self.data, "--to"]),
            ("cluster backup", ["cluster", "backup", "--connect", self.address, "--to"]),
        ):
            alone, beside, times = [], [], []
            for turn in range(self.options.rounds):
                alone.append(self.rate(4))
                target = os.path.join(self.folder, f"backup-{turn}")
                begun = time.monotonic()
                backup = subprocess.Popen([self.options.holdfast, *arguments, target], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                rates = []
                while backup.poll() is None:
                    rates.append(self.rate(2))
                times.append(time.monotonic() - begun)
                if backup.returncode != 0:
                    raise RuntimeError(backup.stderr.read().decode())
                beside.append(statistics.mean(rates))
                shutil.rmtree(target) if os.path.isdir(target) else os.remove(target)
            share = 100 * (1 - statistics.median(beside) / statistics.median(alone))
            self.note(
                f"{name} of {self.size() >> 20} MiB under load",
                f"{statistics.median(alone):,.0f} increments/s before, {statistics.median(beside):,.0f} beside it: {share:.0f} % less; "
                f"{statistics.median(times):.1f} s", "(wanted: under 20 % less)")

    def verify(self):
        size = self.size()
        seconds = statistics.median(self.timed("journal", "verify", "--data", self.data)[0] for _ in range(self.options.rounds))
        begun = time.monotonic()
        with open(os.path.join(self.data, "journal.db"), "rb") as file:
            while file.read(1 << 20):
                pass
        bare = time.monotonic() - begun
        self.note(
            "journal verify",
            f"{size / seconds / 1e6:,.0f} MB/s ({size >> 20} MiB in {seconds:.1f} s; from the system's memory they are read at {size / bare / 1e6:,.0f} MB/s)",
            "(wanted: 100 MB/s)")
        self.start()
        seconds, _ = self.timed("journal", "verify", "--connect", self.address, "--timeout", "60")
        self.note("journal verify --connect, one node", f"{size / seconds / 1e6:,.0f} MB/s")
        self.stop()

    def lookups(self):
        seconds, _ = self.timed("journal", "events", "--data", self.data, "--entity", "bench-1", "--json")
        self.note("journal events --entity", f"{seconds:.2f} s", "(wanted: seconds)")
        seconds, output = self.timed("journal", "events", "--data", self.data, "--entity", "bench-1", "--positions")
        positions = output.strip().split(",")[:10_000]
        database = sqlite3.connect(f"file:{self.data}/journal.db?mode=ro", uri=True)
        begun = time.monotonic()
        rows = database.execute(f"SELECT * FROM events WHERE position IN ({','.join(positions)})").fetchall()
        self.note("the same rows with SQL, by --positions", f"{seconds + time.monotonic() - begun:.2f} s for {len(rows)} events")
        begun = time.monotonic()
        database.execute("SELECT * FROM entity_states WHERE kind = 'counter' AND entity = 'bench-1'").fetchall()
        self.note("one entity's state with SQL", f"{time.monotonic() - begun:.3f} s")
        begun = time.monotonic()
        database.execute("SELECT count(*) FROM events WHERE entity = 'bench-1'").fetchall()
        self.note("for comparison, a scan of all events", f"{time.monotonic() - begun:.2f} s")
        database.close()


def main():
    parser = argparse.ArgumentParser(description="What care of the journal costs.")
    parser.add_argument("--holdfast", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--megabytes", type=int, default=1024, help="size of the journal (1024)")
    parser.add_argument("--entities", type=int, default=10_000, help="counters in it (10000)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each measurement under load (3)")
    parser.add_argument("--folder", help="where the files go; a temporary folder if not said")
    parser.add_argument("--no-page", action="store_true", help="print, and leave docs/PERFORMANCE.md as it is")
    parser.add_argument("--page", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="holdfast-care-", dir=options.folder)
    care = Care(options, folder)
    try:
        care.start()
        care.fill()
        care.backups()
        care.stop()
        care.verify()
        care.lookups()
        machine = f"{load.machine()}, {load.file_system(folder)}"
    finally:
        care.stop()
        shutil.rmtree(folder, ignore_errors=True)
    lines = ["| what | result | |", "| --- | --- | --- |"] + ["| " + " | ".join(row) + " |" for row in care.rows]
    print("\n" + "\n".join(lines))
    if not options.no_page:
        heading = (
            f"`tools/bench-care --megabytes {options.megabytes}` on {datetime.date.today().isoformat()}, "
            f"{systems.Holdfast.version_of(options.holdfast)}, {machine}; one node, 64 callers, {options.entities:,} counters:")
        report.replace_section(options.page, "care", ["", heading, "", *lines, ""])


if __name__ == "__main__":
    main()
