"""What the server says about itself: a CPU profile of the shipped (stripped) binary under load, with function names from the file beside it."""
import gzip
import threading
import time

from harness import Server, main, request, write_request


def fields(message):
    """(number, value) of each field: integers and bytes."""
    at = 0

    def varint():
        nonlocal at
        out = shift = 0
        while True:
            byte = message[at]
            at += 1
            out |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return out

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            length = varint()
            yield key >> 3, message[at:at + length]
            at += length
        else:
            raise AssertionError(f"wire type {key & 7}")


def varints(packed):
    out, value, shift = [], 0, 0
    for byte in packed:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            out.append(value)
            value = shift = 0
    return out


def test_a_profile_under_load_names_functions():
    server = Server(config="").start()
    now = int(time.time() * 1000)
    server.write(write_request([({"__name__": "busy", "n": str(n)}, [(n + i, now - i * 1000) for i in range(300, 0, -1)]) for n in range(300)]))
    stop = threading.Event()

    def load():
        while not stop.is_set():
            server.get("/api/v1/query_range", query="sum by (n) (rate(busy[1m]))", start=now / 1000 - 300, end=now / 1000, step=1)

    worker = threading.Thread(target=load)
    worker.start()
    try:
        status, body, headers = request(server.port, "GET", "/debug/pprof/profile?seconds=1")
    finally:
        stop.set()
        worker.join()
    assert status == 200 and headers["Content-Type"] == "application/octet-stream", (status, headers)
    profile = list(fields(gzip.decompress(body)))
    texts = [value.decode() for number, value in profile if number == 6]
    assert texts[0] == "" and {"samples", "cpu", "nanoseconds"} <= set(texts)
    samples = [dict(fields(value)) for number, value in profile if number == 2]
    total = sum(varints(sample[2])[0] for sample in samples)
    assert total > 10, total
    functions = [texts[dict(fields(value))[2]] for number, value in profile if number == 5]
    mappings = [dict(fields(value)) for number, value in profile if number == 3]
    own = [m for m in mappings if texts[m[5]].endswith("/pharos")]
    assert own and len(texts[own[0][6]]) == 40, "the binary's build id"
    assert any(f.startswith("pharos::query::") for f in functions), functions[:50]
    server.stop()


def test_profiles_that_do_not_exist_say_so():
    server = Server(config="").start()
    for name in ("heap", "allocs", "block", "mutex"):
        status, body, _ = request(server.port, "GET", f"/debug/pprof/{name}")
        assert status == 404 and name.encode() in body, (name, status, body)
    status, body, _ = request(server.port, "GET", "/debug/pprof/goroutine?debug=1")
    assert status == 200 and b"pharos" in body
    server.stop()


if __name__ == "__main__":
    main()
