"""One measured run: a load generator beside a system, and what both cost."""

import dataclasses
import json
import os
import resource
import subprocess

import processes


@dataclasses.dataclass
class Work:
    name: str
    # Of a hundred requests.
    reads: int


WORKS = [Work("increments", 0), Work("reads", 100), Work("mix", 90)]


@dataclasses.dataclass
class Sample:
    operations: int
    per_second: float
    p50: float
    p99: float
    errors: int = 0
    # Microseconds of CPU per operation: of the system, and of the load generator.
    system_cpu: float = 0
    client_cpu: float = 0


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def output_of(arguments, **options):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def sample_of_json(text):
    found = json.loads(text.strip().splitlines()[-1])
    errors = found["errors"]
    return Sample(
        found["operations"], found["operations_per_second"], found["p50_milliseconds"], found["p99_milliseconds"],
        errors if isinstance(errors, int) else sum(errors.values()))


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def measured(system, run):
    """Runs `run`, which gives a Sample, and adds the CPU."""
    before, client_before = processes.cpu_seconds(system.processes), children_cpu()
    sample = run()
    spent, client = processes.cpu_seconds(system.processes) - before, children_cpu() - client_before
    sample.system_cpu = spent * 1e6 / max(1, sample.operations)
    sample.client_cpu = client * 1e6 / max(1, sample.operations)
    for process in system.processes:
        process.check()
    return sample


def machine():
    """What the figures were measured on."""
    model = "unknown CPU"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with open("/etc/os-release") as file:
        names = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {names['PRETTY_NAME'].strip(chr(34))}, Linux {os.uname().release}"


def file_system(folder):
    return output_of(["findmnt", "-no", "FSTYPE", "-T", folder]).strip()
