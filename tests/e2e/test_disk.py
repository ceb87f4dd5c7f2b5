"""A disk that fills up: a clear error, no false acknowledgement, queries go on, and it recovers."""
import os
import subprocess
import time

from harness import Server, encode_labels, main, request, scratch, skip, wait_until, write_request


def small_disk(mebibytes):
    if os.geteuid() != 0:
        skip("needs root to mount a small file system")
    folder = scratch()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)],
                          capture_output=True, text=True)
    if done.returncode:
        skip(f"cannot mount a small file system: {done.stderr.strip()}")
    return folder


def test_a_full_disk_is_said_and_survived():
    folder = small_disk(160)
    try:
        server = Server(config="", folder=folder).start()
        heads = [encode_labels({"__name__": "filling", "n": str(n), "job": "disk"}) for n in range(500)]
        t = int(time.time() * 1000) - 3_600_000
        acknowledged = []
        ballast = folder / "ballast"
        refused = None
        for tick in range(400):
            if tick == 20:
                free = os.statvfs(folder)
                with open(ballast, "wb") as file:  # the operator's other files eat the disk
                    file.write(b"x" * max(0, free.f_bavail * free.f_frsize - 4096))
            body = write_request([(head, [(tick + n / 7, t + tick * 1000)]) for n, head in enumerate(heads)])
            status, reply, _ = server.write(body)
            if status in (200, 204):
                acknowledged.append(tick)
            else:
                refused = (status, reply)
                assert status >= 500, refused
                break
        assert refused, "the full disk was never noticed"
        assert b"space" in refused[1].lower() or b"disk" in refused[1].lower(), refused
        assert request(server.port, "GET", "/-/healthy")[0] == 200
        assert len(server.query("filling", (t + 5000) / 1000)) == 500, "what was stored stays readable"
        ballast.unlink()

        def accepted():
            later = write_request([(heads[0], [(9, t + 500_000)])])
            return server.write(later)[0] in (200, 204)
        wait_until(accepted, 20, "recovery without restart", every=0.2)
        server.process.kill()
        server.start()
        for tick in (acknowledged[0], acknowledged[-1]):
            rows = server.query("filling", (t + tick * 1000) / 1000)
            values = {int(r["metric"]["n"]): float(r["value"][1]) for r in rows}
            assert values == {n: tick + n / 7 for n in range(500)}, f"tick {tick} changed"
        server.stop()
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)


if __name__ == "__main__":
    main()
