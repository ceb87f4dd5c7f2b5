"""Rules on the real binary: evaluated on their grid, listed by the API, state kept over kill -9."""
import json
import random
import signal
import time

from harness import DEEP, Server, main, request, scratch, wait_until, write_request

RULES = """
groups:
- name: g
  interval: 500ms
  rules:
  - record: hot:count
    expr: count(temperature > 50)
  - alert: Hot
    expr: temperature > 50
    labels: {severity: page}
    annotations: {summary: "{{ $labels.host }} has {{ $value }} degrees"}
  - alert: HotLong
    expr: temperature > 50
    for: 2s
    keep_firing_for: 1h
"""


def server(rules, extra="", flags=()):
    folder = scratch()
    (folder / "rules.yml").write_text(rules)
    return Server(config=f"rule_files: [rules.yml]\n{extra}", folder=folder, flags=flags)


def put(pharos, host, value):
    body = write_request([({"__name__": "temperature", "host": host}, [(value, int(time.time() * 1000))])])
    status, text, _ = pharos.write(body)
    assert status in (200, 204), (status, text)


def alerts(pharos):
    status, body = pharos.get("/api/v1/alerts")
    assert status == 200, body
    return {a["labels"]["alertname"]: a for a in json.loads(body)["data"]["alerts"]}


def test_rules_are_evaluated_and_listed():
    pharos = server(RULES).start()
    put(pharos, "a", 70)
    assert wait_until(lambda: pharos.query("hot:count"), 20, "recorded")[0]["value"][1] == "1"
    hot = wait_until(lambda: alerts(pharos).get("Hot"), 20, "alert")
    assert hot["state"] == "firing" and hot["annotations"]["summary"] == "a has 70 degrees", hot
    assert hot["labels"] == {"alertname": "Hot", "host": "a", "severity": "page"}, hot
    wait_until(lambda: alerts(pharos)["HotLong"]["state"] == "firing", 20, "firing after for")
    groups = json.loads(pharos.get("/api/v1/rules")[1])["data"]["groups"]
    assert [r["health"] for r in groups[0]["rules"]] == ["ok"] * 3, groups
    assert groups[0]["rules"][1]["state"] == "firing", groups
    assert pharos.query('ALERTS{alertname="Hot",alertstate="firing"}'), "series"
    page = request(pharos.port, "GET", "/metrics")[1].decode()
    assert "prometheus_rule_evaluations_total{" in page and "prometheus_rule_group_rules{" in page
    put(pharos, "a", 20)
    wait_until(lambda: "Hot" not in alerts(pharos), 20, "resolved")
    wait_until(lambda: not pharos.query('ALERTS{alertname="Hot"}'), 20, "stale marker")
    assert alerts(pharos)["HotLong"]["state"] == "firing", "kept firing"
    pharos.stop()


def test_state_survives_kill_9():
    pharos = server(RULES).start()
    put(pharos, "a", 70)
    before = wait_until(lambda: alerts(pharos).get("HotLong", {}).get("state") == "firing"
                        and alerts(pharos)["HotLong"], 20, "firing")
    put(pharos, "a", 20)
    kept = wait_until(lambda: alerts(pharos)["HotLong"].get("keepFiringSince"), 20, "kept firing")
    # What the API has shown for a moment is durable; kills at any time after that lose nothing of it.
    time.sleep(0.3)
    rng = random.Random(5)
    for kill in range(200 if DEEP else 2):
        pharos.stop(signal.SIGKILL)
        pharos.start()
        after = alerts(pharos)["HotLong"]
        assert after["state"] == "firing" and after["activeAt"] == before["activeAt"], (kill, before, after)
        assert after["keepFiringSince"] == kept, (kill, kept, after)
        time.sleep(rng.random())
    pharos.stop()


def test_samples_are_judged_as_they_come():
    rules = RULES.replace("interval: 500ms", "interval: 1h")
    pharos = server(rules).start()
    put(pharos, "a", 20)
    put(pharos, "a", 70)
    hot = wait_until(lambda: alerts(pharos).get("Hot"), 20, "fired on ingest")
    assert hot["state"] == "firing", hot
    assert not pharos.query("ALERTS"), "series are written at grid times"
    assert "HotLong" not in alerts(pharos), "a rule with `for` waits for its grid"
    put(pharos, "a", 20)
    wait_until(lambda: "Hot" not in alerts(pharos), 20, "resolved on ingest")
    put(pharos, "b", 99)
    wait_until(lambda: alerts(pharos)["Hot"]["labels"]["host"] == "b", 20, "a series made after the rules")
    pharos.stop()

    pharos = server(rules, extra="rules: {evaluate_on_ingest: false}").start()
    put(pharos, "a", 70)
    time.sleep(0.5)
    assert not alerts(pharos)
    pharos.stop()


def test_a_bad_rule_file_leaves_the_old_rules():
    pharos = server(RULES, flags=["--web.enable-lifecycle"]).start()
    (pharos.folder / "rules.yml").write_text(RULES.replace("temperature > 50", "temperature >"))
    status, body, _ = request(pharos.port, "POST", "/-/reload")
    assert status == 500 and b"rules.yml" in body, (status, body)
    put(pharos, "a", 70)
    wait_until(lambda: alerts(pharos).get("Hot"), 20, "alert")
    (pharos.folder / "rules.yml").write_text("groups: []\n")
    assert request(pharos.port, "POST", "/-/reload")[0] == 200
    assert not alerts(pharos)
    wait_until(lambda: not pharos.query("ALERTS"), 20, "series of rules that went")
    pharos.stop()


if __name__ == "__main__":
    main()
