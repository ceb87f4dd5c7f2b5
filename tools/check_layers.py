#!/usr/bin/env python3
"""Checks the folder tree against src/LAYERS and a few rules of style that a compiler cannot.

Exit 0 and a count, or 1 and one line per breach:
  file:line: what
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
LINES_MAX = 700
BANNED_STEMS = re.compile(r"(^|_)(utils?|helpers?|common|manager_impl|misc)(_|$)")
# A heavy header is read by few files: {header pattern: files that may include it}.
HEAVY = {
    r"<CLI/": None,  # any file of src/server/ (checked below)
    r"<yaml-cpp/": {"src/codec/yaml.cpp"},
    r"<re2/": {"src/model/matcher.cpp", "src/model/regex.cpp", "src/rules/template_regex.cpp"},
    r"<sqlite3": {"src/base/database.cpp"},
    r"<nghttp2/": None,
}
# for (x : call()->member) and for (x : *call()): what the call returned is gone before the first turn.
LOOP_OVER_TEMPORARY = re.compile(r"\bfor \([^;]*: (\*[\w.:]+(->\w+)*\(\)|[\w.:]+(?<!begin)\(\)->\w+)\)")


def layers():
    level = {}
    for n, line in enumerate((SRC / "LAYERS").read_text().splitlines()):
        if not line.startswith("#"):
            for module in line.split():
                level[module] = n
    return level


def main():
    level = layers()
    breaches = []
    files = [p for p in SRC.rglob("*") if p.suffix in (".hpp", ".cpp")]
    for path in sorted(files):
        shown = path.relative_to(ROOT).as_posix()
        module = path.relative_to(SRC).parts[0]
        if module not in level:
            breaches.append(f"{shown}:1: folder '{module}' is not in src/LAYERS")
            continue
        if BANNED_STEMS.search(path.stem):
            breaches.append(f"{shown}:1: a file is named for its noun, not '{path.stem}'")
        lines = path.read_text(errors="replace").splitlines()
        if len(lines) > LINES_MAX and not path.stem.endswith("_test"):
            breaches.append(f"{shown}:{len(lines)}: more than {LINES_MAX} lines: more than one noun")
        for number, line in enumerate(lines, 1):
            if LOOP_OVER_TEMPORARY.search(line):
                breaches.append(f"{shown}:{number}: a loop over what a temporary holds: give the call's result a name")
            include = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if not include:
                continue
            name = include.group(2)
            if include.group(1) == '"':
                other = name.split("/")[0]
                if other in level and other != module and level[other] >= level[module]:
                    breaches.append(f"{shown}:{number}: {module} may not include {name} (src/LAYERS)")
            for pattern, allowed in HEAVY.items():
                if allowed is not None and re.search(pattern, f"<{name}") and shown not in allowed:
                    if not path.stem.endswith("_test"):
                        breaches.append(f"{shown}:{number}: only {', '.join(sorted(allowed))} may include {name}")
            if name.startswith("CLI/") and module != "server":
                breaches.append(f"{shown}:{number}: CLI11 belongs to src/server")
    for module in sorted({p.relative_to(SRC).parts[0] for p in files}):
        readme = SRC / module / "README.md"
        if not readme.exists():
            breaches.append(f"src/{module}: no README.md")
    # The client library stands by itself: it may be copied out of this tree.
    for path in sorted([*(ROOT / "client").rglob("*.[ch]pp"), *(ROOT / "include").rglob("*.hpp")]):
        files.append(path)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if include and "/" in include.group(1) and not include.group(1).startswith("pharos/"):
                breaches.append(f"{path.relative_to(ROOT).as_posix()}:{number}: the client library may not include {include.group(1)}")
    print("\n".join(breaches) if breaches else f"{len(files)} files keep to the layers")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
