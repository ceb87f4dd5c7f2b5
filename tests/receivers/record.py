#!/usr/bin/env python3
"""Records the requests that a real Alertmanager makes of its receivers:
record.py PROMETHEUS-ALERTMANAGER > alertmanager.json

rules_test makes the same notifications and compares. (Debian's package lacks jira_configs and wants
its templates in /usr/share/prometheus/alertmanager.)
"""
import atexit, http.server, json, pathlib, socket, socketserver, subprocess, sys, tempfile, threading, time, urllib.request

HERE = pathlib.Path(__file__).parent
ANSWERS = [('gettoken', 'application/json', b'{"access_token":"tok","errcode":0}'), ('wechat', 'application/json', b'{"errcode":0,"errmsg":"ok"}'),
           ('/sns', 'text/xml', b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>'),
           ('telegram', 'application/json', b'{"ok":true,"result":{"message_id":1,"chat":{"id":1}}}'), ('rocket', 'application/json', b'{"success":true}'),
           ('teams', 'text/plain', b'1'), ('', 'text/plain', b'ok')]
records = []


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
        headers = {k: v for k, v in self.headers.items() if k in ('Authorization', 'Content-Type', 'X-Auth-Token', 'X-User-Id') and 'AWS4' not in v}
        records.append({'method': self.command, 'path': self.path, 'headers': headers, 'body': body})
        _, kind, out = next(a for a in ANSWERS if a[0] in self.path)
        self.send_response(200)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(out)))
        self.end_headers()
        self.wfile.write(out)
    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_): pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def run(alerts_of_phase):
    server = Server(('127.0.0.1', 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = (HERE / 'receivers.yml').read_text().replace('@BASE@', f'http://127.0.0.1:{server.server_address[1]}')
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / 'am.yml').write_text(config)
    port = free_port()
    process = subprocess.Popen([sys.argv[1], f'--config.file={folder}/am.yml', f'--storage.path={folder}', f'--web.listen-address=127.0.0.1:{port}', '--cluster.listen-address=',
                                '--web.external-url=http://am.example.org:9093/x', '--web.route-prefix=/'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(process.kill)
    for _ in range(100):
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}/-/ready')
            break
        except OSError:
            time.sleep(.1)
    phases = []
    for alerts in alerts_of_phase:
        records.clear()
        urllib.request.urlopen(urllib.request.Request(f'http://127.0.0.1:{port}/api/v2/alerts', json.dumps(alerts).encode(), {'Content-Type': 'application/json'}))
        time.sleep(2.5)
        phases.append(sorted((dict(r) for r in records if 'gettoken' not in r['path']), key=lambda r: (r['path'], r['method'])))
    process.kill()
    server.shutdown()
    return phases


scenarios = json.loads((HERE / 'alerts.json').read_text())
out = []
for scenario in scenarios:
    first = scenario['alerts']
    second = [first[0], {**first[1], 'endsAt': '2026-01-02T04:00:00Z'}]
    third = [{**first[0], 'endsAt': '2026-01-02T05:00:00Z'}, second[1]]
    out.append({'name': scenario['name'], 'phases': run([first, second, third])})
json.dump(out, sys.stdout, indent=1, ensure_ascii=False)
