#!/usr/bin/env python3
"""Pharos beside Prometheus and VictoriaMetrics: the same generated load on each, one after another.

  bench/run.py [write] [query] [scrape] [--series N] [--ticks T] [--conns C]

PROMETHEUS_BIN, VM_BIN (and VM_LIBS for its libraries) name other builds; without them Debian's packages
are downloaded and unpacked under build/peers. Figures are ratios to keep: the machine is shared, so
quote CPU seconds and compare within one run.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from harness import PEERS, debian_package, free_port, request, wait_until  # noqa: E402

LOAD = ROOT / "build" / "bench" / "pharos_load"
PHAROS = ROOT / "build" / "pharos"


class Peer:
    def __init__(self, name):
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix="pharos-bench-"))
        self.port = free_port()
        self.child = None

    def command(self, scrape):
        data = self.folder / "data"
        config = self.folder / "config.yml"
        config.write_text(scrape)
        if self.name == "pharos":
            return [PHAROS, "serve", "--config.file", config, "--storage.path", data,
                    "--web.listen-address", f"127.0.0.1:{self.port}", "--web.enable-admin-api",
                    "--query.max-samples", "500000000", "--log.level", "warn"]
        if self.name == "prometheus":
            return [prometheus_binary(), f"--config.file={config}", f"--storage.tsdb.path={data}",
                    f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver",
                    "--web.enable-admin-api", "--storage.tsdb.retention.time=30d",
                    "--query.max-samples=500000000", "--log.level=warn"]
        return [victoria_binary(), f"-storageDataPath={data}", f"-httpListenAddr=127.0.0.1:{self.port}",
                "-retentionPeriod=30d", "-search.maxUniqueTimeseries=3000000", "-search.maxSeries=3000000",
                "-loggerLevel=WARN", f"-promscrape.config={config}"]

    def start(self, scrape="global: {scrape_interval: 15s}\n"):
        environment = dict(os.environ)
        if self.name == "victoriametrics" and os.environ.get("VM_LIBS"):
            environment["LD_LIBRARY_PATH"] = os.environ["VM_LIBS"]
        log = open(self.folder / "log", "ab")
        began = time.monotonic()
        self.child = subprocess.Popen([str(c) for c in self.command(scrape)], stdout=log, stderr=log, env=environment)
        path = "/health" if self.name == "victoriametrics" else "/-/ready"
        wait_until(lambda: request(self.port, "GET", path)[0] == 200, 120, f"{self.name} ready", every=0.005)
        return time.monotonic() - began

    def stop(self, sig=signal.SIGTERM):
        if self.child and self.child.poll() is None:
            self.child.send_signal(sig)
            self.child.wait(120)

    def cpu(self):
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def finish(self):
        """Everything in its final form on disk; returns its bytes."""
        data = self.folder / "data"
        if self.name == "pharos":
            request(self.port, "POST", "/api/v1/admin/tsdb/compact", timeout=600)
        elif self.name == "prometheus":
            request(self.port, "POST", "/api/v1/admin/tsdb/snapshot", timeout=600)
            data = data / "snapshots"
        else:
            for path in ("/internal/force_flush", "/internal/force_merge"):
                request(self.port, "GET", path, timeout=600)
                time.sleep(7)
        return sum(p.stat().st_size for p in data.rglob("*") if p.is_file())

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def prometheus_binary():
    return os.environ.get("PROMETHEUS_BIN") or debian_package("prometheus") / "usr/bin/prometheus"


def victoria_binary():
    return os.environ.get("VM_BIN") or debian_package("victoria-metrics") / "usr/bin/victoria-metrics"


def version(binary, package=None):
    recorded = PEERS / package / "version" if package else None
    if recorded and recorded.exists() and recorded.parent in Path(binary).parents:
        return f"Debian's {package} {recorded.read_text()}"
    done = subprocess.run([str(binary), "--version"], capture_output=True, text=True,
                          env=dict(os.environ, LD_LIBRARY_PATH=os.environ.get("VM_LIBS", "")))
    text = (done.stdout + done.stderr).strip()
    return text.splitlines()[0] if text else "unknown"


def load(*arguments):
    done = subprocess.run([str(LOAD), *[str(a) for a in arguments]], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pharos_load {' '.join(map(str, arguments))}: {done.stderr}")
    return json.loads(done.stdout)


def table(title, rows, figures):
    """rows: {peer: {figure: value}}; smaller is better unless the name ends with _per_s."""
    print(f"\n## {title}\n\n| figure | " + " | ".join(rows) + " | ours to the better peer |")
    print("|---|" + "---|" * (len(rows) + 1))
    for figure in figures:
        values = {peer: row.get(figure) for peer, row in rows.items()}
        others = [v for p, v in values.items() if p != "pharos" and v]
        ratio = ""
        if others and values.get("pharos"):
            ratio = (f"{values['pharos'] / max(others):.2f}x" if figure.endswith("_per_s")
                     else f"{min(others) / values['pharos']:.2f}x better" if min(others) >= values["pharos"]
                     else f"{values['pharos'] / min(others):.2f}x worse")
        shown = " | ".join("" if v is None else f"{v:,.3f}" if v < 100 else f"{v:,.0f}" for v in values.values())
        print(f"| {figure} | {shown} | {ratio} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", default=[], help="write, query, scrape (default: all)")
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--ticks", type=int, default=960)
    parser.add_argument("--conns", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=20)
    arguments = parser.parse_args()
    steps = set(arguments.steps or ["write", "query", "scrape"])
    peers = ["pharos", "prometheus", "victoriametrics"]
    print(f"pharos: {version(PHAROS)}\nprometheus: {version(prometheus_binary(), 'prometheus')}\n"
          f"victoria-metrics: {version(victoria_binary(), 'victoria-metrics')}")

    start = int(time.time()) - arguments.ticks * 15 - 60
    writes, queries, scrapes = {}, {}, {}
    for name in peers:
        peer = Peer(name)
        try:
            if steps & {"write", "query"}:
                peer.start()
                idle = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{peer.child.pid}/status").read_text())[1]) / 1024
                row = load("write", "--url", f"http://127.0.0.1:{peer.port}", "--series", arguments.series, "--ticks",
                           arguments.ticks, "--start", start, "--conns", arguments.conns, "--pid", peer.child.pid)
                row["idle_rss_mb"] = idle
                row["bytes_per_sample"] = peer.finish() / row["samples"]
                writes[name] = row
            if "query" in steps:
                result = load("query", "--url", f"http://127.0.0.1:{peer.port}", "--suite",
                              ROOT / "bench" / "suites" / "fleet.json", "--start", start, "--end",
                              start + arguments.ticks * 15, "--repeat", arguments.repeat, "--pid", peer.child.pid,
                              "--param", "nocache=1")
                queries[name] = {k: v["p50_ms"] for k, v in result.items()}
            if steps & {"write", "query"}:
                peer.stop(signal.SIGKILL)
                writes[name]["start_after_kill_s"] = peer.start()
                peer.stop()
            if "scrape" in steps:
                scrapes[name] = measure_scrape(name)
        finally:
            peer.remove()
    if writes:
        table(f"Remote write, {arguments.series} series x {arguments.ticks} ticks", writes,
              ["cpu_s_per_M", "samples_per_s", "new_series_per_s", "p50_ms", "p99_ms", "anon_bytes_per_series",
               "idle_rss_mb", "bytes_per_sample", "start_after_kill_s"])
    if queries:
        table("Queries, p50 ms", queries, list(queries["pharos"]))
    if scrapes:
        table("Scrape, 10 targets x 10,000 samples, 1 s", scrapes, ["cpu_s_per_M"])


def measure_scrape(name, seconds=20):
    pages = []
    targets = []
    peer = Peer(name)
    try:
        for n in range(10):
            port = free_port()
            pages.append(subprocess.Popen([str(LOAD), "page", "--samples", "10000", "--port", str(port), "--seed", str(n)]))
            targets.append(f"'127.0.0.1:{port}'")
        peer.start("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: page\n  static_configs: [{targets: ["
                   + ", ".join(targets) + "]}]\n")
        time.sleep(5)  # all series are known
        began = peer.cpu()
        time.sleep(seconds)
        return {"cpu_s_per_M": (peer.cpu() - began) / (seconds * 0.1)}
    finally:
        for page in pages:
            page.kill()
            page.wait()
        peer.remove()


if __name__ == "__main__":
    main()
