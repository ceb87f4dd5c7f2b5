#!/usr/bin/env bash
# Micro-benches first (figures of single parts), then the side-by-side run.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ ${1:-} == micro ]]; then
  for bench in build/src/*/*_bench build/sim/*_bench build/bench/client_bench; do
    [[ -x $bench ]] && "$bench" --benchmark_min_time=0.2
  done
  exit 0
fi
exec python3 bench/run.py "$@"
