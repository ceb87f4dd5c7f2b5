#!/usr/bin/env bash
# The one door: installs what is missing, then builds, runs, tests or measures Pharos.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'EOF'
usage: ./pharos.sh COMMAND

  run [FLAG…]      build, then `pharos serve` in the foreground on http://127.0.0.1:9090,
                   watching this host (FLAGs go to `pharos serve`)
  build            install what is missing and build Release into build/
  test [--deep]    build, then every test; the last line is "N passed, N failed, N skipped"
                   (--deep: the long forms of crash, fuzz and peer tests too)
  bench [NAME…]    ours beside Prometheus and VictoriaMetrics, as ratios; `bench ui [NAME…] [--full]`: timings in
                   a browser (--full: heap growth over half an hour)
  check            layers and formatting of what changed
EOF
}

# Debian 12 packages; docs/decisions/ says what each is for.
build_packages=(g++ cmake ninja-build pkg-config ccache mold python3 tzdata
  libboost1.81-dev libssl-dev libnghttp2-dev libcurl4-openssl-dev zlib1g-dev libzstd-dev liblz4-dev
  libbrotli-dev libsnappy-dev libre2-dev libyaml-cpp-dev libxxhash-dev libfmt-dev libcli11-dev libsqlite3-dev
  libgtest-dev libgmock-dev libbenchmark-dev prometheus-cpp-dev)
test_packages=(clang-19 libclang-rt-19-dev llvm-19 curl openssl chromium fonts-dejavu-core)

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  local root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "pharos.sh: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
    root=(sudo)
  fi
  echo "== installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${root[@]}" apt-get -qq update
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${missing[@]}" >/dev/null
}

configure() { # folder, cmake arguments…
  local folder=$1; shift
  [[ -f $folder/build.ninja ]] || cmake -S . -B "$folder" -G Ninja "$@" >"/tmp/pharos-cmake.$$" || {
    cat "/tmp/pharos-cmake.$$"; rm -f "/tmp/pharos-cmake.$$"; return 1; }
  rm -f "/tmp/pharos-cmake.$$"
}

compile() { # folder, targets…
  local folder=$1; shift
  NINJA_STATUS="[%f/%t %es] " ninja -C "$folder" "$@" >"$folder/build.log" 2>&1 ||
    { grep -vE '^\[[0-9]+/' "$folder/build.log" | head -60; echo "pharos.sh: the build in $folder failed (all of it: $folder/build.log)" >&2; return 1; }
}

# What building the web UI lacks. Debian's npm cannot be installed beside a nodejs from elsewhere: where
# there is a newer node, its own npm has to do.
node_packages() {
  [[ -f ui/package-lock.json ]] || return 0
  if ! command -v node >/dev/null; then
    echo nodejs npm
  elif ! command -v npm >/dev/null && dpkg-query -W -f '${Version}' nodejs 2>/dev/null | grep -q '^18\..*dfsg'; then
    echo npm
  fi
}

build() {
  # shellcheck disable=SC2046  # words are packages
  install_packages "${build_packages[@]}" $(node_packages)
  configure build -DCMAKE_BUILD_TYPE=Release
  compile build "${@:-pharos}"
}

case ${1:-} in
  run)
    shift
    build pharos
    mkdir -p data
    # With a configuration of one's own it is that; without one the demo fleet has the screen.
    if [[ " $* " == *" --config.file"* ]]; then exec build/pharos serve --storage.path data "$@"; fi
    exec build/pharos demo --storage.path data "$@"
    ;;
  build)
    build pharos pharos-conformance pharos_client pharos_client_otlp client_bench
    ls -l build/pharos
    ;;
  test)
    shift
    # shellcheck disable=SC2046  # words are packages
    install_packages "${build_packages[@]}" $(node_packages)
    install_packages "${test_packages[@]}" &  # while the compilers work
    installing=$!
    build all
    PHAROS_BUILD_SECONDS=$SECONDS
    wait "$installing"
    export PHAROS_BUILD_SECONDS
    exec python3 tools/run_tests.py "$@"
    ;;
  bench)
    shift
    build pharos
    if [[ ${1:-} == ui ]]; then
      install_packages chromium
      command -v npm >/dev/null || install_packages nodejs npm
      cd ui
      [[ -d node_modules ]] || npm ci --no-audit --no-fund
      shift
      exec node bench/bench.mjs "$@"
    fi
    compile build benches
    exec bench/run.sh "$@"
    ;;
  check)
    python3 tools/check_layers.py
    ;;
  -h | --help | help) usage ;;
  *) usage >&2; exit 2 ;;
esac
