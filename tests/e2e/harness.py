"""What the end-to-end scripts share: a Pharos on a free loopback port with a folder of its own, remote
write by hand, real peers from Debian packages (extracted, never installed), and counting.

A script is a list of functions `test_…`, run by `main()`; each passes, raises, or calls `skip(reason)`.
"""
import atexit
import fcntl
import http.client
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("PHAROS_BUILD") or ROOT / "build")
PHAROS = BUILD / "pharos"
DEEP = bool(os.environ.get("PHAROS_DEEP"))
PEERS = Path(os.environ.get("PHAROS_PEERS") or ROOT / "build" / "peers")

_children = []
_ports = random.SystemRandom()  # scripts run side by side


class Skipped(Exception):
    pass


def skip(reason):
    raise Skipped(reason)


def free_port():
    """Nobody's now, and below those that the kernel gives to outgoing connections: between the look and its use by a
    child, a port of the kernel's choice would be taken now and then."""
    for _ in range(100):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", _ports.randint(12_000, 32_000)))
            except OSError:
                continue
            return s.getsockname()[1]
    raise AssertionError("no free port in a hundred tries")


def scratch(prefix="pharos-e2e-"):
    folder = tempfile.mkdtemp(prefix=prefix)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


class Process:
    """A child on loopback, ended by pid, its output in a file."""

    def __init__(self, command, log, env=None, cwd=None):
        self.log = Path(log)
        self.file = open(self.log, "ab")
        self.child = subprocess.Popen([str(c) for c in command], stdout=self.file, stderr=subprocess.STDOUT,
                                      stdin=subprocess.DEVNULL, env=dict(os.environ, **(env or {})), cwd=cwd)
        self.pid = self.child.pid
        _children.append(self)

    def kill(self, sig=signal.SIGKILL, timeout=30):
        if self.child.poll() is None:
            self.child.send_signal(sig)
            self.child.wait(timeout)
        return self.child.returncode

    def alive(self):
        return self.child.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def memory_kib(self, field="VmRSS"):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0


@atexit.register
def _end_children():
    for child in _children:
        if child.alive():
            child.child.kill()
            child.child.wait()


def request(port, method, path, body=None, headers=None, timeout=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        reply = connection.getresponse()
        return reply.status, reply.read(), dict(reply.getheaders())
    finally:
        connection.close()


def wait_until(question, seconds=20, what="it", every=0.02):
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            answer = question()
            if answer:
                return answer
        except (OSError, http.client.HTTPException, LookupError, ValueError) as error:
            last = error
        time.sleep(every)
    raise AssertionError(f"{what} did not happen within {seconds} s ({last})")


class Server:
    """A Pharos. `config` is YAML text or None for no file."""

    def __init__(self, config="", folder=None, flags=(), port=None, env=None):
        self.folder = Path(folder) if folder else scratch()
        self.data = self.folder / "data"
        self.port = port or free_port()
        self.flags = list(flags)
        self.config = self.folder / "pharos.yml"
        self.env = env
        if config is not None:
            self.config.write_text(config)
        self.has_config = config is not None
        self.process = None

    def command(self):
        line = [PHAROS, "serve", "--storage.path", self.data, "--web.listen-address", f"127.0.0.1:{self.port}"]
        if self.has_config:
            line += ["--config.file", self.config]
        return line + self.flags

    def start(self, wait=True):
        self.process = Process(self.command(), self.folder / "pharos.log", env=self.env)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=30):
        def ready():
            if not self.process.alive():
                raise AssertionError("pharos ended:\n" + self.process.output()[-3000:])
            return request(self.port, "GET", "/-/ready")[0] == 200
        wait_until(ready, seconds, "ready")

    def stop(self, sig=signal.SIGTERM):
        return self.process.kill(sig)

    def get(self, path, **parameters):
        if parameters:
            path += "?" + urllib.parse.urlencode(parameters, doseq=True)
        status, body, _ = request(self.port, "GET", path)
        return status, body

    def query(self, expr, at=None):
        parameters = {"query": expr}
        if at is not None:
            parameters["time"] = f"{at:.3f}"
        status, body = self.get("/api/v1/query", **parameters)
        answer = json.loads(body)
        assert status == 200, body
        return answer["data"]["result"]

    def write(self, body, timeout=30):
        return request(self.port, "POST", "/api/v1/write", body, {
            "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0"}, timeout)


