"""Runs every program of examples/ and looks for what its first lines promise (`// prints: TEXT`)."""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("PHAROS_BUILD") or ROOT / "build")


def run(source):
    promised = re.findall(r"^// prints: (.*)$", source.read_text(), re.M)
    program = BUILD / "examples" / source.stem
    if not promised:
        return source, "promises nothing: add a line `// prints: …`"
    if not program.exists():
        return source, f"{program} is not built"
    argument = "http://127.0.0.1:1" if source.stem == "otlp_push" else "127.0.0.1:0"
    done = subprocess.run([program, argument], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    missing = [text for text in promised if text not in done.stdout]
    if done.returncode or missing:
        return source, f"exit {done.returncode}, missing {missing}\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
    return source, ""


def main():
    sources = sorted((ROOT / "examples").glob("*.cpp"))
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for source, problem in pool.map(run, sources):
            failed += bool(problem)
            print(f"{'FAILED' if problem else 'ok'}: {source.stem}" + (f"\n{problem}" if problem else ""))
    print(f"{len(sources) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or len(sources) < 15 else 0


if __name__ == "__main__":
    sys.exit(main())
