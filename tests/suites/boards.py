"""DWCP's dashboards are what their descriptions say today, pass `pharos check dashboards` with every remark on, and keep the pack's own rules."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PHAROS = Path(os.environ.get("PHAROS_BUILD") or ROOT / "build") / "pharos"
PACK = ROOT / "packs" / "dwcp"
FILES = sorted((PACK / "dashboards").glob("*.json"))
BOARDS = {path.name: json.loads(path.read_text()) for path in FILES}
failures, passed = [], 0
GRID = 24
# Counted by the documents that asked for them.
PANELS = {"canary-health-overview": 4, "dwcp-manager": 8, "consensus-performance": 6, "resource-allocation": 6, "dwcp-performance": 18,
          "dwcp-global-overview": 4, "dwcp-region": 4, "dwcp-protocol-metrics": 4, "dwcp-load-balancer": 4, "phase6-production-live": 29,
          "production-rollout": 9, "real-time-performance": 11, "sla-compliance": 12, "ml-optimization": 11, "anomaly-detection": 11,
          "staging": 10, "generated-by-mode-and-component": 23}


def check(what, problems):
    global passed
    if problems:
        failures.append(what)
        print(f"FAIL {what}: " + "; ".join(str(p) for p in list(problems)[:12]))
    else:
        passed += 1


def panels(board):
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def shown(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return [] if done.returncode == 0 else [f"exit {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}"]


check("boards are those that make_boards.py writes", shown(sys.executable, str(PACK / "tools" / "make_boards.py"), "--check"))
check("the pack has every board, with its panels", [f"{name}: {n}" for name, n in PANELS.items()
      if sum(1 for _ in panels(BOARDS.get(f"{name}.json", {"panels": []}))) != n] + [name for name in BOARDS if name[:-5] not in PANELS])
check("pharos check dashboards --lint-fatal", shown(PHAROS, "check", "dashboards", "--lint-fatal", *map(str, FILES)))

# The boards that cover what a dashboard may have; of those that an importer meets, one is refused by name.
COVERAGE = ROOT / "tests" / "boards" / "coverage"
check("boards of coverage/ are those that make_coverage.py writes", shown(sys.executable, str(COVERAGE.parent / "make_coverage.py"), "--check"))
check("pharos check dashboards --lint-fatal coverage/", shown(PHAROS, "check", "dashboards", "--lint-fatal", *sorted(map(str, COVERAGE.glob("*.json")))))
imported = [path for path in sorted((COVERAGE / "import").glob("*.json")) if path.name != "schema-v2.json"]
check("old forms, foreign panels and hostile texts are no mistakes", shown(PHAROS, "check", "dashboards", *map(str, imported)))
refused = subprocess.run([PHAROS, "check", "dashboards", COVERAGE / "import" / "schema-v2.json"], capture_output=True, text=True, timeout=60)
check("schema v2 is refused by name", [] if refused.returncode == 1 and "schema-v2.json:1:1: this is a dashboard of schema v2" in refused.stderr else [refused.stderr])

uids = [board["uid"] for board in BOARDS.values()]
check("uids are there once", {uid for uid in uids if uids.count(uid) > 1})
check("links lead to boards", {f"{name}: {uid}" for name, board in BOARDS.items()
                               for uid in re.findall(r'"/d/([^"?/]+)', json.dumps(board)) if uid not in uids})
check("each panel says what it shows, and what bad looks like",
      [f"{name}: {panel['title']}" for name, board in BOARDS.items() for panel in panels(board) if "\n\n**Bad:** " not in panel.get("description", "")])
check("lines fill the grid, in panels of one height", [
    f"{name}: line {y}" for name, board in BOARDS.items() for y in {panel["gridPos"]["y"] for panel in board["panels"]}
    for line in [[panel["gridPos"] for panel in board["panels"] if panel["gridPos"]["y"] == y]]
    if sum(p["w"] for p in line) != GRID or len({p["h"] for p in line}) != 1])
check("series of a panel have names of their own", [
    f"{name}: {panel['title']}: {legend}" for name, board in BOARDS.items() for panel in panels(board)
    for legends in [[t["legendFormat"] for t in panel.get("targets", []) if "legendFormat" in t]]
    for legend in set(legends) if legends.count(legend) > 1])
check("variables are used", [f"{name}: {v['name']}" for name, board in BOARDS.items() for v in board["templating"]["list"]
                             if not re.search(r"\$\{?" + v["name"] + r"\b", json.dumps([board["panels"], board["annotations"], board["templating"]]))])
# A state is never told by its colour alone, and by these colours only.
palette = {"#009E73", "#E69F00", "#D55E00", "#56B4E9"}
check("colours are of the palette that the colour-blind can tell apart", {
    f"{name}: {colour}" for name, board in BOARDS.items() for colour in re.findall(r'"(?:color|fixedColor|iconColor|fill)": "([^"]+)"', json.dumps(board))
    if colour not in palette and colour not in ("dash",)})
print(f"{passed} passed, {len(failures)} failed, 0 skipped")
sys.exit(1 if failures else 0)