# ------------------------------ remote write 1.0 by hand

def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def encode_labels(labels):
    return b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in sorted(labels.items()))


def encode_sample(value, t_ms):
    return field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(t_ms & (2**64 - 1)))


def snappy(raw):
    """A valid snappy block of literals only."""
    out = bytearray(varint(len(raw)))
    for at in range(0, len(raw), 60000):
        part = raw[at:at + 60000]
        out += bytes([61 << 2]) + struct.pack("<H", len(part) - 1) + part
    return bytes(out)


def write_request(series):
    """[(encoded labels or dict, [(value, t_ms), …]), …] → snappy body."""
    raw = bytearray()
    for labels, samples in series:
        head = labels if isinstance(labels, bytes) else encode_labels(labels)
        raw += field(1, head + b"".join(encode_sample(v, t) for v, t in samples))
    return snappy(bytes(raw))


# ------------------------------ peers

def debian_package(package):
    """The package's files under PEERS/package, downloaded and unpacked beside, not installed. Scripts that run
    side by side wait for the first that needs it; it is there whole or not at all."""
    folder = PEERS / package
    PEERS.mkdir(parents=True, exist_ok=True)
    with open(PEERS / f".{package}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "usr").is_dir():
            return folder
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            skip("no apt-get here")
        shutil.rmtree(folder, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{package}-", dir=PEERS))
        try:
            done = subprocess.run(["apt-get", "-qq", "download", package], cwd=fresh, capture_output=True)
            found = list(fresh.glob(f"{package}_*.deb"))
            if done.returncode or not found:
                subprocess.run(["apt-get", "-qq", "update"], capture_output=True)
                done = subprocess.run(["apt-get", "-qq", "download", package], cwd=fresh, capture_output=True)
                found = list(fresh.glob(f"{package}_*.deb"))
            if not found:
                skip(f"{package} cannot be downloaded: {done.stderr.decode(errors='replace').strip()[-200:]}")
            subprocess.run(["dpkg", "-x", str(found[0]), str(fresh)], check=True)
            (fresh / "version").write_text(found[0].name.split("_")[1])
            found[0].unlink()
            fresh.chmod(0o755)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return folder


def peer(package, program):
    path = debian_package(package) / "usr" / "bin" / program
    if not path.exists():
        skip(f"{package} has no {program}")
    return path


def debian_alertmanager():
    """Debian's Alertmanager and the folder it must run in. It reads its templates below /usr/share, where an unpacked
    package has none: a copy of the program looks for them below its working folder, by a path of the same length."""
    folder = debian_package("prometheus-alertmanager")
    moved = folder / "usr" / "bin" / "prometheus-alertmanager-here"
    with open(PEERS / ".prometheus-alertmanager.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not moved.exists():
            program = (folder / "usr" / "bin" / "prometheus-alertmanager").read_bytes()
            fresh = moved.with_suffix(".new")
            fresh.write_bytes(program.replace(b"/usr/share/prometheus/alertmanager", b"./us/share/prometheus/alertmanager"))
            fresh.chmod(0o755)
            if not (folder / "us").is_symlink():
                (folder / "us").symlink_to("usr")
            fresh.rename(moved)
    return moved, folder


# ------------------------------ running

def main():
    tests = [(n, f) for n, f in sys.modules["__main__"].__dict__.items() if n.startswith("test_") and callable(f)]
    passed = failed = skipped = 0
    for name, test in tests:
        began = time.monotonic()
        try:
            test()
            passed += 1
            word = "ok"
        except Skipped as reason:
            skipped += 1
            word = f"SKIPPED {reason}"
        except Exception:  # noqa: BLE001  every failure is shown and counted
            failed += 1
            word = "FAILED\n" + traceback.format_exc()
        print(f"{name} ({time.monotonic() - began:.1f} s): {word}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
