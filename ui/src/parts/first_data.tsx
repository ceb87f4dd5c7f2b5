// What an empty server shows: how to send the first data, with its own address filled in.
import { at } from "../base";
import { t } from "./first_data_messages";

export function FirstData() {
  const origin = `${location.origin}${at("")}`;
  const ways: [string, string][] = [
    [t("firstHost"), "host:\n  enabled: true"],
    [t("firstNode"), "scrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['localhost:9100']"],
    [t("firstWrite"), `remote_write:\n  - url: ${origin}api/v1/write`],
    [t("firstOtlp"), `export OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${origin}v1/metrics`],
    [t("firstPush"), `echo 'backup_seconds 42' | curl --data-binary @- ${origin}metrics/job/backup`],
  ];
  return (
    <div className="empty">
      <strong>{t("firstData")}</strong>
      {ways.map(([name, code]) => (
        <div key={name} className="column" style={{ gap: 3 }}>
          <span>{name}</span>
          <pre tabIndex={0}>{code}</pre>
        </div>
      ))}
    </div>
  );
}
