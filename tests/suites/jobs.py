#!/usr/bin/env python3
"""What tools/run_tests.py starts ends with it: a job over its limit, one that leaves something behind, and all of them when the
run itself is stopped."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import run_tests  # noqa: E402

passed = failed = 0


def alive(pid):
    """A zombie is not: it waits for whoever adopted it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid):
    deadline = time.monotonic() + 20
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    if not alive(pid):
        return True
    os.kill(pid, signal.SIGKILL)
    return False


def check(what, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAIL {what}")


NESTED = "sleep 1000 & echo $!; "  # as a script does that starts a server

code, output, _, _ = run_tests.measured(["sh", "-c", NESTED + "wait"], seconds=1)
check(f"a job over its limit says so: {code} {output}", code == 124 and "stopped after 1 s" in output)
check("a job over its limit leaves nothing running", gone(int(output.split()[0])))

code, output, _, _ = run_tests.measured(["sh", "-c", NESTED + "exit 3"], seconds=100)
check(f"a job's own end is its own: {code}", code == 3)
check("a job that ends leaves nothing running", gone(int(output)))
check(f"nothing is noted as running: {run_tests.RUNNING}", not run_tests.RUNNING)

RUN = f"""
import signal, sys
sys.path.insert(0, {str(ROOT / "tools")!r})
import run_tests
signal.signal(signal.SIGTERM, run_tests.end_all)
run_tests.measured(["sh", "-c", "sleep 1000 & echo $! > " + sys.argv[1] + "; wait"], seconds=1000)
"""
note = Path(os.environ.get("TMPDIR") or "/tmp") / f"pharos-jobs-{os.getpid()}"
run = subprocess.Popen([sys.executable, "-c", RUN, str(note)])
deadline = time.monotonic() + 20
while time.monotonic() < deadline and not (note.exists() and note.read_text().endswith("\n")):
    time.sleep(0.01)
run.terminate()
check("a run that is stopped ends with the signal's number", run.wait(20) == 128 + signal.SIGTERM)
check("a run that is stopped leaves nothing running", gone(int(note.read_text())))
note.unlink()
print(f"{passed} passed, {failed} failed, 0 skipped")
