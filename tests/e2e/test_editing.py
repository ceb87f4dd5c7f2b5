"""What people change over HTTP: rules that are in force at once and survive kill -9, configurations that were loaded, and a
server on which nothing can be changed."""
import json
import socket
import threading
import time
import urllib.parse

from harness import Server, free_port, main, request, scratch, wait_until

CONFIG = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs:
- job_name: self
  basic_auth: {username: u, password: hunter2}
  static_configs: [{targets: ['127.0.0.1:%d']}]
"""


def server(extra="", flags=(), folder=None):
    port = free_port()
    return Server(CONFIG % port + extra, folder=folder, flags=["--web.enable-lifecycle", *flags], port=port).start()


def group(name, expr, record="kept:value"):
    return f"name: {name}\nrules:\n  - record: {record}\n    expr: {expr}\n"


def save(pharos, space, text, headers=None):
    return request(pharos.port, "POST", f"/config/v1/rules/{urllib.parse.quote(space, safe='')}", text,
                   {"Content-Type": "application/yaml", **(headers or {})})


def data(pharos, path, **parameters):
    status, body = pharos.get("/api/v1/" + path, **parameters)
    assert status == 200, body
    return json.loads(body)["data"]


def test_a_saved_rule_is_evaluated_without_a_restart():
    pharos = server()
    status, body, headers = save(pharos, "team a/b", group("g", "vector(7)"))
    assert status == 202 and headers["ETag"], (status, body)
    wait_until(lambda: pharos.query("kept:value")[0]["value"][1] == "7", 30, "the first rule")
    status, body, _ = save(pharos, "team a/b", group("g", "vector(8)"), {"If-Match": headers["ETag"]})
    assert status == 202, body
    wait_until(lambda: pharos.query("kept:value")[0]["value"][1] == "8", 30, "the changed rule")
    assert save(pharos, "team a/b", group("g", "vector(9)"), {"If-Match": headers["ETag"]})[0] == 412
    assert request(pharos.port, "POST", "/-/reload")[0] == 200
    (listed,) = [g for g in data(pharos, "rules")["groups"] if g["name"] == "g"]
    assert listed["file"].endswith("team%20a%2Fb/g.yml") and listed["rules"][0]["query"] == "vector(8)", listed
    assert request(pharos.port, "DELETE", "/config/v1/rules/team%20a%2Fb/g")[0] == 202
    wait_until(lambda: not pharos.query("kept:value"), 30, "the end of the series")
    pharos.stop()


def test_a_wrong_rule_changes_nothing_and_names_its_line():
    pharos = server()
    assert save(pharos, "s", group("g", "vector(1)"))[0] == 202
    status, body, _ = save(pharos, "s", group("g", "sum("))
    assert status == 400 and b"rules:4:" in body, body
    for text, wanted in [("", 400), ("groups: []", 400), ("name: g\nrulez: []\n", 400), ("x" * 300_000, 413), ("\xff".encode("latin-1"), 400)]:
        assert save(pharos, "s", text)[0] == wanted, text[:40]
    assert request(pharos.port, "POST", "/config/v1/rules/" + "a" * 300, group("g", "1"))[0] == 400
    assert b"vector(1)" in request(pharos.port, "GET", "/config/v1/rules/s/g")[1]
    pharos.stop()


def test_files_of_the_operator_are_never_written():
    folder = scratch()
    (folder / "ops.yml").write_text("groups:\n- name: theirs  # by hand\n  rules: [{record: ops:value, expr: 'vector(1)'}]\n")
    before = (folder / "ops.yml").read_bytes()
    pharos = server("rule_files: [ops.yml]\nrules: {edited: written}\n", folder=folder)
    (theirs,) = [g for g in data(pharos, "rules")["groups"] if g["name"] == "theirs"]
    text = data(pharos, "rule_groups/source", file=theirs["file"], group="theirs")["text"]
    assert text.startswith("name: theirs  # by hand\n"), text
    assert save(pharos, "copies", text)[0] == 202, text
    assert (folder / "written" / "copies" / "theirs.yml").exists()
    assert (folder / "ops.yml").read_bytes() == before
    # Changed since, and gone: what is evaluated.
    (folder / "ops.yml").write_text("groups:\n- name: theirs  # by hand\n  interval: 1h\n  rules: [{record: ops:value, expr: 'vector(1)'}]\n")
    evaluated = data(pharos, "rule_groups/source", file=theirs["file"], group="theirs")["text"]
    assert "by hand" not in evaluated and "1h" not in evaluated and "vector(1)" in evaluated, evaluated
    (folder / "ops.yml").unlink()
    assert data(pharos, "rule_groups/source", file=theirs["file"], group="theirs")["text"] == evaluated
    assert pharos.get("/api/v1/rule_groups/source", file="/etc/passwd", group="x")[0] == 404
    pharos.stop()


def test_acknowledged_rules_survive_kill():
    """Killed in the middle of saves: each that was answered with 202 is there, and the server starts."""
    pharos = server()
    for round_ in range(3):
        acknowledged = {}
        stop = threading.Event()

        def write():
            n = 0
            while not stop.is_set():
                name = f"g{n % 4}"
                try:
                    status, _, _ = save(pharos, "s", group(name, f"vector({round_ * 1000 + n})", record=f"{name}:v"))
                except OSError:
                    return
                if status == 202:
                    acknowledged[name] = round_ * 1000 + n
                n += 1

        thread = threading.Thread(target=write)
        thread.start()
        wait_until(lambda: len(acknowledged) == 4 and max(acknowledged.values()) % 1000 > 8 + 3 * round_, 60, "saves")
        pharos.process.kill()
        stop.set()
        thread.join()
        pharos.start()
        for name, value in acknowledged.items():
            text = request(pharos.port, "GET", f"/config/v1/rules/s/{name}")[1].decode()
            found = int(text.split("vector(")[1].split(")")[0])
            assert found >= value, (name, found, value)
            history = data(pharos, "rule_groups/history", namespace="s", group=name)
            assert history[0]["text"] == text, (name, history[0])
    pharos.stop()


def test_configurations_that_were_loaded_are_kept_without_secrets():
    pharos = server()
    good = pharos.config.read_text()
    pharos.config.write_text(good.replace("job_name: self", "job_name: other"))
    on_disk = data(pharos, "status/config/loads/file")
    assert on_disk["ok"] and "job_name: other" in on_disk["yaml"] and "hunter2" not in on_disk["yaml"], on_disk
    assert request(pharos.port, "POST", "/-/reload")[0] == 200
    pharos.config.write_text(good + "nonsense: 1\n")
    assert request(pharos.port, "POST", "/-/reload")[0] == 500
    pharos.process.kill()
    pharos.config.write_text(good)
    pharos.start()
    loads = data(pharos, "status/config/loads")
    assert [load["ok"] for load in loads] == [True, False, True, True], loads
    assert "nonsense" in loads[1]["error"]
    texts = [data(pharos, f"status/config/loads/{load['id']}") for load in loads]
    assert "job_name: self" in texts[0]["yaml"] and texts[1]["yaml"] == "" and "job_name: other" in texts[2]["yaml"]
    assert "hunter2" not in json.dumps(texts)
    assert pharos.get("/api/v1/status/config/loads/999")[0] == 404
    assert pharos.get("/api/v1/status/config/loads/x")[0] == 400
    pharos.stop()


def test_a_read_only_server_takes_data_and_no_changes():
    pharos = server(flags=["--web.read-only"])
    board = json.dumps({"dashboard": {"title": "A", "uid": "a"}})
    silence = json.dumps({"matchers": [{"name": "a", "value": "b"}], "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z", "createdBy": "x", "comment": "y"})
    for method, path, body in [("POST", "/api/dashboards/db", board), ("POST", "/api/folders", '{"title": "f"}'),
                               ("POST", "/api/playlists", '{"name": "p", "interval": "1m"}'), ("POST", "/api/annotations", '{"text": "t"}'),
                               ("POST", "/config/v1/rules/s", group("g", "1")), ("DELETE", "/config/v1/rules/s", None),
                               ("POST", "/api/v2/silences", silence), ("POST", "/api/v1/oncall/acknowledge", "{}"),
                               ("POST", "/api/v1/status/queries/1/kill", "")]:
        status, answer, _ = request(pharos.port, method, path, body)
        assert status == 403 and b"--web.read-only" in answer, (path, status, answer)
    assert request(pharos.port, "POST", "/api/v1/query", "query=up", {"Content-Type": "application/x-www-form-urlencoded"})[0] == 200
    assert request(pharos.port, "PUT", "/metrics/job/batch", "done 1\n")[0] == 200
    alert = json.dumps([{"labels": {"alertname": "A"}, "startsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}])
    assert request(pharos.port, "POST", "/api/v2/alerts", alert, {"Content-Type": "application/json"})[0] == 200
    assert data(pharos, "status/runtimeinfo")["readOnly"] is True
    assert data(pharos, "status/flags")["web.read-only"] == "true"
    pharos.stop()


def test_a_page_of_another_origin_changes_nothing():
    pharos = server(flags=["--web.cors.origin", "https://ops\\.example"])
    mark = '{"text": "t"}'
    for origin, wanted in [("http://evil.example", 403), ("null", 403), ("https://ops.example", 200), (f"http://127.0.0.1:{pharos.port}", 200)]:
        status, body, _ = request(pharos.port, "POST", "/api/annotations", mark, {"Origin": origin, "Content-Type": "text/plain"})
        assert status == wanted, (origin, status, body)
    pharos.stop()


def test_a_name_that_others_own_changes_nothing_from_a_browser():
    pharos = server(flags=["--web.external-url", "http://pharos.example/", "--web.allowed-hosts", "box.lan,.ops.example"])
    mark = '{"text": "t"}'

    def post(host, path="/api/annotations", **more):
        return request(pharos.port, "POST", path, mark, {"Host": host, "Content-Type": "text/plain", **more})[:2]
    for host, wanted in [("evil.example", 403), (f"localhost:{pharos.port}", 200), ("pharos.example", 200), ("box.lan:80", 200), ("a.ops.example", 200),
                         (socket.gethostname(), 200)]:
        status, body = post(host, Origin=f"http://{host}")
        assert status == wanted, (host, status, body)
        assert wanted == 200 or b"--web.allowed-hosts" in body, body
        assert post(host)[0] == 200, "no browser"
    for path in ("/-/reload", "/api/v1/rule_groups/restore?id=1"):
        for host in ("evil.example", f"127.0.0.1:{pharos.port}"):  # as a proxy asks for it, too
            assert post(host, path, Origin="http://evil.example", **{"X-Forwarded-Host": "evil.example"})[0] == 403, (path, host)
    # Behind a proxy that asks for the service by its own name; over https whatever the name is.
    assert post("service:9090", Origin="http://pharos.example")[0] == 200
    assert post("any.example", Origin="https://any.example", **{"Sec-Fetch-Site": "same-origin"})[0] == 200
    pharos.stop()


if __name__ == "__main__":
    main()
