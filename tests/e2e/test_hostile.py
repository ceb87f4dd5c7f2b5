"""Promise 4: half-sent requests, lying lengths and wrong bytes cost little and harm nobody."""
import gzip
import os
import socket
import struct
import subprocess
import sys
import time

from harness import DEEP, Server, main, request, varint, wait_until, write_request

HALF_SENT = 15_000 if DEEP else 1_000
PER_PROCESS = 5_000  # descriptors of one process are limited, here as at the server

HOLDER = """
import socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
held = []
for n in range(count):
    s = socket.create_connection(("127.0.0.1", port), timeout=10)
    s.sendall(b"POST /api/v1/write HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 100000\\r\\n" + (b"" if n % 2 else b"\\r\\nabc"))
    held.append(s)
print("held", flush=True)
sys.stdin.read()
"""


def test_half_sent_requests_leave_the_server_quick_and_small():
    server = Server(config="").start()
    for _ in range(50):
        request(server.port, "GET", "/-/healthy")
    before = server.process.memory_kib("RssAnon")
    shares = [min(PER_PROCESS, HALF_SENT - at) for at in range(0, HALF_SENT, PER_PROCESS)]
    holders = [subprocess.Popen([sys.executable, "-c", HOLDER, str(server.port), str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for n in shares]
    try:
        for holder in holders:
            assert holder.stdout.readline() == b"held\n"
        took = []
        for _ in range(100):
            began = time.perf_counter()
            status, _, _ = request(server.port, "GET", "/-/healthy", timeout=5)
            took.append(time.perf_counter() - began)
            assert status == 200
        sockets = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        grown = server.process.memory_kib("RssAnon") - before
        took.sort()
        print(f"{sockets} descriptors open, {grown} KiB more; health median {took[50] * 1000:.2f} ms, worst {took[-1] * 1000:.2f} ms")
        assert sockets > HALF_SENT * 0.99, "they are held, not refused"
        assert grown < 16 * 1024 * HALF_SENT // 1000, f"{HALF_SENT} half-sent requests cost {grown} KiB"
    finally:
        for holder in holders:
            holder.stdin.close()
            holder.wait()
    assert request(server.port, "GET", "/-/healthy")[0] == 200
    server.stop()


def test_lying_snappy_lengths_are_refused_without_allocation():
    server = Server(config="").start()
    request(server.port, "GET", "/-/healthy")
    before = server.process.memory_kib("VmHWM")
    for declared in (2**31 - 1, 2**32 - 1, 2**40, 10**6):
        for _ in range(20):
            status, body, _ = server.write(varint(declared) + b"\x00a" * 20)
            assert status in (400, 413), (declared, status, body)
    grown = server.process.memory_kib("VmHWM") - before
    assert grown < 16 * 1024, f"the peak grew by {grown} KiB"
    server.stop()


def test_gzip_and_zstd_bombs_and_lies_are_refused():
    server = Server(config="").start()
    request(server.port, "GET", "/-/healthy")
    before = server.process.memory_kib("VmHWM")
    bomb = gzip.compress(b"\0" * (400 << 20), 1)  # beyond the 256 MiB that a body may unpack to; it has no declared length
    zstd = lambda declared: b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", declared) + b"\x01\x00\x00"  # a frame header that declares, an empty last block
    otlp = lambda body, coding: request(server.port, "POST", "/v1/metrics", body, {"Content-Type": "application/x-protobuf", "Content-Encoding": coding})[0]
    assert otlp(bomb[:1000], "gzip") == 400, "cut short"
    for declared in (2**30, 2**40, 2**62):
        assert otlp(zstd(declared), "zstd") in (400, 413, 415), declared
        status, _, _ = request(server.port, "PUT", "/metrics/job/x", zstd(declared), {"Content-Encoding": "zstd"})
        assert status in (400, 413, 415), (declared, status)
    grown = server.process.memory_kib("VmHWM") - before
    assert grown < 16 * 1024, f"the peak grew by {grown} KiB"
    assert otlp(bomb, "gzip") == 413
    wait_until(lambda: server.process.memory_kib("RssAnon") < before + 64 * 1024, 20, "the memory's return")
    server.stop()


def test_bad_bodies_get_400_and_spoil_nothing():
    server = Server(config="").start()
    now = int(time.time() * 1000)
    assert server.write(b"not snappy at all")[0] == 400
    assert server.write(varint(4) + bytes([3 << 2]) + b"\xff\xff\xff\xff")[0] == 400
    good = write_request([({"__name__": "good"}, [(1, now)])])
    assert server.write(good)[0] in (200, 204)
    assert server.query("good", now / 1000)[0]["value"][1] == "1"
    status, body, _ = request(server.port, "POST", "/api/v1/write", b"{}", {"Content-Type": "application/json"})
    assert status == 415, (status, body)
    server.stop()


def raw(port, data, seconds=5):
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as s:
        s.sendall(data)
        s.settimeout(seconds)
        got = b""
        try:
            while b"\r\n\r\n" not in got:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except socket.timeout:
            pass
        return got


def test_malformed_http_is_refused_by_name():
    server = Server(config="").start()
    cases = {
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n": b"400",
        b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n": b"400",
        b"POST /api/v1/query HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n": b"400",
        b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n\r\n": b"4",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 40000 + b"\r\n\r\n": b"431",
    }
    for sent, status in cases.items():
        got = raw(server.port, sent)
        assert got.startswith(b"HTTP/1.1 " + status), (sent[:60], got[:80])
    assert request(server.port, "GET", "/-/healthy")[0] == 200
    server.stop()


def test_a_body_over_the_limit_is_413():
    server = Server(config="").start()
    got = raw(server.port, b"POST /api/v1/write HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 413"), got[:80]
    server.stop()


if __name__ == "__main__":
    main()
