"""Configuration: reload is all-or-nothing, and every error names its place."""
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


if __name__ == "__main__":
    main()
