#!/usr/bin/env python3
"""The repository's own text suites, and the case files named by PHAROS_CONFORMANCE when there are any."""
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RUNNER = Path(os.environ.get("PHAROS_BUILD") or ROOT / "build") / "pharos-conformance"
SETS = {
    "promql": ["promqltest/*.test"],
    "exposition": ["exposition/*.jsonl"],
    "relabel": ["relabel/*.jsonl"],
    "config": ["config/*.jsonl"],
}
passed = failed = skipped = 0


def run(name, files):
    global passed, failed, skipped
    done = subprocess.run([RUNNER, name, *files], capture_output=True, text=True, timeout=600)
    lines = done.stdout.splitlines()
    ok, total = map(int, lines[-1].split()[0].split("/")) if lines and re.match(r"\d+/\d+", lines[-1]) else (0, 1)
    omitted = sum(line.startswith("SKIP") for line in lines)
    passed, failed, skipped = passed + ok, failed + total - ok, skipped + omitted
    if done.returncode and ok == total:
        failed += 1
    print(f"{name}: {ok} of {total}, {omitted} skipped")
    for line in [l for l in lines if l.startswith("FAIL")][:30]:
        print("  " + line[:300])
    if done.returncode and done.stderr:
        print(done.stderr[-2000:])


run("promql", sorted(str(p) for p in (ROOT / "tests" / "promql").glob("*.test")))
folder = os.environ.get("PHAROS_CONFORMANCE")
for name, patterns in SETS.items():
    files = sorted(str(p) for pattern in patterns for p in Path(folder or "/nonexistent").glob(pattern))
    if files:
        run(name, files)
    else:
        skipped += 1
        print(f"SKIPPED {name}: PHAROS_CONFORMANCE names no folder with {patterns[0]}")
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed else 0)
