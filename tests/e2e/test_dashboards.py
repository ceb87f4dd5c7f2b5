#!/usr/bin/env python3
"""Grafana's dashboard paths over a real server: saving, versions, search, folders, annotations, files, hostile bodies."""
import json
import time

from harness import ROOT, Server, main, request, scratch, wait_until

folder = scratch()
boards = folder / "boards"
boards.mkdir()
(boards / "wan.json").write_text(json.dumps({"uid": "wan", "title": "WAN", "tags": ["net"], "panels": []}))
CONFIG = "host: {enabled: false}\ndashboards:\n  - path: boards\n    folder: Pack\n"
server = Server(CONFIG, folder=folder, flags=["--web.enable-lifecycle"]).start()


def call(method, path, body=None):
    raw = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
    status, answer, _ = request(server.port, method, path, raw, {"Content-Type": "application/json"} if raw else {})
    return status, json.loads(answer) if answer else None


def save(dashboard, **more):
    return call("POST", "/api/dashboards/db", dict(dashboard=dashboard, **more))


def test_save_get_delete():
    board = {"id": None, "uid": "prod", "title": "Prod: Übersicht", "tags": ["a", "b"], "unknown": {"kept": [1, 2.5, None]}, "version": 0}
    status, saved = save(board, message="first")
    assert status == 200, saved
    assert saved["status"] == "success" and saved["version"] == 1 and saved["url"] == "/d/prod/" + saved["slug"], saved
    status, got = call("GET", "/api/dashboards/uid/prod")
    assert status == 200 and got["dashboard"]["unknown"] == board["unknown"] and got["dashboard"]["id"] == saved["id"]
    assert got["meta"]["folderTitle"] == "General" and got["meta"]["provisioned"] is False, got["meta"]
    status, stale = save(dict(board, title="stale"))
    assert (status, stale) == (412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}), stale
    status, again = save(dict(board, version=1, title="Two"))
    assert status == 200 and again["version"] == 2
    assert save(dict(board, title="Three"), overwrite=True)[1]["version"] == 3
    status, listed = call("GET", "/api/dashboards/uid/prod/versions?limit=2")
    assert [v["version"] for v in listed["versions"]] == [3, 2] and listed["continueToken"] == "2", listed
    status, rest = call("GET", "/api/dashboards/uid/prod/versions?limit=2&continueToken=2")
    assert [v["version"] for v in rest["versions"]] == [1] and rest["versions"][0]["message"] == "first"
    status, first = call("GET", "/api/dashboards/uid/prod/versions/1")
    assert first["data"]["title"] == board["title"]
    status, back = call("POST", "/api/dashboards/uid/prod/restore", {"version": 1})
    assert status == 200 and back["version"] == 4
    status, gone = call("DELETE", "/api/dashboards/uid/prod")
    assert status == 200 and gone["message"] == f"Dashboard {board['title']} deleted", gone
    status, missing = call("GET", "/api/dashboards/uid/prod")
    assert status == 404 and missing["message"] == "Dashboard not found", missing


def test_errors_have_grafanas_form():
    assert save({"title": ""}) == (400, {"message": "Dashboard title cannot be empty", "status": "empty-name"})
    assert save({"title": "x", "uid": "a b"})[1] == {"message": "uid contains illegal characters"}
    assert save({"title": "x", "uid": "a" * 41})[0] == 400
    assert save({"title": "x", "id": 12345})[0] == 404
    assert save({"title": "x"}, folderUid="nowhere") == (400, {"message": "Folder not found"})
    assert save({"title": "x"}, folderId=12345) == (400, {"message": "Folder not found"})
    status, v2 = call("POST", "/api/dashboards/db", {"dashboard": {"apiVersion": "dashboard.grafana.app/v2beta1", "spec": {}}})
    assert status == 400 and "schema v2" in v2["message"] and "v2beta1" in v2["message"], v2
    assert call("GET", "/api/dashboards/uid/nothing/versions")[0] == 404
    assert call("POST", "/api/dashboards/uid/wan/restore", {})[0] == 400
    assert call("GET", "/api/search?type=else")[0] == 400
    assert call("GET", "/api/search?limit=x")[0] == 400


