"""What HTTP costs beside the binary protocol, what TLS costs, 10,000 idle connections, and overload at twice the capacity."""

import argparse
import http.client
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import processes

ENTITIES = 1000
INCREMENT = """
math.randomseed(os.time())
local number = 0
request = function()
    number = number + 1
    return wrk.format("POST", "/v1/entities/counter/e" .. (number * 7919 %% %d) .. "/increment",
        { ["Content-Type"] = "application/json" }, '{"by": 1}')
end
%s
done = function(summary, latency, requests)
    io.write(string.format("RESULT %%d %%d %%d %%f\\n", summary.requests, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, summary.duration / 1e6))
end
"""


class Cluster:
    """Three nodes on loopback, with HTTP, and with TLS if wanted."""

    def __init__(self, holdfast, has_tls=False):
        self.holdfast = holdfast
        self.folder = tempfile.mkdtemp(prefix="holdfast-http-", dir="/var/tmp")
        self.ports = processes.free_ports(6)
        self.has_tls = has_tls
        self.nodes = []

    def __enter__(self):
        try:
            if self.has_tls:
                self.run("certificates", "ca", "--directory", self.file("certificates"), connect=False)
                self.run("certificates", "node", "node", "--host", "127.0.0.1", "--directory", self.file("certificates"), connect=False)
            for number in range(3):
                arguments = [self.holdfast, "node", "--data", self.file(str(number)), "--listen", f"127.0.0.1:{self.ports[number]}",
                             "--http", f"127.0.0.1:{self.ports[3 + number]}", "--log-level", "warning", *self.tls()]
                if number > 0:
                    arguments += ["--seed", f"127.0.0.1:{self.ports[0]}"]
                self.nodes.append(processes.Process(arguments, self.file(f"{number}.log")))
                processes.wait_until("a node", lambda: self.is_ready(number))
            self.run("cluster", "wait", "3", "--settled", "--timeout", "60")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.folder, name)

    def tls(self):
        if not self.has_tls:
            return []
        made = self.file("certificates")
        return ["--tls-ca", f"{made}/ca.pem", "--tls-certificate", f"{made}/node.pem", "--tls-key", f"{made}/node.key"]

    def is_ready(self, number):
        self.nodes[number].check()
        return processes.accepts(self.ports[number]) and processes.accepts(self.ports[3 + number])

    def run(self, *arguments, connect=True):
        more = ["--connect", f"127.0.0.1:{self.ports[0]}", *self.tls()] if connect else []
        done = subprocess.run([self.holdfast, *arguments, *more], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"holdfast {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def bench(self, callers, seconds):
        """Increments a second over the binary protocol."""
        output = self.run("bench", "--callers", str(callers), "--entities", str(ENTITIES), "--seconds", str(seconds), "--json")
        return json.loads(output)["operations_per_second"]

    def wrk(self, connections, seconds, delay_milliseconds=None):
        """(requests, refused, broken, seconds) of increments over HTTP at the first node, evenly paced if there is a delay."""
        pace = f"delay = function() return {delay_milliseconds:.0f} end" if delay_milliseconds else ""
        script = self.file("increment.lua")
        with open(script, "w") as file:
            file.write(INCREMENT % (ENTITIES, pace))
        done = subprocess.run(
            ["wrk", "--threads", "2", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "30s", "--script", script,
             f"http://127.0.0.1:{self.ports[3]}"], capture_output=True, text=True)
        found = re.search(r"RESULT (\d+) (\d+) (\d+) ([0-9.]+)", done.stdout)
        if not found:
            raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
        return int(found[1]), int(found[2]), int(found[3]), float(found[4])

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[3], timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def total(self):
        """The sum of all counters: what has taken effect."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[3], timeout=30)
        total = 0
        for name in ["probe"] + [f"e{number}" for number in range(ENTITIES)]:
            connection.request("GET", f"/v1/entities/counter/{name}")
            total += json.loads(connection.getresponse().read())["state"]["balance"]
        connection.close()
        return total

    def resident_megabytes(self):
        return processes.resident_bytes(self.nodes[0]) / 1e6


class Probe(threading.Thread):
    """One caller among many: a request every 10 ms, each timed."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.answered = []
        self.refused = []
        self.is_over = threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.is_over.wait(0.01):
            begun = time.monotonic()
            connection.request("POST", "/v1/entities/counter/probe/increment", '{"by": 1}', {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            took = (time.monotonic() - begun) * 1e3
            (self.answered if answer.status == 200 else self.refused).append(took)
        connection.close()

    def end(self):
        self.is_over.set()
        self.join()

    def p99(self):
        return statistics.quantiles(self.answered, n=100)[98] if len(self.answered) >= 100 else float("nan")


def speed(options):
    """HTTP beside the binary protocol, and both beside themselves under TLS."""
    with Cluster(options.holdfast) as plain, Cluster(options.holdfast, has_tls=True) as secured:
        binary, over_http, over_tls = [], [], []
        for _ in range(options.rounds):
            binary.append(plain.bench(64, options.seconds))
            requests, refused, broken, took = plain.wrk(64, options.seconds)
            over_http.append((requests - refused) / took)
            over_tls.append(secured.bench(64, options.seconds))
            if refused or broken:
                print(f"  {refused} refused, {broken} broken")
    base = statistics.median(binary)
    print(f"holdfast bench, 64 callers:        {base:9,.0f}/s")
    print(f"wrk POST increment, 64 connections:{statistics.median(over_http):9,.0f}/s, {statistics.median(over_http) / base:.2f} of it (to be at least 0.50)")
    print(f"holdfast bench under TLS:          {statistics.median(over_tls):9,.0f}/s, {1 - statistics.median(over_tls) / base:.1%} less (to be less than 15 %)")


def idle(options):
    """Connections on which nothing happens."""
    with Cluster(options.holdfast) as cluster:
        before = cluster.resident_megabytes()
        held = [socket.create_connection(("127.0.0.1", cluster.ports[3])) for _ in range(options.connections)]
        time.sleep(5)
        status, metrics = cluster.get("/metrics")
        counted = int(re.search(r"^holdfast_http_connections (\d+)", metrics, re.M)[1])
        requests, refused, broken, took = cluster.wrk(64, options.seconds)
        after = cluster.resident_megabytes()
        for connection in held:
            connection.close()
    print(f"{len(held):,} idle connections: the node counts {counted:,}; {(after - before) * 1e3 / len(held):.1f} kB each; beside them "
          f"{(requests - refused) / took:,.0f} increments/s, {refused} refused, {broken} broken")


def overload(options):
    """Requests at twice the rate that is answered."""
    with Cluster(options.holdfast) as cluster:
        normal = Probe(cluster.ports[3])
        normal.start()
        requests, refused, _, took = cluster.wrk(256, options.seconds)
        normal.end()
        capacity = (requests - refused) / took
        acknowledged = requests - refused + len(normal.answered)
        memory, is_over = [], threading.Event()

        def watch():
            while not is_over.wait(1):
                memory.append(cluster.resident_megabytes())
        watcher = threading.Thread(target=watch)
        probe = Probe(cluster.ports[3])
        watcher.start()
        probe.start()
        connections = 4000
        requests, refused, broken, took = cluster.wrk(connections, options.overload_seconds, 1e3 * connections / (2 * capacity))
        probe.end()
        is_over.set()
        watcher.join()
        answered = requests - refused
        acknowledged += answered + len(probe.answered)
        total = cluster.total()
    third = max(1, len(memory) // 3)
    print(f"capacity: {capacity:,.0f}/s, p99 of a caller there {normal.p99():.1f} ms")
    print(f"overload: {requests / took:,.0f}/s asked ({requests / took / capacity:.1f} of the capacity), {answered / took:,.0f}/s answered, "
          f"{refused / took:,.0f}/s refused, {broken} broken; p99 of the answered {probe.p99():.1f} ms "
          f"({probe.p99() / normal.p99():.1f} of normal; to be at most 2)")
    print(f"memory: {statistics.mean(memory[:third]):.0f} MB in the first third, {statistics.mean(memory[-third:]):.0f} MB in the last")
    print(f"answered as done: {acknowledged:,}; counted in the end: {total:,} ({'nothing lost' if total >= acknowledged else 'LOST'})")


PARTS = {"speed": speed, "idle": idle, "overload": overload}


def main():
    parser = argparse.ArgumentParser(prog="tools/bench-http", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="which, by commas (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each speed is measured; medians are shown")
    parser.add_argument("--seconds", type=int, default=5, help="how long each measurement takes")
    parser.add_argument("--overload-seconds", type=int, default=60)
    parser.add_argument("--connections", type=int, default=10_000, help="idle ones")
    parser.add_argument("--quick", action="store_true", help="one round of 2 s each, to try it out")
    parser.add_argument("--holdfast", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.overload_seconds = 1, 2, 10
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = options.connections + 8_000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"this needs {wanted} open files, and the limit is {hard}: raise it with ulimit -n, or ask for fewer --connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    for part in options.parts.split(","):
        PARTS[part](options)


main()
