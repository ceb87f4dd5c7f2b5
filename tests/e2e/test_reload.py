"""Configuration: reload is all-or-nothing, and every error names its place."""
import json
import signal
import subprocess
import time

from harness import PHAROS, Server, free_port, main, request, scratch, wait_until

GOOD = """
global: {scrape_interval: 1s}
scrape_configs:
- job_name: first
  static_configs: [{targets: ['127.0.0.1:1']}]
"""


def metric(server, name):
    for line in request(server.port, "GET", "/metrics")[1].decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no {name} on /metrics")


def test_a_bad_reload_keeps_the_old_configuration():
    server = Server(config=GOOD, flags=["--web.enable-lifecycle"]).start()
    assert metric(server, "prometheus_config_last_reload_successful") == 1
    server.config.write_text(GOOD.replace("static_configs", "static_confgis"))
    status, body, _ = request(server.port, "POST", "/-/reload")
    assert status == 500 and b"static_confgis" in body and b"static_configs" in body, (status, body)
    assert b":5:" in body, body
    assert metric(server, "prometheus_config_last_reload_successful") == 0
    assert b"first" in server.get("/api/v1/status/config")[1]
    server.config.write_text(GOOD.replace("first", "second"))
    server.process.child.send_signal(signal.SIGHUP)
    wait_until(lambda: b"second" in server.get("/api/v1/scrape_pools")[1], 10, "reload by SIGHUP")
    assert metric(server, "prometheus_config_last_reload_successful") == 1
    server.stop()


