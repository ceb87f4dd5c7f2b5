#!/usr/bin/env python3
"""`pharos test rules`: the repository's own files, the DWCP pack's and its alertmanager.yml, those that must fail, and promtool's cases where PHAROS_CONFORMANCE names them."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent.parent
PHAROS = Path(os.environ.get("PHAROS_BUILD") or ROOT / "build") / "pharos"
passed = failed = skipped = 0


def check(what, arguments, wanted, folder, command=("test", "rules")):
    global passed, failed
    done = subprocess.run([PHAROS, *command, *arguments], cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode == wanted:
        passed += 1
        return
    failed += 1
    print(f"FAIL {what}: exit {done.returncode}, wanted {wanted}\n{done.stdout[-2000:]}{done.stderr[-3000:]}")


own = ROOT / "tests" / "rules"
for file in sorted(own.glob("*.test.yml")):
    check(file.name, [file], 0, own)
for file in sorted((own / "wrong").glob("*.test.yml")):
    check(f"wrong/{file.name}", [file], 1, own)
check("a file that is not there", ["nowhere.yml"], 1, own)
check("--run leaves groups out", ["--run", "no such name", "wrong/value.test.yml"], 0, own)

pack = ROOT / "packs" / "dwcp"
for file in sorted((pack / "tests").glob("*.test.yml")):
    check(f"pack {file.name}", [file], 0, pack)
check("pack alertmanager.yml", ["alertmanager.yml"], 0, pack, ("check", "alertmanager"))

with tempfile.TemporaryDirectory() as scratch:
    report = Path(scratch) / "report.xml"
    check("--junit", ["--junit", report, "recording.test.yml", "wrong/value.test.yml"], 1, own)
    suites = ElementTree.parse(report).getroot() if report.exists() else []
    counts = [(suite.get("tests"), suite.get("failures")) for suite in suites]
    if counts == [("2", "0"), ("1", "1")]:
        passed += 1
    else:
        failed += 1
        print(f"FAIL --junit wrote {counts}")

manifest = Path(os.environ.get("PHAROS_CONFORMANCE") or "/nonexistent") / "promtool" / "manifest.json"
if manifest.exists():
    for case in json.loads(manifest.read_text()):
        arguments = [word for pattern in case.get("run", []) for word in ("--run", pattern)]
        if "unknown fields ignored" in case.get("note", ""):
            arguments.append("--ignore-unknown-fields")
        check(f"promtool/{case['test_file']}", [*arguments, case["test_file"]], case["exit"], manifest.parent)
else:
    skipped += 1
    print("SKIPPED promtool: PHAROS_CONFORMANCE names no folder with promtool/manifest.json")
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed else 0)
