#!/usr/bin/env python3
"""The web UI's files: how they come into the binary and how they are served."""
import re
import shutil
import subprocess

from harness import ROOT, Server, main, request, scratch, skip, wait_until


def test_packing_puts_every_file_into_the_table():
    folder = scratch()
    dist, packed = folder / "dist", folder / "packed"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>\n<base href=\"/\" />\n" + "<p>text</p>\n" * 50)
    (dist / "assets" / "app-1.js").write_text("console.log(1);\n" * 200)
    (dist / "tiny.txt").write_text("x")
    if not shutil.which("node") or not shutil.which("cmake") or not shutil.which("g++"):
        skip("no node, cmake or g++ here")
    subprocess.run(["node", ROOT / "cmake/ui_pack.mjs", dist, packed], check=True)
    assert sorted(p.relative_to(packed).as_posix() for p in packed.rglob("*.*")) == ["assets/app-1.js.br", "index.html.br", "tiny.txt"]
    subprocess.run(["cmake", f"-DFROM={packed}", f"-DTO={folder}", "-P", ROOT / "cmake/ui_table.cmake"], check=True)
    (folder / "main.cpp").write_text('#include "api/ui/ui_asset.hpp"\n#include <cstdio>\nint main() { for (auto& a : pharos::api::ui_assets()) '
                                     'std::printf("%s %d %zu %s\\n", a.path.data(), a.brotli, a.bytes().size(), a.hash.data()); }\n')
    subprocess.run(["g++", "-std=c++20", f"-I{ROOT}/src", "main.cpp", "assets.cpp", "assets.S", "-o", "table"], cwd=folder, check=True)
    lines = subprocess.run([folder / "table"], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert set(rows) == {"index.html", "assets/app-1.js", "tiny.txt"}, rows
    assert rows["tiny.txt"][:2] == ["0", "1"] and rows["index.html"][0] == "1", rows
    assert int(rows["assets/app-1.js"][1]) == (packed / "assets/app-1.js.br").stat().st_size < 200
    assert all(re.fullmatch("[0-9a-f]{16}", row[2]) for row in rows.values())


def served(prefix, flags):
    server = Server(None, flags=flags).start(wait=False)
    wait_until(lambda: request(server.port, "GET", prefix + "/-/ready")[0] == 200, 30, "ready")
    return server


def test_serving():
    server = served("", [])
    status, page, headers = request(server.port, "GET", "/")
    if b'id="root"' not in page:
        skip("this build has no web UI")
    assert status == 200 and headers["Cache-Control"] == "no-cache", headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "script-src 'self';" in policy and "unsafe-eval" not in policy, policy
    assert request(server.port, "GET", "/", headers={"If-None-Match": headers["ETag"]})[0] == 304
    outside = re.findall(rb'(?:src|href)="(https?:)?//', page)
    assert not outside, "an address of another host"
    names = re.findall(r'(?:src|href)="\.?/?(assets/[^"]+)"', page.decode())
    assert names, page
    for name in names:
        status, packed, headers = request(server.port, "GET", "/" + name, headers={"Accept-Encoding": "gzip, br"})
        assert status == 200 and headers.get("Content-Encoding") == "br" and "immutable" in headers["Cache-Control"], (name, headers)
        status, nothing, _ = request(server.port, "GET", "/" + name, headers={"Accept-Encoding": "br", "If-None-Match": headers["ETag"]})
        assert status == 304 and nothing == b""
        status, plain, headers = request(server.port, "GET", "/" + name)
        assert status == 200 and "Content-Encoding" not in headers and len(plain) > len(packed), (name, headers)
    assert request(server.port, "GET", "/d/some/board?var-x=1")[1] == page
    assert request(server.port, "GET", "/assets/gone-123.js")[0] == 404
    for path in ("/api/v1/gone", "/api/gone", "/-/gone", "/debug/gone"):
        assert request(server.port, "GET", path)[0] == 404, path
    assert request(server.port, "POST", "/d/some/board", b"x")[0] == 405
    for path in ("/..%2f..%2fetc/passwd", "/assets/..%2f..%2f..%2fetc/passwd", "/%00"):
        assert b"root:" not in request(server.port, "GET", path)[1]
    server.stop()


def test_addresses_follow_prefix_and_external_url():
    server = served("/in", ["--web.route-prefix", "/in", "--web.external-url", "http://proxy.example/out/"])
    status, page, _ = request(server.port, "GET", "/in/alerts")
    if status == 404:
        skip("this build has no web UI")
    assert b'<base href="/out/"' in page, page[:400]
    assert request(server.port, "GET", "/alerts")[0] == 404
    server.stop()


if __name__ == "__main__":
    main()
