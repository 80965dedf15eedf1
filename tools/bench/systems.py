"""The systems under test. Each starts on loopback in a folder of its own, runs a load, and stops."""

import os
import pwd
import re
import shutil
import time

import load
from processes import Process, accepts, free_ports, wait_until

KEYS = 1000


class System:
    """`name` is what the table shows; `processes` are all that its CPU is counted of."""

    def __init__(self, folder, tools):
        self.folder = folder
        self.tools = tools
        self.processes = []

    def log(self, name):
        return os.path.join(self.folder, name + ".log")

    def prepare(self, work, callers):
        """Before a run that is measured: what is no part of it."""

    def spawn(self, name, arguments, **options):
        process = Process(arguments, self.log(name), **options)
        self.processes.append(process)
        return process

    def stop(self):
        for process in self.processes:
            process.stop()
        self.processes = []


class Etcd(System):
    def __init__(self, folder, tools, nodes):
        super().__init__(folder, tools)
        self.nodes = nodes
        self.name = f"etcd, {nodes} node{'s' if nodes > 1 else ''}"

    @staticmethod
    def version():
        return load.output_of(["etcd", "--version"]).splitlines()[0].replace("Version: ", "")

    def start(self):
        ports = free_ports(2 * self.nodes)
        clients, peers = ports[: self.nodes], ports[self.nodes :]
        cluster = ",".join(f"n{i}=http://127.0.0.1:{port}" for i, port in enumerate(peers))
        for i in range(self.nodes):
            client, peer = f"http://127.0.0.1:{clients[i]}", f"http://127.0.0.1:{peers[i]}"
            self.spawn(f"etcd-{i}", [
                "etcd", "--name", f"n{i}", "--data-dir", os.path.join(self.folder, f"etcd-{i}"),
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", cluster, "--initial-cluster-state", "new", "--initial-cluster-token", self.folder,
                "--logger", "zap", "--log-level", "error",
            ])
        self.endpoints = ",".join(f"127.0.0.1:{port}" for port in clients)
        for port in clients:
            wait_until("etcd", lambda port=port: accepts(port))
        # Accepting is not yet serving: a first put needs a leader.
        wait_until("etcd's first put", lambda: self.run(load.WORKS[0], 1, 0.1).operations > 0)

    def run(self, work, callers, seconds):
        return load.sample_of_json(load.output_of([
            self.tools.generator, "-system", "etcd", "-endpoints", self.endpoints, "-callers", str(callers),
            "-keys", str(KEYS), "-seconds", str(seconds), "-reads", str(work.reads),
        ]))


class Redis(System):
    name = "Redis, fsync always"

    def __init__(self, folder, tools):
        super().__init__(folder, tools)
        self.rates = {}

    @staticmethod
    def version():
        return "Redis " + re.search(r"v=(\S+)", load.output_of(["redis-server", "--version"])).group(1)

    def start(self):
        (self.port,) = free_ports(1)
        self.spawn("redis", [
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.folder, "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no",
        ])
        wait_until("redis", lambda: accepts(self.port))

    def run(self, work, callers, seconds):
        # redis-benchmark sends one command only: a mix comes from our own generator.
        if 0 < work.reads < 100:
            return load.sample_of_json(load.output_of([
                self.tools.generator, "-system", "redis", "-endpoints", f"127.0.0.1:{self.port}",
                "-callers", str(callers), "-keys", str(KEYS), "-seconds", str(seconds), "-reads", str(work.reads),
            ]))
        rate = self.rates.get((work.name, callers), 10_000)
        sample = self.benchmark(work, callers, int(max(1_000, rate * seconds)))
        self.rates[(work.name, callers)] = sample.per_second
        return sample

    def prepare(self, work, callers):
        # redis-benchmark takes a number of requests, not of seconds.
        if work.reads in (0, 100) and (work.name, callers) not in self.rates:
            self.run(work, callers, 0.2)

    def benchmark(self, work, callers, requests):
        command = "GET" if work.reads else "INCR"
        began = time.monotonic()
        text = load.output_of([
            "redis-benchmark", "-h", "127.0.0.1", "-p", str(self.port), "-c", str(callers), "-n", str(requests),
            "-r", str(KEYS), "--precision", "3", "--csv", command, "bench-__rand_int__",
        ])
        elapsed = time.monotonic() - began
        header, values = [
            [field.strip('"') for field in line.split(",")] for line in text.strip().splitlines()[-2:]]
        found = dict(zip(header, values))
        return load.Sample(
            requests, float(found.get("rps", requests / elapsed)), float(found["p50_latency_ms"]),
            float(found["p99_latency_ms"]))


