#!/usr/bin/env python3
"""Runs everything `./pharos.sh test` stands for, two jobs at a time, and counts.

  tools/run_tests.py [--deep] [--only REGEX] [--list]

Jobs are: the layer check; every module's test binary; the conformance sets and the repository's own
text suites; the end-to-end scripts of tests/e2e (real peers among them); the web UI's tests; the same module tests under
ASan+UBSan and TSan; and every fuzz target for a share of two minutes. A job is a list of steps that
ends with exit 0 (passed), 77 (skipped, reason on its last line) or anything else (failed, output
shown). GoogleTest binaries and scripts that end with "N passed, N failed, N skipped" are counted test
by test. The last line of all is that sum.
"""
import argparse
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
ASAN = ROOT / "build-asan"   # clang-19: ASan + UBSan, the fuzz targets too
TSAN = ROOT / "build-tsan"   # g++: ThreadSanitizer
UI_SCRIPTS = ("unit", "run", "boards", "fleet", "panels", "editing")  # of ui/e2e; its other files are what these are made of
ASAN_MODULES = ["base", "codec", "model", "net", "metrics", "client"]   # --deep: rules too
TSAN_MODULES = ["base", "net", "metrics", "client", "live"]   # live: src/api/live alone
FUZZ_SECONDS = 120           # in all
FUZZ_RUNS = 100_000          # of a target at most: the same inputs on a fast machine and on a slow one
JOB_SECONDS = 1500
ALONE = ("test_rules_differential",)  # of tests/e2e: two servers must do the same things in the same second
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
    def __init__(self, passed=0, failed=0, skipped=0, output="", seconds=0.0, reasons=(), code=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.output, self.seconds, self.reasons, self.code = output, seconds, list(reasons), code

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


def run(job):
    began = time.monotonic()
    env = dict(os.environ, **job.env)
    report = None
    command = list(job.command)
    if job.gtest:
        report = tempfile.NamedTemporaryFile(suffix=".json", delete=False).name
        command.append(f"--gtest_output=json:{report}")
    try:
        done = subprocess.run(command, cwd=job.cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=JOB_SECONDS)
        code, output = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        code, output = 124, (late.stdout or b"").decode(errors="replace") + f"\nstopped after {JOB_SECONDS} s"
    except OSError as error:
        code, output = 127, str(error)
    outcome = Outcome(output=output, seconds=time.monotonic() - began, code=code)
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


def build(folder, targets, *options):
    if not (folder / "build.ninja").exists():
        subprocess.run(["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", *options],
                       check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["ninja", "-C", str(folder), *targets], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        text = done.stdout.decode(errors="replace")
        print("\n".join(l for l in text.splitlines() if not re.match(r"\[\d+/", l))[-6000:])
    return done.returncode == 0


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


def sanitizer_jobs():
    options = {"ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1", "UBSAN_OPTIONS": "print_stacktrace=1",
               "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1", "PHAROS_SANITIZED": "1"}
    jobs = [Job(f"asan/{m}", [str(t)], env=options, gtest=True) for m, t in module_tests(ASAN, ASAN_MODULES)]
    jobs += [Job(f"tsan/{m}", [str(t)], env=options, gtest=True) for m, t in module_tests(TSAN, TSAN_MODULES)]
    return jobs


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
    total = Outcome()
    failures = {}  # by the name of the job

    def execute(jobs):
        jobs = [job for job in jobs if wanted.search(job.name)]
        if arguments.list:
            for job in jobs:
                print(job.name)
            return
        beside, alone = [j for j in jobs if not j.alone], [j for j in jobs if j.alone]
        with ThreadPoolExecutor(2) as pool:
            for job, outcome in itertools.chain(zip(beside, pool.map(run, beside)), zip(alone, map(run, alone))):
                total.passed += outcome.passed
                total.failed += outcome.failed
                total.skipped += outcome.skipped
                word = "FAILED" if outcome.failed else "skipped" if not outcome.passed and outcome.skipped else "ok"
                note = f"  ({'; '.join(outcome.reasons)})" if outcome.skipped and outcome.reasons else ""
                print(f"{word:8}{job.name:34}{outcome.passed:6} passed{outcome.failed:4} failed"
                      f"{outcome.skipped:4} skipped{outcome.seconds:8.1f} s{note}", flush=True)
                if outcome.failed:
                    failures[job.name] = outcome
                    print("\n".join("    " + line for line in outcome.output.splitlines()[-80:]), flush=True)

    execute(plain_jobs(arguments.deep))
    wants = lambda kind: any(wanted.search(f"{kind}/{m}") for m in ASAN_MODULES) or not arguments.only
    if wants("asan") or "fuzz" in arguments.only:
        targets = [f"{m}_test" for m in ASAN_MODULES] + ["fuzz_targets"]
        if not arguments.list and not build(ASAN, targets, "-DCMAKE_BUILD_TYPE=Debug", "-DPHAROS_FUZZ=ON",
                                            "-DCMAKE_C_COMPILER=clang-19", "-DCMAKE_CXX_COMPILER=clang++-19"):
            total.failed += 1
            failures["asan build"] = Outcome(failed=1)
    if wants("tsan"):
        if not arguments.list and not build(TSAN, [f"{m}_test" for m in TSAN_MODULES], "-DCMAKE_BUILD_TYPE=Debug",
                                            "-DPHAROS_SANITIZE=thread"):
            total.failed += 1
            failures["tsan build"] = Outcome(failed=1)
    execute(sanitizer_jobs())
    execute(fuzz_jobs(arguments.deep))
    if failures:
        for name, outcome in failures.items():  # once more, short: the middle of a long log is often cut out
            print(f"{name}: " + "\n    ".join(outcome.why()))
        print("failed: " + ", ".join(failures))
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
