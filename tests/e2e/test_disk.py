"""A disk that fills up: a clear error, no false acknowledgement, queries go on, and it recovers."""
import os
import shutil
import subprocess
import time

from harness import PHAROS, Server, encode_labels, main, request, scratch, skip, wait_until, write_request


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


FAILING_SYNC = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
// While the file named by FAIL_SYNC is there, one fsync fails and takes the file away.
static int fails(void) {
  const char* flag = getenv("FAIL_SYNC");
  return flag && unlink(flag) == 0;
}
int fdatasync(int fd) {
  if (fails()) return errno = EIO, -1;
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
int fsync(int fd) {
  if (fails()) return errno = EIO, -1;
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
"""


def test_a_sync_that_fails_once_is_never_acknowledged():
    if not shutil.which("cc"):
        skip("no C compiler for the library that fails fsync")
    folder = scratch()
    (folder / "shim.c").write_text(FAILING_SYNC)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)
    flag = folder / "fail"
    server = Server(config="storage: {sync: always}\n", folder=folder,
                    env={"LD_PRELOAD": str(folder / "shim.so"), "FAIL_SYNC": str(flag)}).start()
    head = encode_labels({"__name__": "synced", "job": "disk"})
    t = int(time.time() * 1000) - 3_600_000
    acknowledged, failed = [], 0
    for tick in range(60):
        if tick % 20 == 10:
            flag.touch()
        for _ in range(100):  # a sender repeats what was not acknowledged
            pending = flag.exists()
            status, reply, _ = server.write(write_request([(head, [(tick + 0.5, t + tick * 1000)])]))
            assert not (pending and not flag.exists() and status < 500), f"tick {tick}: a failed sync was acknowledged"
            if status in (200, 204):
                acknowledged.append(tick)
                break
            assert status >= 500 and b"Input/output error" in reply, (status, reply)
            failed += 1
            time.sleep(0.1)
        else:
            raise AssertionError(f"tick {tick}: not accepted again without a restart")
    assert failed >= 3 and len(acknowledged) == 60, (failed, len(acknowledged))
    server.process.kill()
    server.start()
    rows = server.query("synced[1h]", (t + 60_000) / 1000)
    assert [float(v) for _, v in rows[0]["values"]] == [n + 0.5 for n in range(60)], rows
    server.stop()


def test_a_read_only_disk_is_named_at_the_start():
    folder = small_disk(16)
    try:
        (folder / "data").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        done = subprocess.run([PHAROS, "serve", "--storage.path", str(folder / "data"), "--web.listen-address", "127.0.0.1:0"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode != 0
        assert "Read-only file system" in done.stderr and "data" in done.stderr, done.stderr
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)


if __name__ == "__main__":
    main()