def test_hostile_bodies():
    for body in (b"", b"\xff\xfe\x00", b"[" * 200_000, b'{"dashboard":' * 5_000, b'{"dashboard":"x"}', b'{"dashboard":[]}', b"null",
                 b'{"dashboard":{"title":"x","tags":"notalist","panels":{"a":1}}', b'{"dashboard":{"title":5}}'):
        status, _ = call("POST", "/api/dashboards/db", body)
        assert status in (400, 413), (status, body[:40])
    status, _, _ = request(server.port, "POST", "/api/dashboards/db", b'{"dashboard":{"title":"x","p":[' + b"0," * 900_000 + b"0]}}")
    assert status == 413, status
    status, _, _ = request(server.port, "POST", "/api/dashboards/db", b'{"dashboard":{"title":"x","p":"' + b"x" * 3_000_000 + b'"}}')
    assert status == 413, status
    # What is of another kind than it should be is named, and never taken for what was not given.
    board = {"dashboard": {"title": "x", "uid": "hostile"}}
    for method, path, bad, named in [
            ("POST", "/api/dashboards/db", {**board, "folderUid": 5}, "folderUid must be a text, not a number"),
            ("POST", "/api/dashboards/db", {**board, "overwrite": "yes"}, "overwrite must be true or false, not a text"),
            ("POST", "/api/dashboards/db", {**board, "folderId": 1e300}, "folderId is out of range"),
            ("POST", "/api/folders", {"title": "x", "parentUid": ["team"]}, "parentUid must be a text, not a list"),
            ("POST", "/api/annotations", {"text": "x", "dashboardUID": 5}, "dashboardUID must be a text"),
            ("POST", "/api/annotations", {"text": "x", "time": "now"}, "time must be a number, not a text"),
            ("POST", "/api/annotations", {"text": "x", "time": 1e300}, "time is out of range"),
            ("POST", "/api/annotations", {"text": "x", "tags": {"a": 1}}, "tags must be a list of texts"),
            ("POST", "/api/annotations", {"text": "x", "time": -5}, "milliseconds since 1970"),
            ("POST", "/api/annotations/graphite", {"what": "x", "when": True}, "when must be a number, not true or false"),
            ("POST", "/api/playlists", {"name": "x", "items": "all"}, "items must be a list"),
            ("PUT", "/api/playlists/x", {"name": "x", "version": "3"}, "version must be a number")]:
        status, answer = call(method, path, bad)
        assert status == 400 and named in answer["message"], (path, bad, status, answer)
        assert "byte " in answer["message"] or "1970" in named, answer
    assert call("GET", "/api/dashboards/uid/hostile")[0] == 404
    evil = '</script><img src=x onerror=alert(1)>" onmouseover="x'
    status, saved = save({"title": evil, "uid": "evil", "tags": [evil, 3, None, ""]})
    assert status == 200 and "<" not in saved["url"] and '"' not in saved["url"], saved
    status, got = call("GET", "/api/dashboards/uid/evil")
    assert got["dashboard"]["title"] == evil and got["meta"]["url"] == saved["url"]
    for path in ("/api/dashboards/uid/..%2f..%2fetc", "/api/dashboards/uid/%00", "/api/dashboards/uid/" + "x" * 5000,
                 "/api/dashboards/uid/evil/versions/99999999999999999999", "/api/annotations/0", "/api/annotations/x",
                 "/api/folders/%27%3B--", "/api/search?query=%27%25&tag=%22"):
        assert request(server.port, "GET", path)[0] in (200, 400, 404), path
    assert call("DELETE", "/api/dashboards/uid/evil")[0] == 200


