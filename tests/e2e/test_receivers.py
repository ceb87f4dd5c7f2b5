"""Receivers of the real binary: what each is sent, against what Alertmanager sent them; mail over TLS."""
import http.server
import json
import socketserver
import ssl
import subprocess
import threading

from harness import ROOT, Server, main, request, scratch, wait_until

DATA = ROOT / "tests" / "receivers"


class Sink:
    """Keeps every request; answers as the services do."""

    ANSWERS = [("gettoken", "application/json", b'{"access_token":"tok","errcode":0}'), ("wechat", "application/json", b'{"errcode":0}'),
               ("telegram", "application/json", b'{"ok":true}'), ("rocket", "application/json", b'{"success":true}'), ("", "text/plain", b"ok")]

    def __init__(self):
        self.requests, sink = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                sink.requests.append((self.command + " " + self.path, body, dict(self.headers)))
                _, kind, out = next(a for a in sink.ANSWERS if a[0] in self.path)
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(out)))
                self.end_headers()
                self.wfile.write(out)
            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that goes away

        self.server = Threads(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def server(alertmanager, flags=()):
    folder = scratch()
    (folder / "alertmanager.yml").write_text(alertmanager)
    return Server("rules: {self_alerts: false, watchdog: false}\n", folder=folder, flags=["--alertmanager.config.file", folder / "alertmanager.yml", *flags]).start()


def post(s, alerts):
    status, body, _ = request(s.port, "POST", "/api/v2/alerts", json.dumps(alerts), {"Content-Type": "application/json"})
    assert status == 200, body


def test_receivers_get_what_alertmanager_sends():
    sink = Sink()
    s = server((DATA / "receivers.yml").read_text().replace("@BASE@", sink.url),
               ["--web.external-url", "http://am.example.org:9093/x", "--web.route-prefix", "/"])
    scenario = json.loads((DATA / "alerts.json").read_text())[1]["alerts"]
    recorded = json.loads((DATA / "alertmanager.json").read_text())[1]["phases"]
    phases = [scenario, [scenario[0], {**scenario[1], "endsAt": "2026-01-02T04:00:00Z"}],
              [{**scenario[0], "endsAt": "2026-01-02T05:00:00Z"}, {**scenario[1], "endsAt": "2026-01-02T04:00:00Z"}]]
    for alerts, theirs in zip(phases, recorded):
        sink.requests.clear()
        post(s, alerts)
        wanted = {r["method"] + " " + r["path"]: r["body"] for r in theirs}
        try:
            wait_until(lambda: len({r[0] for r in sink.requests} & set(wanted)) == len(wanted), 10, f"{len(wanted)} requests")
        except AssertionError as error:
            missing = set(wanted) - {r[0] for r in sink.requests}
            raise AssertionError(f"{error}; missing: {missing}\n{s.process.output()[-2000:]}") from None
        ours = {target: body for target, body, _ in sink.requests}
        for target, body in wanted.items():
            body = body.replace('"severity":""', '"severity":"error"')  # PagerDuty refuses the former
            assert ours[target] == body, (target, ours[target], body)
    s.stop()


class Mail(socketserver.StreamRequestHandler):
    """SMTP with STARTTLS, or TLS from the first byte."""

    def handle(self):
        context, implicit = self.server.context, self.server.implicit
        if implicit:
            self.secure(context)
        self.say("220 sink")
        tls = implicit
        while line := self.rfile.readline().decode().strip():
            verb = line.upper().split()[0]
            if verb == "EHLO":
                self.say("250-sink")
                self.say("250-AUTH PLAIN" if tls else "250-STARTTLS")
                self.say("250 8BITMIME")
            elif verb == "STARTTLS":
                self.say("220 go")
                self.secure(context)
                tls = True
            elif verb == "DATA":
                self.say("354 go")
                text = []
                while (part := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    text.append(part)
                self.server.mails.append((tls, "\n".join(text)))
                self.say("250 queued")
            elif verb == "AUTH":
                self.say("334 ")
                self.rfile.readline()
                self.say("235 welcome")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def secure(self, context):
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")


def mail_over_tls(implicit):
    folder = scratch()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj",
                    "/CN=mail.test", "-addext", "subjectAltName=DNS:mail.test"], check=True, capture_output=True, timeout=60)

    class Sinks(socketserver.ThreadingMixIn, socketserver.TCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *_):
            pass

    sink = Sinks(("127.0.0.1", 0), Mail)
    sink.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    sink.context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    sink.implicit, sink.mails = implicit, []
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    s = server(f"""
global:
  smtp_smarthost: 127.0.0.1:{sink.server_address[1]}
  smtp_from: alerts@example.org
  smtp_force_implicit_tls: {str(implicit).lower()}
  smtp_auth_username: u
  smtp_auth_password: p
route: {{receiver: trusting, group_wait: 0s, group_by: [alertname], routes: [{{receiver: strict, continue: true}}, {{receiver: trusting}}]}}
receivers:
- name: trusting
  email_configs: [{{to: a@example.org, tls_config: {{ca_file: {folder}/cert.pem, server_name: mail.test}}}}]
- name: strict
  email_configs: [{{to: b@example.org}}]
""")
    post(s, [{"labels": {"alertname": "Disk"}, "annotations": {"summary": "<full> & über"}}])
    wait_until(lambda: sink.mails, 20, "mail")
    tls, text = sink.mails[0]
    assert tls and "To: a@example.org" in text and "Subject: [FIRING:1] Disk" in text, text
    assert "&lt;full&gt; &amp; =C3=BCber" in text, text
    # The certificate of the other receiver's server is not one it knows.
    assert not any("To: b@example.org" in mail for _, mail in sink.mails), sink.mails
    s.stop()


def test_mail_by_starttls():
    mail_over_tls(implicit=False)


def test_mail_by_tls_from_the_start():
    mail_over_tls(implicit=True)


def test_a_broken_template_file_is_refused_and_a_broken_text_is_sent_plain():
    sink, folder = Sink(), scratch()
    (folder / "x.tmpl").write_text('{{ define "x" }}{{ .Nope }}{{ end }}')
    s = server(f"""
templates: ['{folder}/*.tmpl']
route: {{receiver: a, group_wait: 0s, group_by: [alertname]}}
receivers:
- name: a
  slack_configs: [{{api_url: '{sink.url}/slack', text: '{{{{ template "x" . }}}}'}}]
""", ["--web.enable-lifecycle"])
    post(s, [{"labels": {"alertname": "Disk"}}])
    wait_until(lambda: sink.requests, 20, "request")
    text = json.loads(sink.requests[0][1])["attachments"][0]["text"]
    assert "firing alertname=Disk" in text and "can't evaluate field Nope" in text, text
    (folder / "x.tmpl").write_text("{{ define }}")
    status, body, _ = request(s.port, "POST", "/-/reload")
    assert status == 500 and b"x.tmpl:1" in body, (status, body)
    s.stop()


if __name__ == "__main__":
    main()
