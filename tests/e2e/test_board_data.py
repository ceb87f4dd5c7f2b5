"""Every query of every board gives something on the simulated fleet: an hour of it is written into a store, the pack's recording rules run over
it, and `pharos check dashboards --url` asks. Queries in LogQL and lists of alerts are not asked."""
import re
import subprocess

from harness import PHAROS, ROOT, Server, main, scratch, skip, wait_until

PACK = ROOT / "packs" / "dwcp"
RULES = sorted((PACK / "rules").glob("recording-*.yml"))
# Panels of coverage/ that show how nothing looks, and those that ask for native histograms, which the fleet's pages do not have.
NOTHING = {"fields.json": {"value NaN", "Empty"}, "panels.json": {"No data", "Heatmap, native histograms"}, "transformations.json": set()}


def fleet():
    """A server over an hour of three regions and thirty nodes, its recording rules run each second."""
    if subprocess.run([PHAROS, "simulate", "--help"], capture_output=True, timeout=30).returncode:
        skip("this pharos has no simulator")
    folder = scratch()
    done = subprocess.run([PHAROS, "simulate", "--speed", "max", "--storage.path", folder / "data", "--duration", "1h", "--regions", "3", "--nodes", "30", "--seed", "1"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    names = set()
    for path in RULES:
        text = path.read_text()
        names |= set(re.findall(r"record: (\S+)", text))
        text = re.sub(r"^    interval:.*\n", "", text, flags=re.M)
        (folder / path.name).write_text(re.sub(r"^(  - name: .*)$", r"\1\n    interval: 1s", text, flags=re.M))
    server = Server(f"rule_files: ['{folder}/recording-*.yml']\n", folder=folder).start()

    def recorded():
        return {series["metric"]["__name__"] for series in server.query('{__name__=~".+:.+"}')} >= names
    wait_until(recorded, 30, "a series of each recording rule", every=0.2)
    return server


def without_data(server, files):
    done = subprocess.run([PHAROS, "check", "dashboards", "--lint", "no-data", "--lint-fatal", "--url", f"http://127.0.0.1:{server.port}", *files],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 3), done
    return re.findall(r"LINT: (.*)", done.stdout)


def test_every_query_of_every_board_gives_something():
    server = fleet()
    lines = without_data(server, sorted((PACK / "dashboards").glob("*.json")))
    assert not lines, "\n".join(lines)
    for name, nothing in NOTHING.items():
        lines = [line for line in without_data(server, [ROOT / "tests" / "boards" / "coverage" / name])
                 if re.search(r'panel "([^"]*)"', line)[1] not in nothing]
        assert not lines, "\n".join(lines)
    server.stop()


if __name__ == "__main__":
    main()
