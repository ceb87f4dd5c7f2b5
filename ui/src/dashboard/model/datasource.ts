// Which data sources a board may name. This server is the only one: every Prometheus-like reference means it.
import { isObject, textOf } from "./json";

export function isOurDatasource(ref: unknown): boolean {
  if (!isObject(ref) || ref.uid === "__expr__") return true;
  const type = textOf(ref.type);
  return type === "" || type === "prometheus" || type === "datasource" || type === "__expr__" || type === "grafana" || type.startsWith("$") || type.startsWith("victoriametrics");
}