def test_folders_search_and_stars():
    status, made = call("POST", "/api/folders", {"uid": "team", "title": "Team"})
    assert status == 200 and made["url"] == "/dashboards/f/team/team" and made["version"] == 1, made
    # 409, not 412: what tools that make folders look for.
    assert call("POST", "/api/folders", {"title": "Team"}) == (409, {"message": "a folder with the same name already exists in the current location"})
    assert call("POST", "/api/folders", {"title": "Other", "uid": "team"})[0] == 409
    assert save({"uid": "t1", "title": "Team board", "tags": ["x", "y"]}, folderUid="team")[1]["folderUid"] == "team"
    assert save({"uid": "t2", "title": "Loose board", "tags": ["x"]})[0] == 200
    status, found = call("GET", "/api/search?query=BOARD&type=dash-db&tag=x&tag=y")
    assert [f["uid"] for f in found] == ["t1"] and found[0]["folderTitle"] == "Team", found
    assert [f["uid"] for f in call("GET", "/api/search?folderUIDs=team")[1]] == ["t1"]
    assert call("POST", "/api/user/stars/dashboard/uid/t2")[1] == {"message": "Dashboard starred!"}
    assert [f["uid"] for f in call("GET", "/api/search?starred=true")[1]] == ["t2"]
    assert call("GET", "/api/user/stars")[1] == ["t2"]
    assert call("DELETE", "/api/user/stars/dashboard/uid/t2")[1] == {"message": "Dashboard unstarred"}
    # Before uids there were ids: clients of then still ask with them.
    ids = {f["uid"]: f["id"] for f in call("GET", "/api/search?limit=100")[1]}
    assert [f["uid"] for f in call("GET", f"/api/search?dashboardIds={ids['t1']}")[1]] == ["t1"]
    assert [f["uid"] for f in call("GET", f"/api/search?folderIds={ids['team']}")[1]] == ["t1"]
    assert "t2" in [f["uid"] for f in call("GET", "/api/search?folderIds=0&type=dash-db")[1]]
    assert call("GET", "/api/search?dashboardIds=99999")[1] == [] and call("GET", "/api/search?dashboardIds=x")[0] == 400
    assert [f["folderId"] for f in call("GET", "/api/search?query=team%20board")[1]] == [ids["team"]]
    assert [f["uid"] for f in call("GET", "/api/search?query=board&type=dash-db&sort=alpha-desc")[1]] == ["t1", "t2"]
    assert [f["uid"] for f in call("GET", "/api/search?query=board&type=dash-db&sort=alpha-asc")[1]] == ["t2", "t1"]
    assert call("GET", f"/api/folders/id/{ids['team']}")[1]["uid"] == "team" and call("GET", "/api/folders/id/9999")[0] == 404
    # A save that names no folder puts the board at the top, as there.
    assert save({"uid": "t1", "title": "Team board", "version": 1, "tags": ["x", "y"]})[1]["folderUid"] == ""
    assert save({"uid": "t1", "title": "Team board", "version": 2, "tags": ["x", "y"]}, folderId=ids["team"])[1]["folderUid"] == "team"
    assert call("POST", "/api/dashboards/uid/t1/restore", {"version": 1})[1]["folderUid"] == "team"
    assert call("GET", "/api/folders/team/counts")[1]["dashboard"] == 1
    status, stale = call("PUT", "/api/folders/team", {"title": "Crew", "version": 9})
    assert status == 412 and stale["status"] == "version-mismatch", stale
    assert call("PUT", "/api/folders/team", {"title": "Pack", "version": 1}) == (409, {"message": "a folder with the same name already exists in the current location"})
    assert call("PUT", "/api/folders/team", {"title": "Crew", "version": 1})[1]["title"] == "Crew"
    assert {"Crew", "Pack"} <= {f["title"] for f in call("GET", "/api/folders")[1]}
    status, below = call("POST", "/api/folders", {"uid": "below", "title": "Below", "parentUid": "team"})
    assert status == 200 and [p["uid"] for p in below["parents"]] == ["team"], below
    assert call("POST", "/api/folders/team/move", {"parentUid": "below"})[0] == 400
    assert call("POST", "/api/folders/below/move", {"parentUid": "nowhere"})[0] == 404
    status, moved = call("POST", "/api/folders/below/move", {"parentUid": ""})
    assert status == 200 and "parentUid" not in moved and moved["version"] == 2, moved
    assert call("POST", "/api/folders/team/move", {"parentUid": "below"})[1]["parents"][0]["title"] == "Below"
    assert call("GET", "/api/search/?type=dash-folder&limit=5000&page=1")[0] == 200 and call("GET", "/api/folders/")[0] == 200
    assert call("POST", "/api/folders/team/move", {"parentUid": ""})[0] == 200
    assert call("POST", "/api/folders/below/move", {"parentUid": "team"})[0] == 200
    status, gone = call("DELETE", "/api/folders/team")
    assert status == 200 and gone["message"] == "Folder deleted", gone
    assert call("GET", "/api/dashboards/uid/t1")[0] == 404 and call("GET", "/api/folders/below")[0] == 404
    assert {"term": "net", "count": 1} in call("GET", "/api/dashboards/tags")[1]


