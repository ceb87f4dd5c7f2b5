"""The client library as its users get it: installed, then found by CMake and by pkg-config, with g++ and clang,
as C++17 with warnings as errors; and definitions that must not compile do not."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("PHAROS_BUILD") or ROOT / "build")
WARNINGS = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
PROGRAM = """
#include <pharos/client.hpp>
#include <pharos/dwcp/instruments.hpp>
#include <pharos/otlp.hpp>
#include <cstdio>
using namespace pharos::client;
constexpr auto kRequests = counter("requests_total", "Requests.", "method");
int main() {
  Exporter exporter{"127.0.0.1:0"};
  Counters requests{kRequests};
  requests.with("GET").add(3);
  dwcp::Instruments{"c1", "n1"}.amst.stream_opened();
  std::fputs(render(Registry::standard()).c_str(), stdout);
  return exporter.listening() ? 0 : 1;
}
"""
OTLP = "int use_otlp() { OtlpOptions options; options.endpoint = \"http://127.0.0.1:1\"; return OtlpExporter{options}.flush(0) ? 1 : 0; }\n"
# Each of these is a mistake that the compiler has to find.
MISTAKES = {
    "a name with a space": 'constexpr auto k = counter("not a name", "h");',
    "a reserved label": 'constexpr auto k = gauge("g", "h", "__name__");',
    "the same label twice": 'constexpr auto k = gauge("g", "h", "a", "a");',
    "le on a histogram": 'constexpr auto k = histogram("h", "h", kSeconds, "le");',
    "bounds that fall": 'constexpr std::array<double, 2> b{2, 1}; constexpr auto k = histogram("h", "h", b);',
    "too few label values": 'constexpr auto k = counter("c", "h", "a", "b"); void f() { Counters{k}.with("x").add(); }',
    "too many label values": 'constexpr auto k = counter("c", "h"); void f() { Counters{k}.with("x").add(); }',
    "a counter as a gauge": 'constexpr auto k = counter("c", "h"); void f() { Gauges{k}.with().set(1); }',
}


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120, **options)
    return done.returncode, done.stdout + done.stderr


def main():
    passed = failed = skipped = 0

    def check(name, good, output=""):
        nonlocal passed, failed
        passed, failed = passed + bool(good), failed + (not good)
        print(f"{'ok' if good else 'FAILED'}: {name}" + ("" if good else f"\n{output}"))

    folder = Path(tempfile.mkdtemp(prefix="pharos-install-"))
    try:
        prefix = folder / "prefix"
        code, output = run("cmake", "--install", BUILD, "--prefix", prefix)
        check("cmake --install", code == 0, output)
        installed = sorted(p.relative_to(prefix / "include").as_posix() for p in (prefix / "include").rglob("*.hpp"))
        source = sorted(p.relative_to(ROOT / "include").as_posix() for p in (ROOT / "include").rglob("*.hpp"))
        check("every header is installed", installed == source, str(set(source) ^ set(installed)))

        app = folder / "app"
        app.mkdir()
        (app / "main.cpp").write_text(PROGRAM)
        (app / "otlp.cpp").write_text(PROGRAM.split("constexpr")[0] + OTLP)
        (app / "CMakeLists.txt").write_text("""cmake_minimum_required(VERSION 3.20)
project(app CXX)
find_package(pharos REQUIRED)
add_executable(app main.cpp)
target_link_libraries(app pharos::client)
add_executable(app_otlp main.cpp otlp.cpp)
target_link_libraries(app_otlp pharos::client-otlp)
""")
        code, output = run("cmake", "-S", app, "-B", app / "build", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_CXX_STANDARD=17")
        code, output = run("cmake", "--build", app / "build") if code == 0 else (code, output)
        check("found by CMake, with and without OTLP", code == 0, output)
        code, output = run(app / "build" / "app")
        check("the program counts", code == 0 and 'requests_total{method="GET"} 3' in output, output)

        pc = next(prefix.rglob("pharos-client.pc")).parent
        env = dict(os.environ, PKG_CONFIG_PATH=str(pc))
        for compiler in ("g++", "clang++-19"):
            if not shutil.which(compiler):
                skipped += 1
                print(f"SKIPPED: no {compiler}")
                continue
            flags = run("pkg-config", "--cflags", "--libs", "pharos-client", env=env)[1].split()
            code, output = run(compiler, *WARNINGS, app / "main.cpp", "-o", app / compiler, *flags)
            check(f"{compiler} by pkg-config, C++17, warnings are errors", code == 0, output)
            code, output = run(app / compiler)
            check(f"the program of {compiler} counts", code == 0 and "} 3" in output, output)
            if compiler != "g++":
                continue
            # Backwards, so that a header cannot lean on one before it; --deep: each by itself too.
            for headers in [installed[::-1]] + ([[h] for h in installed] if os.environ.get("PHAROS_DEEP") else []):
                code, output = run(compiler, *WARNINGS, "-fsyntax-only", "-x", "c++", "-", f"-I{prefix / 'include'}",
                                   input="".join(f"#include <{header}>\n" for header in headers))
                check(f"{headers[0]} stands alone" if len(headers) == 1 else "headers in any order", code == 0, output)
        for name, code_text in MISTAKES.items():
            code, output = run("g++", "-std=c++17", "-fsyntax-only", "-x", "c++", "-", f"-I{prefix / 'include'}",
                               input=f"#include <pharos/client.hpp>\nusing namespace pharos::client;\n{code_text}\n")
            check(f"does not compile: {name}", code != 0 and "error" in output, output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
