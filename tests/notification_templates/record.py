#!/usr/bin/env python3
"""Records what amtool makes of the templates below: record.py AMTOOL > amtool.jsonl

Run again after adding a template; rules_test compares the lines with our own expansion.
"""
import json, pathlib, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).parent
A = '{{ with index .Alerts 0 }}%s{{ end }}'

def text_templates():
    # Data and its methods.
    yield from ['{{ .Receiver }}', '{{ .Status }}', '{{ .ExternalURL }}', '{{ . }}', '{{ .Alerts }}', '{{ .GroupLabels }}',
                '{{ .CommonLabels }}', '{{ .CommonAnnotations }}', '{{ len .Alerts }}', '{{ .Alerts.Firing | len }}',
                '{{ .Alerts.Resolved | len }}', '{{ .Alerts.Firing }}', '{{ .Alerts.Firing.Resolved }}', '{{ .Nope }}',
                '{{ .CommonLabels.nope }}', '{{ .CommonLabels.SortedPairs }}', '{{ .CommonLabels.Names }}',
                '{{ .CommonLabels.Values }}', '{{ .CommonLabels.SortedPairs.Names | join "," }}',
                '{{ .CommonLabels.SortedPairs.Values | join "," }}', '{{ .CommonLabels.Remove .GroupLabels.Names }}',
                '{{ .CommonLabels.Remove (stringSlice "alertname") | len }}', '{{ (.CommonLabels.Remove (stringSlice "alertname")).Values }}',
                '{{ .CommonLabels.Remove "alertname" }}', '{{ .CommonLabels.Remove }}', '{{ index .CommonLabels "alertname" }}',
                '{{ index .CommonLabels "nope" }}', '{{ index .Alerts 9 }}', '{{ index .Alerts "a" }}', '{{ .CommonLabels.alertname.x }}',
                '{{ range .Alerts }}{{ .Status }};{{ end }}', '{{ range $i, $a := .Alerts }}{{ $i }}={{ $a.Fingerprint }} {{ end }}',
                '{{ range $k, $v := .CommonLabels }}{{ $k }}={{ $v }},{{ end }}', '{{ range .GroupLabels }}{{ . }}{{ else }}none{{ end }}',
                '{{ range .Alerts.Firing }}f{{ else }}no firing{{ end }}', '{{ with .CommonAnnotations }}{{ .a }}{{ else }}empty{{ end }}',
                '{{ if .GroupLabels }}y{{ else }}n{{ end }}', '{{ if .Alerts.Firing }}y{{ else }}n{{ end }}',
                '{{ if and .Status (eq .Status "firing") }}A{{ else if eq .Status "resolved" }}B{{ else }}C{{ end }}',
                '{{ if gt (len .CommonLabels) (len .GroupLabels) }}more{{ end }}', '{{ range .Alerts }}{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}|{{ end }}',
                '{{ range .Alerts }}{{ .Annotations.SortedPairs }}|{{ end }}', '{{ printf "%v|%s|%q" .Status .Status .Status }}',
                '{{ printf "%d of %d" (len .Alerts.Firing) (len .Alerts) }}', '{{ printf "%v" .CommonLabels }}', '{{ printf "%s" .CommonLabels.Names }}',
                '{{ printf "%q" .CommonLabels.Values }}', '{{ printf "%5d|%-5d|%05d" 42 42 42 }}', '{{ printf "%x %X %o %b" 255 255 8 5 }}', '{{ printf "%.2f %e %g" 3.14159 1234.5 0.000001 }}',
                '{{ printf "%t" true }}', '{{ printf "%c" 65 }}', '{{ printf "%d" "x" }}', '{{ printf "%s" 1 }}', '{{ printf "%d" }}', '{{ printf "a" 1 }}', '{{ printf "%10s|%-10s|%.2s" "abc" "abc" "abc" }}',
                '{{ print 1 2 "a" "b" 3 }}', '{{ println "a" 1 }}', '{{ print .Alerts.Firing }}', '{{ html "<a>&\'\\"" }}', '{{ js "a\'b<c>" }}', '{{ urlquery "a b&c/d?" }}',
                '{{ slice "abcdef" 1 3 }}', '{{ slice "abc" 2 }}', '{{ slice "abc" 5 }}', '{{ not true }} {{ not "" }} {{ not 0 }}', '{{ or "" "b" }} {{ and "a" "" "c" }}',
                '{{ eq 1 1 }} {{ ne "a" "b" }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt 1 2 }} {{ ge 2 3 }}', '{{ eq "a" "b" "a" }}', '{{ eq 1 "a" }}', '{{ lt 1.5 2.5 }}', '{{ eq 1 1.0 }}']
    # Functions.
    yield from ['{{ toUpper "aßü日" }}', '{{ toLower "AÜΛЙ" }}', '{{ title "hELLO wORLD" }}', '{{ title "o\'neil\'s big-box foo_bar a.b.c" }}',
                '{{ title "1st 2nd abc1def x:y" }}', '{{ title "élan ÉTÉ straße" }}', '{{ title "" }}', '{{ title "λόγος ПРИВЕТ" }}', '{{ title "a,b;c/d\\\\e" }}', '{{ title "a  b\tc" }}', '{{ title "http://a.b/c-d" }}',
                '{{ trimSpace "  a b \\n\\t" }}|', '{{ join "-" (stringSlice "a" "b" "c") }}', '{{ join "," (stringSlice) }}', '{{ stringSlice "a" "b" }}', '{{ stringSlice "a" "b" | len }}',
                '{{ join "," .CommonLabels }}', '{{ join "," .Status }}', '{{ match "^a.c$" "abc" }} {{ match "b" "abc" }} {{ match "^b" "abc" }}', '{{ match "(" "a" }}',
                '{{ reReplaceAll "a(.)" "<$1>" "abacad" }}', '{{ reReplaceAll "(?P<x>b+)" "[${x}]" "abbbc" }}', '{{ reReplaceAll "x*" "-" "abc" }}', '{{ reReplaceAll "[" "" "a" }}', '{{ reReplaceAll "(.*):.*" "$1" "host:9100" }}',
                '{{ safeHtml "<b>" }}', 
                '{{ humanizeDuration 0 }} {{ humanizeDuration 0.0001 }} {{ humanizeDuration 59.5 }}', '{{ humanizeDuration 3661 }} {{ humanizeDuration 90061 }} {{ humanizeDuration -60 }}',
                '{{ humanizeDuration "12.34" }}', '{{ humanizeDuration "x" }}', '{{ humanizeDuration 1e10 }}', '{{ (index .Alerts 0).EndsAt.Sub (index .Alerts 0).StartsAt | humanizeDuration }}',
                '{{ toUpper 1 }}', '{{ toUpper }}', '{{ toUpper "a" "b" }}', '{{ nosuch }}', '{{ "a" | toUpper | printf "%s-%s" "x" }}', '{{ .Status | toUpper | len }}', '{{ "quoted" | printf "%q" }}',
                '{{ `raw "string"` }}', '{{ "esc\\t\\"\\u00e9" }}', "{{ 'a' }}", '{{ 0x1F }} {{ 1_000 }} {{ 1e3 }} {{ 1.50 }} {{ -5 }} {{ 0b11 }} {{ 017 }}', '{{ true }} {{ false }}', '{{ nil }}']
    # Times.
    for layout in ['2006-01-02 15:04:05', 'Mon Jan _2 15:04:05 MST 2006', 'Monday, 02-Jan-06', '02 Jan 06 15:04 -0700', '2006-01-02T15:04:05Z07:00', '2006-01-02T15:04:05.000Z07:00',
                   '15:04:05.999', '3:04PM', '03:04:05 pm', 'Jan 2', '1/2/06', '002', '__2', '05.000000', '05,999999', 'January', '06 _2006', 'Z0700', '-07', 'none', '2 02 _2', '20060102150405', '15h04m']:
        yield A % ('{{ .StartsAt.Format "%s" }}|{{ .EndsAt.Format "%s" }}' % (layout, layout))
        yield A % ('{{ date "%s" (tz "Asia/Kolkata" .StartsAt) }}' % layout)
    for zone in ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Auckland', 'Etc/GMT+5', 'No/Where', '']:
        yield A % ('{{ .StartsAt | tz "%s" }}' % zone)
        yield A % ('{{ (tz "%s" .StartsAt).Hour }} {{ (.StartsAt | tz "%s").Format "Mon 2 MST" }}' % (zone, zone))
    for m in ['Unix', 'UnixMilli', 'UnixNano', 'Year', 'Month', 'Day', 'Weekday', 'Hour', 'Minute', 'Second', 'Nanosecond', 'YearDay', 'IsZero', 'UTC', 'String', 'Nope', 'Format']:
        yield A % ('{{ .StartsAt.%s }} {{ .EndsAt.%s }}' % (m, m))
    yield from [A % t for t in ['{{ .EndsAt.Sub .StartsAt }}', '{{ .StartsAt.Sub .EndsAt }}', '{{ (.EndsAt.Sub .StartsAt).Seconds }}', '{{ (.EndsAt.Sub .StartsAt).Hours | printf "%.3f" }}',
                '{{ (.EndsAt.Sub .StartsAt).Minutes }}', '{{ .StartsAt.Before .EndsAt }} {{ .StartsAt.After .EndsAt }} {{ .StartsAt.Equal .StartsAt }}', '{{ if .EndsAt.IsZero }}open{{ else }}closed{{ end }}',
                '{{ .Labels.alertname }} {{ .Labels.nope }}|', '{{ .Annotations }}', '{{ .GeneratorURL }}', '{{ .Fingerprint }}', '{{ . }}', '{{ .Labels.SortedPairs }}', '{{ range .Labels.SortedPairs }}{{ . }};{{ end }}',
                '{{ range .Labels.Names }}{{ . }},{{ end }}', '{{ index .Labels.Values 0 }}', '{{ (index .Labels.SortedPairs 0).Name }}', '{{ eq .StartsAt .StartsAt }}']]
    # Language.
    yield from ['a{{- 1 -}}b', 'a {{- 1 }} b', 'a {{ 1 -}} b', '{{/* c */}}x', '{{- /* c */ -}} x', '{{ define "t" }}[{{ . }}]{{ end }}{{ template "t" .Status }}{{ template "t" 3 }}', '{{ template "t" . }}',
                '{{ block "b" .Status }}<{{ . }}>{{ end }}', '{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}', '{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}', '{{ $x }}', '{{ $ }}', '{{ range .Alerts }}{{ $.Status }}{{ end }}',
                '{{ range $i, $e := stringSlice "a" "b" "c" }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $e }}{{ end }}', '{{ range stringSlice "a" "b" "c" }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}',
                '{{ with $x := .Status }}{{ $x }}{{ end }}', '{{ with "" }}a{{ else with "b" }}{{ . }}{{ end }}', '{{ if true }}a', '{{ end }}', '{{ else }}', '{{ if }}{{ end }}', '{{ .Status | }}', '{{ | len }}', '{{ (len .Alerts) }}', '{{ (.Alerts).Firing | len }}',
                '{{ range 3 }}x{{ end }}', '{{ range .Status }}x{{ end }}', '{{ 1 | 2 }}', '{{ "a" "b" }}', '{{ .Status "x" }}', '{{ len 3 }}', '{{ len nil }}', '{{ index nil 1 }}', '{{ break }}', '{{ "unterminated }}', '{{ 1a }}', '{{ .Status.. }}', '{{ with .Alerts.Firing }}{{ (index . 0).Labels.instance }}{{ end }}',
                '{{ define "r" }}{{ if gt (len .) 0 }}{{ slice . 0 1 }}-{{ template "r" (slice . 1) }}{{ end }}{{ end }}{{ template "r" "abcd" }}', '{{ define "e" }}{{ end }}[{{ template "e" }}]', '{{ template "e" }}{{ define "e" }}late{{ end }}',
                '{{ $a := .Alerts.Firing }}{{ $b := .Alerts.Resolved }}{{ len $a }}/{{ len $b }}', '{{ printf "%s" (join ", " .CommonLabels.Values) | toUpper | printf "%q" }}', '{{ and (eq .Status "x") (index .Alerts 99) }}',
                '{{ or true (index .Alerts 99) }}', '{{ eq .Status "firing" | not }}', '{{ len "日本" }}', '{{ call 1 }}', '{{ print nil }}', '{{ print true 1.5 }}', '{{ 1.0 }} {{ 100000.0 }} {{ 1e21 }} {{ 1e-7 }} {{ 123456789.0 }}']

