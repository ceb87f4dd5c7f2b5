#!/usr/bin/env python3
"""Runs everything `./pharos.sh test` stands for, two jobs at a time, and counts.

  tools/run_tests.py [--deep] [--only REGEX] [--list]

What runs alone comes first, then the builds under sanitizers with all cores: beside them servers that must do the same
things in the same second do not. Then all other jobs, those known to be long first.

Jobs are: the layer check; every module's test binary; the conformance sets and the repository's own
text suites; the end-to-end scripts of tests/e2e (real peers among them); the web UI's tests; the same module tests under
ASan+UBSan and TSan; and every fuzz target for a share of two minutes. A job is a list of steps that
ends with exit 0 (passed), 77 (skipped, reason on its last line) or anything else (failed, output
shown). GoogleTest binaries and scripts that end with "N passed, N failed, N skipped" are counted test
by test. At the end stand where the time went and, as the last line of all, that sum.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
ASAN = ROOT / "build-asan"   # clang-19: ASan + UBSan, the fuzz targets too
TSAN = ROOT / "build-tsan"   # g++: ThreadSanitizer
UI_SCRIPTS = ("unit", "run", "boards", "fleet", "panels", "editing", "ways", "hostile")  # of ui/e2e; its other files are what these are made of
ASAN_MODULES = ["base", "codec", "model", "net", "metrics", "client"]   # --deep: rules too
TSAN_MODULES = ["base", "net", "metrics", "client", "live"]   # live: src/api/live alone
LEAN, WHOLE = "-DPHAROS_FUZZ_WHOLE=OFF", "-DPHAROS_FUZZ_WHOLE=ON"
FUZZ_SECONDS = 120           # in all
FUZZ_RUNS = 100_000          # of a target at most: the same inputs on a fast machine and on a slow one
JOB_SECONDS = 1500
ALONE = ("test_rules_differential",)  # of tests/e2e: two servers must do the same things in the same second
# Begun before all others, so that the last ones to end are short. The table at the end of a run says what belongs here.
LONG = ("tsan/metrics", "asan/metrics", "unit/fleet", "ui/fleet", "ui/run", "ui/boards", "ui/editing", "ui/unit", "ui/panels", "ui/hostile",
        "e2e/test_alertmanager_differential", "e2e/test_dwcp_pack", "e2e/test_clients", "e2e/test_kill", "e2e/test_alert_kill", "asan/net", "tsan/net")
LOG_LINE = re.compile(r"ts=\S+ level=")
TEST_BEGUN = re.compile(r"\[ RUN      \] (\S+)")
TEST_OVER = re.compile(r"\[ +(?:OK|FAILED|SKIPPED) +\] (\S+)")
WRONG = re.compile(r": Failure$|^==\d+==ERROR|WARNING: ThreadSanitizer|runtime error:|^terminate called|^Traceback|"
                   r"[Aa]ssert.*failed|^SUMMARY: |AssertionError|ALARM: ")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


class Job:
    def __init__(self, name, command, env=None, gtest=False, cwd=ROOT, alone=False):
        self.name, self.command, self.env, self.gtest, self.cwd = name, command, env or {}, gtest, cwd
        self.alone = alone


class Outcome:
    def __init__(self, passed=0, failed=0, skipped=0, output="", seconds=0.0, cpu=0.0, reasons=(), code=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.output, self.seconds, self.cpu, self.reasons, self.code = output, seconds, cpu, list(reasons), code

    def why(self):
        """What a reader of the last page of a long log needs: how it ended, in which test, and what was said."""
        said = [line for line in self.output.splitlines() if not LOG_LINE.match(line)]
        ended = f"exit {self.code}"
        if self.code < 0:
            ended = signal.Signals(-self.code).name if -self.code in set(signal.Signals) else f"signal {-self.code}"
        lines = [f"ended with {ended} after {self.seconds:.1f} s"]
        begun, over = ([m.group(1) for m in map(pattern.match, said) if m] for pattern in (TEST_BEGUN, TEST_OVER))
        if begun and len(begun) > len(over):
            lines.append(f"in {begun[-1]}")
        wrong = [i for i, line in enumerate(said) if WRONG.search(line)]
        shown = sorted({j for i in wrong[:4] for j in range(i, min(i + 12, len(said)))})
        return lines + [said[j] for j in shown][:40] + (["..."] + said[-12:] if said else [])


RUNNING, running_lock = set(), threading.RLock()   # groups of processes, by the number of their first


def end_all(number, _frame):
    """Ctrl+C and the like reach this program alone, as each job is a group of its own."""
    with running_lock:
        for group in RUNNING:
            os.killpg(group, signal.SIGKILL)
        os._exit(128 + number)


def measured(command, cwd=ROOT, env=None, seconds=None):
    """(exit code, output, seconds, processor seconds of it and of the children it waited for). What it started and left
    behind, servers of a script that was stopped for instance, ends with it."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        try:
            with running_lock:
                child = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                                         start_new_session=True)
                RUNNING.add(child.pid)
        except OSError as error:
            return 127, str(error), 0.0, 0.0
        late = threading.Event()
        limit = threading.Timer(seconds, lambda: (late.set(), os.killpg(child.pid, signal.SIGKILL))) if seconds else None
        if limit:
            limit.start()
        # Its end is seen before it is reaped: until then nobody else has its number, whenever the limit comes.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        if limit:
            limit.cancel()
            limit.join()
        with running_lock:
            os.killpg(child.pid, signal.SIGKILL)
            RUNNING.discard(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read().decode(errors="replace")
    code = child.returncode
    if late.is_set():
        code, output = 124, f"{output}\nstopped after {seconds} s"
    return code, output, time.monotonic() - began, usage.ru_utime + usage.ru_stime


def run(job):
    """Its outcome, whatever happens: a report that is cut off fails this job, not the whole run."""
    try:
        return executed(job)
    except Exception:
        return Outcome(failed=1, output=traceback.format_exc(), code=1)


def executed(job):
    env = dict(os.environ, **job.env)
    report = None
    command = list(job.command)
    if job.gtest:
        report = tempfile.NamedTemporaryFile(suffix=".json", delete=False).name
        command.append(f"--gtest_output=json:{report}")
    code, output, seconds, cpu = measured(command, job.cwd, env, JOB_SECONDS)
    outcome = Outcome(output=output, seconds=seconds, cpu=cpu, code=code)
    if report and os.path.exists(report) and os.path.getsize(report):
        with open(report) as file:
            tests = json.load(file)
        for suite in tests.get("testsuites", []):
            for test in suite.get("testsuite", []):
                if test.get("failures"):
                    outcome.failed += 1
                elif test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN":
                    outcome.skipped += 1
                else:
                    outcome.passed += 1
        outcome.reasons = sorted(set(re.findall(r": Skipped\n(.+)$", output, re.M)))[:3]
        if code and not outcome.failed:  # crashed, or a sanitizer spoke
            outcome.failed += 1
    elif found := SUMMARY.findall(output):
        passed, failed, skipped = found[-1]
        outcome.passed, outcome.failed, outcome.skipped = int(passed), int(failed), int(skipped or 0)
        if code and not outcome.failed:
            outcome.failed += 1
    elif code == 77 and not job.name.startswith("fuzz/"):  # libFuzzer ends with 77 when it has found something
        outcome.skipped = 1
        outcome.reasons = [output.strip().splitlines()[-1] if output.strip() else "no reason given"]
    else:
        outcome.passed, outcome.failed = (1, 0) if code == 0 else (0, 1)
    if report and os.path.exists(report):
        os.unlink(report)
    return outcome


class Build:
    """A folder and what is compiled in it; `jobs()` are those it makes ready."""

    def __init__(self, name, folder, targets, options, jobs):
        self.name, self.folder, self.targets, self.options, self.jobs = name, folder, targets, options, jobs
        self.seconds = self.cpu = 0.0

    def make(self):
        """"", or what went wrong."""
        trouble = self.attempt(self.options)
        if re.search("undefined (symbol|reference)", trouble) and LEAN in self.options:
            print(f"build for {self.name}: whole modules, as cmake/fuzzed.cmake leaves out too much:\n{trouble[:2000]}", flush=True)
            trouble = self.attempt([WHOLE if option == LEAN else option for option in self.options])
        return trouble

    def attempt(self, options):
        for command in (["cmake", "-S", str(ROOT), "-B", str(self.folder), "-G", "Ninja", *options],
                        ["ninja", "-C", str(self.folder), "-j", str(len(os.sched_getaffinity(0))), *self.targets]):
            code, output, seconds, cpu = measured(command)
            self.seconds += seconds
            self.cpu += cpu
            if code:
                return "\n".join(line for line in output.splitlines() if not re.match(r"\[\d+/", line))[-6000:] or f"exit {code}"
        return ""


class Results:
    """Counts what has been run and prints it as it ends."""

    def __init__(self):
        self.total, self.failures, self.outcomes = Outcome(), {}, {}  # by the name of the job
        self.lock = threading.Lock()

    def note(self, name, outcome):
        with self.lock:
            self.outcomes[name] = outcome
            self.total.passed += outcome.passed
            self.total.failed += outcome.failed
            self.total.skipped += outcome.skipped
            word = "FAILED" if outcome.failed else "skipped" if not outcome.passed and outcome.skipped else "ok"
            note = f"  ({'; '.join(outcome.reasons)})" if outcome.skipped and outcome.reasons else ""
            print(f"{word:8}{name:34}{outcome.passed:6} passed{outcome.failed:4} failed{outcome.skipped:4} skipped"
                  f"{outcome.seconds:8.1f} s{outcome.cpu:8.1f} s cpu{note}", flush=True)
            if outcome.failed:
                self.failures[name] = outcome
                print("\n".join("    " + line for line in outcome.output.splitlines()[-80:]), flush=True)

    def print_times(self, builds, seconds):
        print("\nwhere the time went                      seconds   processor")
        if built := os.environ.get("PHAROS_BUILD_SECONDS"):  # pharos.sh was the one that built it
            print(f"  {'packages and build':38}{float(built):8.0f}")
        for build in builds:
            print(f"  {'build for ' + build.name + ', beside the tests':38}{build.seconds:8.0f}{build.cpu:10.0f} s")
        jobs = self.outcomes.values()
        print(f"  {f'{len(jobs)} jobs, two at a time':38}{sum(o.seconds for o in jobs):8.0f}{sum(o.cpu for o in jobs):10.0f} s")
        for name, outcome in sorted(self.outcomes.items(), key=lambda item: -item[1].seconds)[:10]:
            print(f"    {name:36}{outcome.seconds:8.0f}{outcome.cpu:10.0f} s")
        print(f"  {'all tests and their builds':38}{seconds:8.0f}\n")


def module_tests(folder, modules=None):
    found = []
    for test in sorted([*folder.glob("src/*/*_test"), *folder.glob("client/*_test"), *folder.glob("sim/*_test"),
                        *folder.glob("tests/fleet/*_test")]):
        module = test.name.removesuffix("_test") if folder == TSAN else test.parent.name
        if modules is None or module in modules:
            found.append((module, test))
    return found


def plain_jobs(deep):
    jobs = [Job("layers", [sys.executable, "tools/check_layers.py"])]
    jobs += [Job(f"unit/{module}", [str(test)], gtest=True, env={"PHAROS_DEEP": "1" if deep else ""}) for module, test in module_tests(BUILD)]
    jobs += [Job(f"suite/{p.stem}", [sys.executable if p.suffix == ".py" else "bash", str(p)],
                 env={"PHAROS_BUILD": str(BUILD), "PHAROS_DEEP": "1" if deep else ""})
             for p in sorted((ROOT / "tests" / "suites").glob("*")) if p.suffix in (".py", ".sh")]
    jobs += [Job(f"e2e/{p.stem}", [sys.executable, str(p)],
                 env={"PHAROS_BUILD": str(BUILD), "PHAROS_DEEP": "1" if deep else ""}, alone=p.stem in ALONE)
             for p in sorted((ROOT / "tests" / "e2e").glob("test_*.py"))]
    return jobs + ui_jobs()


def ui_jobs():
    """The browser application: types and Vitest, then the real binary in Chromium. Packages are those of the build."""
    ready = "command -v node >/dev/null && [ -d ui/node_modules ] || { echo 'no node, or no ui/node_modules'; exit 77; }; exec node "
    return [Job(f"ui/{p.stem}", ["sh", "-c", f"{ready} ui/e2e/{p.name}"], env={"PHAROS_BUILD": str(BUILD)})
            for p in sorted((ROOT / "ui" / "e2e").glob("*.mjs")) if p.stem in UI_SCRIPTS]


def sanitizer_jobs(kind, folder, modules):
    options = {"ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1", "UBSAN_OPTIONS": "print_stacktrace=1",
               "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1", "PHAROS_SANITIZED": "1"}
    return [Job(f"{kind}/{m}", [str(t)], env=options, gtest=True) for m, t in module_tests(folder, modules)]


def sanitizer_builds(deep):
    """The longer one first; `--deep` has whole modules under ASan, not only what fuzz targets reach."""
    asan = Build("asan and fuzz", ASAN, [f"{m}_test" for m in ASAN_MODULES] + ["fuzz_targets"],
                 ["-DCMAKE_BUILD_TYPE=Debug", "-DPHAROS_FUZZ=ON", WHOLE if deep else LEAN,
                  "-DCMAKE_C_COMPILER=clang-19", "-DCMAKE_CXX_COMPILER=clang++-19"],
                 lambda: sanitizer_jobs("asan", ASAN, ASAN_MODULES) + fuzz_jobs(deep))
    tsan = Build("tsan", TSAN, [f"{m}_test" for m in TSAN_MODULES], ["-DCMAKE_BUILD_TYPE=Debug", "-DPHAROS_SANITIZE=thread"],
                 lambda: sanitizer_jobs("tsan", TSAN, TSAN_MODULES))
    return [asan, tsan]


def fuzz_jobs(deep):
    targets = sorted(p for p in (ASAN / "fuzz").glob("*_fuzz") if os.access(p, os.X_OK)) if ASAN.exists() else []
    share = max(2, FUZZ_SECONDS * 2 // max(1, len(targets)))  # two at a time
    if deep:
        share *= 30
    jobs = []
    for target in targets:
        corpus = ROOT / "fuzz" / "corpus" / target.stem.removesuffix("_fuzz")
        command = [str(target), f"-max_total_time={share}", "-max_len=65536", "-rss_limit_mb=2048", "-timeout=10",
                   "-print_final_stats=0", "-verbosity=1", f"-seed={0 if deep else 20261121}", f"-artifact_prefix={ASAN}/", f"-runs={-1 if deep else FUZZ_RUNS}"]
        if corpus.is_dir():
            scratch = tempfile.mkdtemp(prefix="pharos-fuzz-")
            command += [scratch, str(corpus)]
        jobs.append(Job(f"fuzz/{target.stem}", command))
    return jobs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    wanted = re.compile(arguments.only)
    if arguments.deep:
        ASAN_MODULES.append("rules")
    selected = lambda jobs: [job for job in jobs if wanted.search(job.name)]
    plain = selected(plain_jobs(arguments.deep))
    wants = lambda kind: not arguments.only or any(wanted.search(f"{kind}/{m}") for m in ASAN_MODULES + TSAN_MODULES)
    builds = [build for build in sanitizer_builds(arguments.deep)
              if wants(build.name.split()[0]) or "fuzz" in build.name and "fuzz" in arguments.only]
    if arguments.list:
        for job in plain + selected(job for build in builds for job in build.jobs()):
            print(job.name)
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_all)
    began = time.monotonic()
    results = Results()
    for job in plain:
        if job.alone:
            results.note(job.name, run(job))
    jobs = [job for job in plain if not job.alone]
    for build in builds:
        trouble = build.make()
        if trouble:
            results.note(f"build for {build.name}", Outcome(failed=1, output=trouble, seconds=build.seconds, cpu=build.cpu, code=1))
        else:
            jobs += selected(build.jobs())
    jobs.sort(key=lambda job: LONG.index(job.name) if job.name in LONG else len(LONG))
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda job: results.note(job.name, run(job)), jobs):
            pass
    if results.failures:
        for name, outcome in results.failures.items():  # once more, short: the middle of a long log is often cut out
            print(f"{name}: " + "\n    ".join(outcome.why()))
        print("failed: " + ", ".join(results.failures))
    results.print_times(builds, time.monotonic() - began)
    total = results.total
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