def test_annotations():
    now = int(time.time() * 1000)
    status, added = call("POST", "/api/annotations", {"text": "deploy", "tags": ["deployment", "eu"], "time": now - 5000, "timeEnd": now})
    assert status == 200 and added["message"] == "Annotation added", added
    status, own = call("POST", "/api/annotations", {"text": "on a panel", "dashboardUID": "wan", "panelId": 3, "time": now - 1000})
    assert status == 200, own
    assert call("POST", "/api/annotations", {"text": "x", "dashboardUID": "gone"})[0] == 404
    assert call("POST", "/api/annotations", {"tags": ["x"]}) == (400, {"message": "text field should not be empty"})
    status, found = call("GET", f"/api/annotations?from={now - 6000}&to={now}&tags=deployment&type=annotation")
    assert [(a["text"], a["time"], a["timeEnd"]) for a in found] == [("deploy", now - 5000, now)], found
    assert [a["panelId"] for a in call("GET", "/api/annotations?dashboardUID=wan")[1]] == [3]
    (board,) = call("GET", "/api/search?dashboardUIDs=wan")[1]
    status, by_id = call("POST", "/api/annotations", {"text": "by id", "dashboardId": board["id"], "panelId": 3, "time": now - 900})
    one = call("GET", f"/api/annotations/{by_id['id']}")[1]
    assert status == 200 and (one["dashboardUID"], one["dashboardId"]) == ("wan", board["id"]), one
    assert call("GET", f"/api/annotations/{added['id']}")[1]["dashboardId"] == 0
    found = call("GET", f"/api/annotations?dashboardId={board['id']}")[1]
    assert [(a["text"], a["dashboardId"]) for a in found] == [("by id", board["id"]), ("on a panel", board["id"])], found
    assert call("POST", "/api/annotations", {"text": "x", "dashboardId": 99999})[0] == 404
    assert call("PATCH", f"/api/annotations/{added['id']}", {"text": "deployed"})[1] == {"message": "Annotation patched"}
    one = call("GET", f"/api/annotations/{added['id']}")[1]
    assert one["text"] == "deployed" and one["tags"] == ["deployment", "eu"], one
    assert call("PUT", f"/api/annotations/{added['id']}", {"text": "all", "tags": []})[1] == {"message": "Annotation updated"}
    assert call("GET", f"/api/annotations/{added['id']}")[1]["tags"] == []
    assert call("POST", "/api/annotations/graphite", {"what": "event", "tags": "a b,c", "when": now // 1000})[0] == 200
    assert {t["tag"] for t in call("GET", "/api/annotations/tags")[1]["result"]["tags"]} >= {"a", "b", "c", "pharos"}
    assert call("DELETE", f"/api/annotations/{added['id']}")[1] == {"message": "Annotation deleted"}
    assert call("GET", f"/api/annotations/{added['id']}")[0] == 404
    alert = [{"labels": {"alertname": "Marked", "severity": "critical"}, "annotations": {"summary": "a <b>"}}]
    assert request(server.port, "POST", "/api/v2/alerts", json.dumps(alert), {"Content-Type": "application/json"})[0] == 200
    wait_until(lambda: any(a["alertName"] == "Marked" for a in call("GET", "/api/annotations?type=alert")[1]), 20, "the alert's mark")
    assert call("GET", "/api/annotations?from=x")[0] == 400


def test_reloads_leave_a_mark():
    assert request(server.port, "POST", "/-/reload")[0] == 200
    wait_until(lambda: any("reloaded" in a["text"] for a in call("GET", "/api/annotations?tags=config")[1]), 10, "the mark")
    good = server.config.read_text()
    server.config.write_text(good + "nonsense: 1\n")
    assert request(server.port, "POST", "/-/reload")[0] == 500
    assert any("nonsense" in a["text"] for a in call("GET", "/api/annotations?tags=failed")[1])
    server.config.write_text("dashboards: {path: x}\n")
    status, body, _ = request(server.port, "POST", "/-/reload")
    assert status == 500 and b"dashboards must be a list" in body, body
    server.config.write_text(good)
    assert request(server.port, "POST", "/-/reload")[0] == 200


def test_files_are_followed():
    status, got = call("GET", "/api/dashboards/uid/wan")
    assert status == 200 and got["meta"]["provisioned"] and got["meta"]["folderTitle"] == "Pack", got
    assert call("DELETE", "/api/dashboards/uid/wan")[0] == 400
    assert save({"uid": "wan", "title": "Mine"}, overwrite=True) == (400, {"message": "Cannot save provisioned dashboard"})
    (boards / "wan.json").write_text('{"uid": "wan",\n "title": "WAN",,}')
    broken = wait_until(lambda: [f for f in call("GET", "/api/dashboards/files")[1] if f["error"]], 15, "the file is found broken")
    assert "wan.json:2:17: " in broken[0]["error"], broken
    assert call("GET", "/api/dashboards/uid/wan")[0] == 200
    (boards / "wan.json").write_text(json.dumps({"uid": "wan", "title": "WAN again"}))
    wait_until(lambda: call("GET", "/api/dashboards/uid/wan")[1]["dashboard"]["title"] == "WAN again", 15, "the mended file")
    (boards / "new.json").write_text(json.dumps({"title": "New"}))
    wait_until(lambda: call("GET", "/api/search?query=New&type=dash-db")[1], 15, "the new file")
    (boards / "new.json").unlink()
    wait_until(lambda: not call("GET", "/api/search?query=New&type=dash-db")[1], 15, "the file that went")


def test_playlists_and_what_clients_ask():
    status, made = call("POST", "/api/playlists", {"name": "Wall", "interval": "1m", "items": [{"type": "dashboard_by_uid", "value": "wan", "title": "WAN"}]})
    assert status == 200 and made["items"][0]["value"] == "wan", made
    uid = made["uid"]
    assert call("PUT", f"/api/playlists/{uid}", {"name": "Wall 2", "items": []})[1]["name"] == "Wall 2"
    (listed,) = call("GET", "/api/playlists")[1]
    assert [listed[k] for k in ("uid", "name", "interval", "version")] == [uid, "Wall 2", "5m", 2], listed
    status, refused = call("PUT", f"/api/playlists/{uid}", {"name": "Mine", "version": 1})
    assert (status, refused["status"]) == (412, "version-mismatch"), refused
    assert call("PUT", f"/api/playlists/{uid}", {"name": "x", "interval": "soon"})[0] == 400
    assert call("DELETE", f"/api/playlists/{uid}") == (200, {})
    assert call("GET", f"/api/playlists/{uid}")[0] == 404
    assert call("GET", "/api/health")[1]["database"] == "ok"
    assert call("GET", "/api/datasources")[1][0]["type"] == "prometheus"
    source = call("GET", "/api/datasources/uid/pharos")[1]
    assert source["name"] == "Pharos" and source["jsonData"]["timeInterval"] == "1m", source
    assert call("GET", "/api/datasources/uid/else")[0] == 404
    assert call("GET", "/api/org")[1]["id"] == 1


def test_query_cost():
    wait_until(lambda: call("GET", "/api/v1/query_cost?query=up")[0] == 200, 5, "an answer")
    status, cost = call("GET", "/api/v1/query_cost?query=rate(x%5B5m%5D)&start=1000&end=2000&step=10")
    assert status == 200 and cost["data"]["steps"] == 101 and cost["data"]["selectors"] == 1, cost
    assert call("GET", "/api/v1/query_cost?query=sum((")[0] == 400
    assert call("GET", "/api/v1/query_cost?query=up&start=1&end=2")[0] == 400
    assert call("GET", "/api/v1/query_cost?query=up&start=2&end=1&step=1")[0] == 400


def test_everything_outlives_kill_9():
    assert save({"uid": "kept", "title": "Kept"})[0] == 200
    call("POST", "/api/user/stars/dashboard/uid/kept")
    server.process.kill()
    server.start()
    assert call("GET", "/api/dashboards/uid/kept")[1]["meta"]["isStarred"] is True
    status, got = call("GET", "/api/dashboards/uid/wan")
    assert got["dashboard"]["title"] == "WAN again" and got["meta"]["version"] == 2, got["meta"]


def test_the_packs_boards_come_from_the_command_line():
    pack = ROOT / "packs" / "dwcp" / "dashboards"
    other = Server(None, flags=["--dashboards.path", f"DWCP={pack}"]).start()
    found = json.loads(other.get("/api/search?type=dash-db&limit=100")[1])
    files = sorted(pack.glob("*.json"))
    assert len(found) == len(files) > 0 and all(f["folderTitle"] == "DWCP" for f in found), found
    for file in files:
        board = json.loads(file.read_text())
        status, body = other.get(f"/api/dashboards/uid/{board['uid']}")
        stored = json.loads(body)["dashboard"]
        assert {k: v for k, v in stored.items() if k not in ("id", "version")} == {k: v for k, v in board.items() if k not in ("id", "version")}, file
    other.stop()


if __name__ == "__main__":
    main()
