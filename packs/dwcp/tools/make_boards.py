#!/usr/bin/env python3
"""Writes DWCP's dashboards from their descriptions in boards/.

  packs/dwcp/tools/make_boards.py          writes packs/dwcp/dashboards/*.json
  packs/dwcp/tools/make_boards.py --check  says which of them differ from what it would write; exit 1 if any
"""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from boards import ml, phase1, phase3, phase6, production, rollout, versions  # noqa: E402

FOLDER = Path(__file__).resolve().parent.parent / "dashboards"
# File name -> the function that makes the board.
BOARDS = {
    "canary-health-overview": production.canary,
    "dwcp-manager": production.manager,
    "consensus-performance": production.consensus,
    "resource-allocation": production.resources,
    "dwcp-performance": phase1.performance,
    "staging": phase1.staging,
    "dwcp-global-overview": phase3.overview,
    "dwcp-region": phase3.region,
    "dwcp-protocol-metrics": phase3.protocol,
    "dwcp-load-balancer": phase3.load_balancer,
    "anomaly-detection": phase3.anomalies,
    "phase6-production-live": phase6.live,
    "production-rollout": rollout.summary,
    "real-time-performance": rollout.real_time,
    "sla-compliance": rollout.sla,
    "ml-optimization": ml.optimization,
    "generated-by-mode-and-component": versions.modes_and_components,
}


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    texts = {FOLDER / f"{name}.json": json.dumps(make().json, indent=2, ensure_ascii=False) + "\n" for name, make in BOARDS.items()}
    strange = [f"{path.name} is made by nothing here" for path in sorted(FOLDER.glob("*.json")) if path not in texts]
    if not check:
        FOLDER.mkdir(exist_ok=True)
        for path, text in texts.items():
            path.write_text(text)
        print(f"{len(texts)} boards")
    else:
        strange += [f"{path.name} differs from what make_boards.py writes" for path, text in texts.items()
                    if not path.exists() or path.read_text() != text]
    for line in strange:
        print(line)
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