class Postgres(System):
    name = "PostgreSQL"
    # pgbench opens its connections anew for every run, and each is a process with caches to fill: what is answered in this time
    # does not count.
    WARM_UP_SECONDS = 2

    def __init__(self, folder, tools):
        super().__init__(folder, tools)
        self.bin = tools.postgres_bin
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None

    @staticmethod
    def version_of(binary):
        return "PostgreSQL " + load.output_of([binary + "/postgres", "--version"]).split()[2]

    def start(self):
        (self.port,) = free_ports(1)
        data = os.path.join(self.folder, "postgres")
        os.makedirs(data, mode=0o700)
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(data, account.pw_uid, account.pw_gid)
        options = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        load.output_of(
            [self.bin + "/initdb", "-D", data, "-A", "trust", "-U", "bench", "--no-sync", "-E", "UTF8", "--locale", "C"],
            cwd=data, **options)
        self.spawn("postgres", [
            self.bin + "/postgres", "-D", data, "-c", "listen_addresses=127.0.0.1", "-p", str(self.port),
            "-c", "unix_socket_directories=", "-c", "max_connections=300", "-c", "synchronous_commit=on", "-c", "fsync=on",
        ], cwd=data, **options)
        wait_until("postgres", lambda: accepts(self.port))
        wait_until("postgres's tables", self.make_tables)

    def make_tables(self):
        try:
            load.output_of(["psql", *self.address(), "-v", "ON_ERROR_STOP=1", "-q", "-c", f"""
                CREATE TABLE counters (id int PRIMARY KEY, value bigint NOT NULL, revision bigint NOT NULL);
                CREATE TABLE events (
                  position bigserial PRIMARY KEY, counter int NOT NULL, revision bigint NOT NULL, event text NOT NULL,
                  recorded_at timestamptz NOT NULL DEFAULT now());
                INSERT INTO counters SELECT i, 0, 0 FROM generate_series(1, {KEYS}) AS i;"""])
            return True
        except RuntimeError:
            return False

    def address(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "postgres"]

    def run(self, work, callers, seconds):
        prefix = os.path.join(self.folder, "pgbench")
        here = os.path.dirname(os.path.abspath(__file__))
        scripts = []
        if work.reads < 100:
            scripts += ["-f", f"{here}/postgres/increment.sql@{100 - work.reads}"]
        if work.reads > 0:
            scripts += ["-f", f"{here}/postgres/read.sql@{work.reads}"]
        load.output_of([
            self.bin + "/pgbench", "-n", "-M", "prepared", *scripts, "-D", f"keys={KEYS}", "-c", str(callers),
            "-j", str(min(2, callers)), "-T", str(round(seconds) + self.WARM_UP_SECONDS), "-l", f"--log-prefix={prefix}", *self.address(),
        ])
        # Every transaction is logged: its time in microseconds, and when it ended.
        found = []
        for name in os.listdir(self.folder):
            if name.startswith("pgbench."):
                with open(os.path.join(self.folder, name)) as file:
                    for line in file:
                        fields = line.split()
                        found.append((int(fields[4]) + int(fields[5]) / 1e6, int(fields[2])))
                os.remove(os.path.join(self.folder, name))
        start = min(found, default=(0, 0))[0] + self.WARM_UP_SECONDS
        times = sorted(time for end, time in found if end >= start)
        if not times:
            raise RuntimeError(f"PostgreSQL answered {len(found)} transactions in {seconds} s; give it more --seconds")
        elapsed = max(found)[0] - start
        return load.Sample(
            len(found), len(times) / elapsed, load.percentile(times, 0.5) / 1000, load.percentile(times, 0.99) / 1000)


class Holdfast(System):
    def __init__(self, folder, tools, nodes):
        super().__init__(folder, tools)
        self.nodes = nodes
        self.name = f"Holdfast, {nodes} node{'s' if nodes > 1 else ''}"
        self.ports = []

    @staticmethod
    def version_of(binary):
        return "Holdfast " + load.output_of([binary, "--version"]).strip()

    def data(self, number):
        return os.path.join(self.folder, f"holdfast-{number}")

    def start(self, shards=None):
        self.ports = free_ports(self.nodes)
        self.addresses = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        for number in range(self.nodes):
            self.start_node(number, shards)
        self.wait()

    def wait(self, seconds=60):
        load.output_of([
            self.tools.holdfast, "cluster", "wait", str(self.nodes), "--settled", "--timeout", str(seconds),
            "--connect", self.addresses,
        ])

    def start_node(self, number, shards=None, until_ready=True):
        """Returns the process and the seconds until it served."""
        began = time.monotonic()
        log = self.log(f"holdfast-{number}")
        if os.path.exists(log):
            os.remove(log)
        process = self.spawn(f"holdfast-{number}", [
            self.tools.holdfast, "node", "--data", self.data(number), "--listen", f"127.0.0.1:{self.ports[number]}",
            "--log-level", "warning",
            *(["--seed", f"127.0.0.1:{self.ports[0]}"] if number else []), *(["--shards", str(shards)] if shards else []),
        ])

        def is_ready():
            process.check()
            with open(log, errors="replace") as file:
                return any(line.strip() == "ready" for line in file)

        if until_ready:
            wait_until("a node's `ready`", is_ready, 120)
        return process, time.monotonic() - began

    def run(self, work, callers, seconds, keys=KEYS, first=0, extra=()):
        return load.sample_of_json(load.output_of([
            self.tools.holdfast, "bench", "--json", "--connect", self.addresses, "--callers", str(callers),
            "--entities", str(keys), "--seconds", str(seconds), "--reads", str(work.reads), *extra,
        ]))


def fresh(folder):
    """An empty folder in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    # PostgreSQL's account has to reach its own folder below.
    os.chmod(folder, 0o755)
    return folder
