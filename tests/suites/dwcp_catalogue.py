"""packs/dwcp/metrics.md is what the definitions say today."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("PHAROS_BUILD") or ROOT / "build")


def main():
    program = BUILD / "client" / "dwcp-catalogue"
    written = subprocess.run([program], capture_output=True, text=True, timeout=30, check=True).stdout
    same = (ROOT / "packs" / "dwcp" / "metrics.md").read_text() == written
    if not same:
        print(f"FAILED: packs/dwcp/metrics.md is not what the definitions say: {program.relative_to(ROOT)} > packs/dwcp/metrics.md")
    rows = [line.split("\t") for line in subprocess.run([program, "--tsv"], capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()]
    complete = len(rows) == len({row[0] for row in rows}) == 413 and all(len(row) == 5 for row in rows)
    if not complete:
        print(f"FAILED: {len(rows)} rows")
    print(f"{same + complete} passed, {2 - same - complete} failed, 0 skipped")
    return 0 if same and complete else 1


if __name__ == "__main__":
    sys.exit(main())
