"""Dashboards against the types of @grafana/schema (tests/boards): the pack's and the boards of tests/boards/coverage."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "boards"
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT", "E403", "network")


def skip(reason):
    print(reason)
    sys.exit(77)


for program in ("node", "npm"):
    if shutil.which(program) is None:
        skip(f"no {program}: apt-get install nodejs npm")
version = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=30).stdout.strip()
if int(re.match(r"v(\d+)", version)[1]) < 18:
    skip(f"node {version} is older than 18")
lock = FOLDER / "package-lock.json"
mark = FOLDER / "node_modules" / ".pharos-lock"  # of the lock file it was installed from
if not mark.exists() or mark.read_text() != lock.read_text():
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], cwd=FOLDER, capture_output=True, text=True, timeout=300)
    if done.returncode:
        if any(word in done.stderr for word in NO_NETWORK):
            skip("the npm registry cannot be reached")
        print(done.stderr[-2000:])
        sys.exit(1)
    mark.write_text(lock.read_text())
sys.exit(subprocess.run(["node", "validate.mjs"], cwd=FOLDER, timeout=300).returncode)
