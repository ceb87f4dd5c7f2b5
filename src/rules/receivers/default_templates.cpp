#include "rules/receivers/default_templates.hpp"

#include <string>

namespace pharos::rules::receivers {
namespace {

// Texts differ by the family of receivers in their blank lines; those are what receivers have
// shown for years, so they are kept. `pharos.…` are the parts that our own definitions share.
constexpr std::string_view kTexts =
    R"({{- define "__alertmanager" }}Alertmanager{{ end -}}
{{- define "__alertmanagerURL" }}{{ printf "%s/#/alerts?receiver=%s" .ExternalURL (urlquery .Receiver) }}{{ end -}}

{{- define "pharos.beyond" -}}
{{- /* what the alerts share beyond the labels they are grouped by */ -}}
{{- if lt (len .GroupLabels) (len .CommonLabels) -}}
({{ join " " (.CommonLabels.Remove .GroupLabels.Names).Values }})
{{- end -}}
{{- end -}}
{{- define "__subject" -}}
{{- $count := "" -}}
{{- if eq .Status "firing" }}{{ $count = printf ":%d" (len .Alerts.Firing) }}{{ end -}}
{{- printf "[%s%s] %s " (toUpper .Status) $count (join " " .GroupLabels.SortedPairs.Values) -}}
{{- template "pharos.beyond" . -}}
{{- end -}}
{{- define "__description" }}{{ end -}}

{{- define "pharos.pairs" }}{{ range .SortedPairs }}{{ printf " - %s = %s\n" .Name .Value }}{{ end }}{{ end -}}
{{- define "pharos.indented" }}{{ range .SortedPairs }}{{ printf "  - %s = %s\n" .Name .Value }}{{ end }}{{ end -}}
{{- define "__text_alert_list" -}}
{{- range . -}}
{{ "Labels:\n" }}{{ template "pharos.pairs" .Labels -}}
{{ "Annotations:\n" }}{{ template "pharos.pairs" .Annotations -}}
{{ printf "Source: %s\n" .GeneratorURL -}}
{{- end -}}
{{- end -}}
{{- define "__text_alert_list_markdown" -}}
{{- range . -}}
{{ "\nLabels:\n" }}{{ template "pharos.indented" .Labels -}}
{{ "\nAnnotations:\n" }}{{ template "pharos.indented" .Annotations -}}
{{ printf "\nSource: %s\n" .GeneratorURL -}}
{{- end -}}
{{ "\n" -}}
{{- end -}}

{{- define "pharos.common" }}{{ join " " .CommonAnnotations.SortedPairs.Values }}{{ end -}}
{{- define "pharos.close" -}}
{{- "\n" -}}
{{- with .Alerts.Firing }}{{ "Alerts Firing:\n" }}{{ template "__text_alert_list" . }}{{ end -}}
{{- "\n" -}}
{{- with .Alerts.Resolved }}{{ "Alerts Resolved:\n" }}{{ template "__text_alert_list" . }}{{ end -}}
{{- end -}}
{{- define "pharos.spaced" -}}
{{- "\n" -}}
{{- with .Alerts.Firing }}{{ "\nAlerts Firing:\n" }}{{ template "__text_alert_list" . }}{{ "\n" }}{{ end -}}
{{- "\n" -}}
{{- with .Alerts.Resolved }}{{ "\nAlerts Resolved:\n" }}{{ template "__text_alert_list" . }}{{ "\n" }}{{ end -}}
{{- "\n" -}}
{{- end -}}
{{- define "pharos.markdown" -}}
{{- "\n" -}}
{{- with .Alerts.Firing }}{{ "\n# Alerts Firing:\n" }}{{ template "__text_alert_list_markdown" . }}{{ "\n" }}{{ end -}}
{{- "\n" -}}
{{- with .Alerts.Resolved }}{{ "\n# Alerts Resolved:\n" }}{{ template "__text_alert_list_markdown" . }}{{ "\n" }}{{ end -}}
{{- "\n" -}}
{{- end -}}
{{- define "pharos.full" }}{{ template "pharos.common" . }}{{ template "pharos.close" . }}{{ end -}}

{{- define "slack.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end -}}
{{- define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end -}}
{{- define "slack.default.callbackid" }}{{ end -}}
{{- define "slack.default.pretext" }}{{ end -}}
{{- define "slack.default.iconemoji" }}{{ end -}}
{{- define "slack.default.iconurl" }}{{ end -}}
{{- define "slack.default.text" }}{{ end -}}
{{- define "slack.default.footer" }}{{ end -}}

{{- define "rocketchat.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "rocketchat.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "rocketchat.default.alias" }}{{ template "__alertmanager" . }}{{ end -}}
{{- define "rocketchat.default.iconurl" }}{{ end -}}
{{- define "rocketchat.default.emoji" }}{{ end -}}
{{- define "rocketchat.default.text" }}{{ end -}}

{{- define "mattermost.default.username" }}{{ template "__alertmanager" . }}{{ end -}}
{{- define "mattermost.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "mattermost.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "mattermost.default.fallback" }}{{ template "mattermost.default.title" . }} | {{ template "mattermost.default.titlelink" . }}{{ end -}}
{{- define "mattermost.default.color" }}{{ if eq .Status "firing" }}#d00000{{ else }}#36a64f{{ end }}{{ end -}}
{{- define "mattermost.default.text" }}{{ template "pharos.markdown" . }}{{ end -}}

{{- define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end -}}
{{- define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end -}}
{{- define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end -}}

{{- define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end -}}
{{- define "opsgenie.default.description" }}{{ template "pharos.full" . }}{{ end -}}
{{- define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end -}}

{{- define "victorops.default.state_message" }}{{ template "pharos.full" . }}{{ end -}}
{{- define "victorops.default.entity_display_name" }}{{ template "__subject" . }}{{ end -}}
{{- define "victorops.default.monitoring_tool" }}{{ template "__alertmanager" . }}{{ end -}}

{{- define "pushover.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "pushover.default.message" }}{{ template "pharos.full" . }}{{ end -}}
{{- define "pushover.default.url" }}{{ template "__alertmanagerURL" . }}{{ end -}}

{{- define "wechat.default.message" -}}
{{ template "__subject" . }}{{ "\n" }}{{ template "pharos.full" . -}}
{{ "\nAlertmanagerUrl:\n" }}{{ template "__alertmanagerURL" . -}}
{{- end -}}
{{- define "wechat.default.to_user" }}{{ end -}}
{{- define "wechat.default.to_party" }}{{ end -}}
{{- define "wechat.default.to_tag" }}{{ end -}}
{{- define "wechat.default.agent_id" }}{{ end -}}

{{- define "sns.default.subject" }}{{ template "__subject" . }}{{ end -}}
{{- define "sns.default.message" }}{{ template "pharos.common" . }}{{ template "pharos.spaced" . }}{{ end -}}
{{- define "webex.default.message" }}{{ template "pharos.common" . }}{{ template "pharos.spaced" . }}{{ end -}}
{{- define "telegram.default.message" }}{{ template "pharos.spaced" . }}{{ end -}}
{{- define "discord.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "discord.default.message" }}{{ template "pharos.spaced" . }}{{ end -}}

{{- define "msteams.default.summary" }}{{ template "__subject" . }}{{ end -}}
{{- define "msteams.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "msteams.default.text" }}{{ template "pharos.markdown" . }}{{ end -}}
{{- define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "msteamsv2.default.text" }}{{ template "pharos.markdown" . }}{{ end -}}

{{- define "jira.default.summary" }}{{ template "__subject" . }}{{ end -}}
{{- define "jira.default.description" -}}
{{- with .Alerts.Firing }}{{ "# Alerts Firing:\n" }}{{ template "__text_alert_list_markdown" . }}{{ end -}}
{{- with .Alerts.Resolved }}{{ "# Alerts Resolved:" }}{{ template "__text_alert_list_markdown" . }}{{ end -}}
{{- end -}}
{{- define "pharos.worst" -}}
{{- $worst := "" -}}
{{- range . -}}
{{- $severity := .Labels.severity -}}
{{- if eq $severity "critical" }}{{ $worst = "High" -}}
{{- else if and (eq $severity "warning") (ne $worst "High") }}{{ $worst = "Medium" -}}
{{- else if and (eq $severity "info") (eq $worst "") }}{{ $worst = "Low" }}{{ end -}}
{{- end -}}
{{- $worst -}}
{{- end -}}
{{- define "jira.default.priority" -}}
{{- if .Alerts.Firing }}{{ template "pharos.worst" .Alerts.Firing }}{{ else }}{{ template "pharos.worst" .Alerts.Resolved }}{{ end -}}
{{- end -}}

{{- define "email.default.subject" }}{{ template "__subject" . }}{{ end -}}
)";

constexpr std::string_view kEmail = R"({{- define "pharos.email.rows" -}}
{{- range .SortedPairs -}}
<tr><td style="padding:1px 12px 1px 0;color:#57606a;vertical-align:top">{{ .Name }}</td><td style="padding:1px 0">{{ .Value }}</td></tr>
{{ end -}}
{{- end -}}
{{- define "pharos.email.alerts" -}}
{{- range . -}}
<table role="presentation" style="border-collapse:collapse;width:100%;margin:0 0 12px;border:1px solid #d0d7de"><tr><td style="padding:10px 14px">
<table role="presentation" style="border-collapse:collapse">
{{ template "pharos.email.rows" .Labels -}}
{{- if .Annotations }}<tr><td colspan="2" style="padding-top:6px"></td></tr>
{{ template "pharos.email.rows" .Annotations }}{{ end -}}
</table>
<p style="margin:6px 0 0;color:#57606a">Since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05 MST" }}{{ if eq .Status "resolved" }}, until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05 MST" }}{{ end }}
{{- with .GeneratorURL }} &middot; <a href="{{ . }}" style="color:#0969da">Source</a>{{ end }}</p>
</td></tr></table>
{{ end -}}
{{- end -}}
{{- define "email.default.html" -}}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ template "__subject" . }}</title>
</head>
<body style="margin:0;padding:16px;background:#f6f8fa;color:#1f2328;font:14px/1.45 sans-serif">
<div style="max-width:640px;margin:0 auto">
<h1 style="margin:0 0 12px;padding:12px 14px;font-size:16px;color:#ffffff;background:{{ if .Alerts.Firing }}#cf222e{{ else }}#1a7f37{{ end }}">
{{- len .Alerts }} alert{{ if ne (len .Alerts) 1 }}s{{ end }} for {{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}</h1>
<p style="margin:0 0 16px"><a href="{{ template "__alertmanagerURL" . }}" style="color:#0969da">View in {{ template "__alertmanager" . }}</a></p>
{{ with .Alerts.Firing }}<h2 style="margin:0 0 8px;font-size:14px">[{{ len . }}] Firing</h2>
{{ template "pharos.email.alerts" . }}{{ end -}}
{{ with .Alerts.Resolved }}<h2 style="margin:0 0 8px;font-size:14px">[{{ len . }}] Resolved</h2>
{{ template "pharos.email.alerts" . }}{{ end -}}
<p style="margin:16px 0 0;color:#57606a"><a href="{{ .ExternalURL }}" style="color:#57606a">Sent by {{ template "__alertmanager" . }}</a></p>
</div>
</body>
</html>
{{ end -}}
)";

}  // namespace

std::string_view default_templates() {
  static const std::string all = std::string(kTexts) + std::string(kEmail);
  return all;
}

}  // namespace pharos::rules::receivers
