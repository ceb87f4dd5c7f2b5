// Dashboards: the list, one board, a new one.
import "../../panels/panels.css";
import "./dashboards.css";
import { Redirect, useLocation } from "wouter";
import { addressNow } from "../../shell/old_addresses";
import { BoardList } from "./list";
import { BoardPage } from "./board_page";

export default function Screen() {
  const [path] = useLocation();
  const uid = /^\/dashboards\/([^/]+)/.exec(path)?.[1];
  if (uid === undefined) return <BoardList />;
  if (/^\/dashboards\/f\/./.test(path)) return <Redirect to={addressNow(path, "")} replace />;
  const decoded = decodeURIComponent(uid);
  return <BoardPage key={decoded} uid={decoded === "new" ? "" : decoded} />;
}