def test_check_config_names_line_and_nearest_key():
    folder = scratch()
    bad = folder / "bad.yml"
    bad.write_text("global:\n  scrape_intervall: 5s\n")
    done = subprocess.run([PHAROS, "check", "config", bad], capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and ":2:" in said and "scrape_interval" in said, (done.returncode, said)


def test_without_a_file_this_host_is_watched():
    server = Server(config=None).start()
    wait_until(lambda: server.query("node_load1"), 15, "the host's load")
    wait_until(lambda: server.query("rate(node_cpu_seconds_total[5s])"), 15, "cpu rates")
    page = request(server.port, "GET", "/")
    assert page[0] in (200, 302), page[0]
    server.stop()


def test_a_taken_port_is_a_clear_error():
    server = Server(config="").start()
    other = subprocess.run([PHAROS, "serve", "--storage.path", scratch(), "--config.file", server.config,
                            "--web.listen-address", f"127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=20)
    said = other.stdout + other.stderr
    assert other.returncode != 0 and str(server.port) in said, said
    third = subprocess.run([PHAROS, "serve", "--storage.path", server.data, "--config.file", server.config,
                            "--web.listen-address", f"127.0.0.1:{free_port()}"], capture_output=True, text=True, timeout=20)
    assert third.returncode != 0 and "lock" in (third.stdout + third.stderr).lower(), third
    server.stop()


ROUTES = """route: {receiver: RECEIVER}
receivers:
- name: RECEIVER
"""
RULES = """groups:
- name: GROUP
  interval: 1s
  rules:
  - {record: one, expr: 'EXPR'}
"""


def alerting_server(config, **files):
    """A Pharos with these files beside its configuration, "_" for "." in their names."""
    server = Server(config=config)
    server.flags = ["--web.enable-lifecycle", "--alertmanager.config.file", server.folder / "alertmanager.yml"]
    write_files(server, alertmanager_yml=ROUTES.replace("RECEIVER", "first"))
    write_files(server, **files)
    return server.start()


def write_files(server, **files):
    for name, text in files.items():
        (server.folder / name.replace("_", ".")).write_text(text)


def rules(group, expr="vector(1)"):
    return RULES.replace("GROUP", group).replace("EXPR", expr)


def reload(server):
    status, body, _ = request(server.port, "POST", "/-/reload")
    return status, body.decode()


def receivers(server):
    return [r["name"] for r in json.loads(server.get("/api/v2/receivers")[1])]


def groups(server):
    return [g["name"] for g in json.loads(server.get("/api/v1/rules")[1])["data"]["groups"]]


def test_a_mistake_anywhere_leaves_rules_routing_and_oncall_as_they_were():
    server = alerting_server("rule_files: [r.yml]\n", r_yml=rules("old"))
    good, routes = rules("new"), ROUTES.replace("RECEIVER", "second")

    def refused(place, *words):
        status, said = reload(server)
        assert status == 500 and place in said and all(w in said for w in words), (status, said)
        assert receivers(server) == ["first"] and groups(server) == ["old"], (receivers(server), groups(server))
        assert server.get("/api/v1/status/config")[1].count(b"oncall") == 0

    write_files(server, alertmanager_yml=routes, r_yml=good + good.partition("\n")[2])
    refused("r.yml:6:", "new")
    write_files(server, r_yml=good, alertmanager_yml=routes.replace("- name", "- nam"))
    refused("alertmanager.yml:3:3", "nam")
    write_files(server, alertmanager_yml=routes.replace("route: {receiver: second", "route: {receiver: nobody"))
    refused("alertmanager.yml:1:", "nobody")
    write_files(server, alertmanager_yml=routes)
    server.config.write_text("rule_files: [r.yml]\noncall:\n  users:\n  - {name: ada, receiver: [second]}\n")
    refused("pharos.yml:4:17", "receiver")
    server.config.write_text("rule_files: [r.yml]\noncall:\n  users:\n  - {name: ada, receivers: [nobody]}\n")
    refused("no receiver nobody", "user ada")
    server.config.write_text("rule_files: [r.yml]\noncall:\n  users:\n  - {name: ada, receivers: [second]}\n")
    assert reload(server)[0] == 200
    assert receivers(server) == ["second"] and groups(server) == ["new"]
    page = server.get("/metrics")[1].decode()
    assert "r.yml;new" in page and "r.yml;old" not in page, "metrics of a group that went"
    server.stop()


def test_a_rule_file_that_two_patterns_find_is_loaded_once():
    server = alerting_server("rule_files: ['r.yml', 'r.y*', './r.yml']\n", r_yml=rules("once"))
    assert groups(server) == ["once"]
    done = subprocess.run([PHAROS, "check", "config", server.config], capture_output=True, text=True)
    assert done.returncode == 0 and "1 rule files found" in done.stdout, done
    server.stop()


def test_a_failing_rule_is_logged_once_for_each_error():
    server = alerting_server("rule_files: [r.yml]\n", r_yml=rules("bad", '"s"'))

    def iterations(group):
        for line in server.get("/metrics")[1].decode().splitlines():
            if line.startswith("prometheus_rule_group_iterations_total{") and f";{group}\"" in line:
                return float(line.split()[-1])
        return 0

    wait_until(lambda: iterations("bad") >= 3, 20, "three evaluations")
    lines = [line for line in server.process.output().splitlines() if "rule fails" in line]
    assert len(lines) == 1, lines
    assert all(word in lines[0] for word in ("r.yml", "bad", "one", "not a vector")), lines
    server.stop()


def test_files_that_are_not_there_are_said_at_load():
    server = alerting_server("rule_files: [gone.yml, 'none*.yml']\n",
                             alertmanager_yml="templates: [lost.tmpl]\n" + ROUTES.replace("RECEIVER", "first"))
    lines = [line for line in server.process.output().splitlines() if "is not there" in line]
    assert len(lines) == 2 and "lost.tmpl" in lines[0] + lines[1] and "gone.yml" in lines[0] + lines[1], lines
    server.stop()


def test_check_rules_says_that_an_expression_gives_no_samples():
    path = scratch() / "r.yml"
    for expr, wrong in (('"s"', True), ("up[5m]", True), ("up", False)):
        path.write_text(rules("g", expr))
        done = subprocess.run([PHAROS, "check", "rules", "--lint", "all", path], capture_output=True, text=True)
        assert ("not a vector or scalar" in done.stdout) == wrong, (expr, done)


if __name__ == "__main__":
    main()