def html_templates():
    yield from ['{{ .Status }}', '<b>{{ .CommonLabels.alertname }}</b>', '{{ .CommonLabels.quote }}', '<a title="{{ .CommonLabels.quote }}">', "<a title='{{ .CommonLabels.quote }}'>", '<a title={{ .CommonLabels.quote }}>', '<p>a < b</p>', '<p>a<{{ .Status }}</p>',
                '<!-- x {{ .Status }} -->y', 'a<!-- c -->b', '<!DOCTYPE html><p>', '<!doctype html>', '<title>{{ .CommonLabels.alertname }}</title>', '<textarea>{{ .CommonLabels.quote }}</textarea>', '{{ "<i>" | safeHtml }}', '<a title="{{ "<i>x</i>&amp;" | safeHtml }}">', '{{ html .CommonLabels.alertname }}', '<a title="{{ html .CommonLabels.alertname }}">',
                '{{ .CommonLabels }}', '{{ .CommonLabels.SortedPairs }}', '{{ .Alerts.Firing | len }}', '{{ .CommonLabels.nope }}|', '<br/>{{ .Status }}<hr>', '<img src="x" alt="{{ .Status }}"/>', '{{ define "t" }}<b>{{ . }}</b>{{ end }}{{ template "t" "<x>" }}',
                '{{ "1+1" }}', '<a title="{{ "1+1" }}">', '{{ "a\\u0000b" }}', '<a href="#{{ "x y" }}">', '<a href="mailto:{{ "a@b?c" }}">', '<title>{{ "<b>" | safeHtml }}</title>', '<input value={{ "a b" }}>', '<input value={{ "" }}>', '<div data-url="{{ "javascript:x" }}">', '<div data-x="{{ "javascript:x" }}">', '<table background="{{ "javascript:x" }}">', '<form action="{{ "HTTP://x/ y" }}">']
    for e in ['.Labels.path', '.Labels.url', '.Annotations.link', '.Annotations.html', '.Annotations.plus', '.Labels.unicode', '.Annotations.multi', '.GeneratorURL', '.StartsAt', '.Labels.quote']:
        yield A % ('{{ ' + e + ' }}')
        for place in ['<a href="%s">', "<a href='%s'>", '<a href=%s>', '<a href="/p/%s">', '<a href="http://h/?q=%s">', '<a href="http://h/?q=%s&r=1">', '<a title="%s">', '<a title=%s>', '<img src="%s">']:
            yield A % (place % ('{{ ' + e + ' }}'))
    for f in ['urlquery', 'safeHtml', 'toUpper', 'html']:
        yield A % ('<a href="{{ .Annotations.link | %s }}">' % f)
        yield A % ('<a href="http://x/?u={{ .Annotations.link | %s }}">' % f)
        yield A % ('<p>{{ .Annotations.html | %s }}</p>' % f)
    for c in ['color', 'css']:
        yield A % ('<p style="color: {{ .Annotations.%s }}">' % c)

def run(case):
    kind, template, data = case
    r = subprocess.run([sys.argv[1], 'template', 'render', '--template.glob=/dev/null', f'--template.data={HERE / (data + ".json")}', f'--template.type={kind}', f'--template.text={template}'], capture_output=True, text=True)
    out = {'type': kind, 'data': data, 'template': template}
    if r.returncode: out['error'] = r.stderr.strip().removeprefix('amtool: error: ')
    else: out['output'] = r.stdout
    return out

cases = [('text', t, d) for t in dict.fromkeys(text_templates()) for d in ('mixed', 'hostile')] + \
        [('html', t, d) for t in dict.fromkeys(html_templates()) for d in ('mixed', 'hostile')]
cases = [c for c in cases if not (c[2] == 'mixed' and c[0] == 'html' and '.Labels.' in c[1] and 'quote' not in c[1])]
with ThreadPoolExecutor(4) as pool:
    for result in pool.map(run, cases): print(json.dumps(result, ensure_ascii=False))
