"""Child processes: started on loopback, ended by pid, and their CPU as /proc has it."""

import os
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = []
    for _ in range(count):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        sockets.append(listener)
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def wait_until(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{what}: not within {seconds} s")


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        return True
    except OSError:
        return False


class Process:
    """A server that this program has started, and only this program ends."""

    def __init__(self, arguments, log, **options):
        self.log = log
        with open(log, "ab") as output:
            self.child = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **options)

    @property
    def pid(self):
        return self.child.pid

    def check(self):
        if self.child.poll() is not None:
            with open(self.log, errors="replace") as output:
                raise RuntimeError(f"{self.child.args[0]} has ended:\n{output.read()[-2000:]}")

    def stop(self, kind=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(kind)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def _stat(pid):
    """(parent, ticks of the process and of its children that have ended), or None."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(field) for field in fields[11:15])


def cpu_seconds(processes):
    """User and system time of the processes and of everything that they have started."""
    stats = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (stat := _stat(name)):
            stats[int(name)] = stat
    children = {}
    for pid, (parent, _) in stats.items():
        children.setdefault(parent, []).append(pid)
    total = 0
    waiting = [process.pid for process in processes]
    while waiting:
        pid = waiting.pop()
        if pid in stats:
            total += stats[pid][1]
            waiting += children.get(pid, [])
    return total / TICKS


def resident_bytes(process):
    with open(f"/proc/{process.pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def _io(process, field):
    with open(f"/proc/{process.pid}/io") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0


def written_bytes(process):
    """What the process has handed to the disk."""
    return _io(process, "write_bytes")


def sent_bytes(process):
    """What the process has written to files, sockets and pipes: at rest, what it has sent."""
    return _io(process, "wchar")
