"""The shapes of Grafana's classic dashboard JSON that DWCP's boards are made of: queries, panels, variables, and a
board that lays them out on the grid of 24 columns and numbers them.

What a function here leaves out is Grafana's default. Colours are of Okabe and Ito's palette, which stays distinct in the
common kinds of colour blindness; a state never speaks through its colour alone (a text, a value or a line is beside it).
"""
GOOD, WARN, BAD, CALM = "#009E73", "#E69F00", "#D55E00", "#56B4E9"
SCHEMA_VERSION = 42
DS = {"type": "prometheus", "uid": "${DS}"}
GRID = 24


def about(what, bad="", corrected=""):
    """A panel's description: what it shows, how it looks when something is wrong, and why the query is not the published one."""
    parts = [what]
    if bad:
        parts.append("**Bad:** " + bad)
    if corrected:
        parts.append("**Corrected:** " + corrected)
    return "\n\n".join(parts)


def query(expr, legend="__auto", exemplar=False):
    target = {"datasource": DS, "editorMode": "code", "expr": expr, "legendFormat": legend, "range": True}
    if exemplar:
        target["exemplar"] = True
    return target


def instant(expr, legend="__auto", table=False):
    target = {"datasource": DS, "editorMode": "code", "expr": expr, "legendFormat": legend, "instant": True, "range": False}
    if table:
        target["format"] = "table"
    return target


def now(targets):
    """The same queries, asked for their value now alone: for panels that draw no history, whatever the range."""
    return [{**{k: v for k, v in target.items() if k != "exemplar"}, "instant": True, "range": False} for target in targets]


def buckets(expr):
    """A classic histogram's buckets, for a heatmap."""
    return {**query(expr, "{{le}}"), "format": "heatmap"}


def steps(*pairs):
    """Thresholds as (from, colour); the first one is the base."""
    return {"mode": "absolute", "steps": [{"color": colour, "value": None if i == 0 else start}
                                          for i, (start, colour) in enumerate(pairs)]}


def rising(warn, bad):
    """The more the worse."""
    return steps((None, GOOD), (warn, WARN), (bad, BAD)) if warn is not None else steps((None, GOOD), (bad, BAD))


def falling(warn, good):
    """The less the worse: under `warn` is bad, from `good` on all is well."""
    return steps((None, BAD), (warn, WARN), (good, GOOD)) if warn is not None else steps((None, BAD), (good, GOOD))


NEUTRAL = steps((None, CALM))


def words(**texts):
    """Value mapping: words(v0=("DOWN", BAD), none=("NO DATA", BAD))."""
    values, mappings = {}, []
    for i, (key, (text, colour)) in enumerate(texts.items()):
        result = {"color": colour, "index": i, "text": text}
        if key == "none":
            mappings.append({"type": "special", "options": {"match": "null+nan", "result": result}})
        else:
            values[key[1:]] = result
    return [{"type": "value", "options": values}, *mappings]


def override(name, **properties):
    """Options of one field: override("Memory", unit="bytes", custom__axisPlacement="right")."""
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]}


def override_pattern(pattern, **properties):
    return {**override(pattern, **properties), "matcher": {"id": "byRegexp", "options": pattern}}


def link(title, url):
    """A data link; the time range goes along."""
    return {"title": title, "url": url + ("&" if "?" in url else "?") + "${__url_time_range}", "targetBlank": False}


def _panel(kind, title, targets, description, options, defaults, overrides=(), transformations=(), **more):
    panel = {"type": kind, "title": title, "description": description, "datasource": DS}
    panel["targets"] = [{**target, "refId": chr(ord("A") + i)} for i, target in enumerate(targets)]
    panel["fieldConfig"] = {"defaults": {k: v for k, v in defaults.items() if v is not None}, "overrides": list(overrides)}
    panel["options"] = options
    if transformations:
        panel["transformations"] = list(transformations)
    panel.update(more)
    return panel


def _reduce(calc="lastNotNull"):
    return {"calcs": [calc], "fields": "", "values": False}


def timeseries(title, targets, unit, description, thresholds=None, line="off", low=None, high=None, soft_low=0,
               overrides=(), links=(), mappings=(), calcs=("lastNotNull", "max"), fill=8, stack=False, steps_drawn=False,
               decimals=None, side_legend=False):
    custom = {"drawStyle": "line", "lineInterpolation": "stepAfter" if steps_drawn else "linear", "lineWidth": 1.5 if not stack else 1,
              "fillOpacity": 30 if stack else fill, "gradientMode": "none", "showPoints": "never", "spanNulls": False,
              "stacking": {"group": "A", "mode": "normal" if stack else "none"}, "axisPlacement": "auto", "axisLabel": "",
              "scaleDistribution": {"type": "linear"}, "thresholdsStyle": {"mode": line}}
    if soft_low is not None and low is None:
        custom["axisSoftMin"] = soft_low
    return _panel("timeseries", title, targets, description,
                  {"legend": {"calcs": list(calcs), "displayMode": "table" if calcs else "list",
                              "placement": "right" if side_legend else "bottom", "showLegend": True},
                   "tooltip": {"mode": "multi", "sort": "desc"}},
                  {"color": {"mode": "palette-classic"}, "custom": custom, "unit": unit, "min": low, "max": high,
                   "decimals": decimals, "thresholds": thresholds or NEUTRAL, "mappings": list(mappings) or None,
                   "links": list(links) or None}, overrides)


def stat(title, targets, unit, description, thresholds=NEUTRAL, mappings=(), background=False, graph=True, decimals=None,
         low=None, high=None, text="auto", links=(), overrides=(), no_value=None, calc="lastNotNull"):
    return _panel("stat", title, targets if graph else now(targets), description,
                  {"colorMode": "background" if background else "value", "graphMode": "area" if graph else "none",
                   "justifyMode": "auto", "orientation": "auto", "percentChangeColorMode": "standard",
                   "reduceOptions": _reduce(calc), "showPercentChange": False, "textMode": text, "wideLayout": True},
                  {"color": {"mode": "thresholds"}, "unit": unit, "decimals": decimals, "min": low, "max": high,
                   "noValue": no_value, "thresholds": thresholds, "mappings": list(mappings) or None,
                   "links": list(links) or None}, overrides)


def gauge(title, targets, unit, description, thresholds, low=0, high=100, mappings=(), decimals=None, links=(), no_value=None):
    return _panel("gauge", title, now(targets), description,
                  {"minVizHeight": 75, "minVizWidth": 75, "orientation": "auto", "reduceOptions": _reduce(),
                   "showThresholdLabels": False, "showThresholdMarkers": True, "sizing": "auto"},
                  {"color": {"mode": "thresholds"}, "unit": unit, "min": low, "max": high, "decimals": decimals,
                   "noValue": no_value, "thresholds": thresholds, "mappings": list(mappings) or None,
                   "links": list(links) or None})


def bargauge(title, targets, unit, description, thresholds, low=0, high=None):
    return _panel("bargauge", title, now(targets), description,
                  {"displayMode": "gradient", "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
                   "maxVizHeight": 300, "minVizHeight": 16, "minVizWidth": 8, "namePlacement": "auto", "orientation": "horizontal",
                   "reduceOptions": _reduce(), "showUnfilled": True, "sizing": "auto", "valueMode": "color"},
                  {"color": {"mode": "thresholds"}, "unit": unit, "min": low, "max": high, "thresholds": thresholds})


def piechart(title, targets, unit, description, overrides=()):
    return _panel("piechart", title, now(targets), description,
                  {"displayLabels": ["percent"], "legend": {"calcs": [], "displayMode": "table", "placement": "right",
                                                            "showLegend": True, "values": ["value", "percent"]},
                   "orientation": "auto", "pieType": "donut", "reduceOptions": _reduce(), "sort": "desc", "tooltip": {"mode": "single", "sort": "none"}},
                  {"color": {"mode": "palette-classic"}, "unit": unit, "thresholds": NEUTRAL,
                   "custom": {"hideFrom": {"legend": False, "tooltip": False, "viz": False}}}, overrides)


def heatmap(title, targets, unit, description, cell_unit="short", rows=False):
    """Buckets of a classic histogram, or with rows=True one row per series and its value as the colour."""
    return _panel("heatmap", title, targets, description,
                  {"calculate": False, "cellGap": 1, "cellValues": {"unit": cell_unit},
                   "color": {"exponent": 0.5, "fill": CALM, "mode": "scheme", "reverse": False, "scale": "exponential",
                             "scheme": "Cividis", "steps": 64},
                   "exemplars": {"color": BAD}, "filterValues": {"le": -1 if rows else 1e-9}, "legend": {"show": True},
                   "rowsFrame": {"layout": "auto", "value": "Value" if rows else "Rate"}, "showValue": "never",
                   "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": not rows},
                   "yAxis": {"axisPlacement": "left", "reverse": False, **({} if rows else {"unit": unit})}},
                  {"unit": unit, "custom": {"hideFrom": {"legend": False, "tooltip": False, "viz": False},
                                            "scaleDistribution": {"type": "linear"}}})


def table(title, targets, unit, description, thresholds=NEUTRAL, transformations=(), mappings=(), overrides=(), decimals=None,
          coloured=None, cell="color-background", links=()):
    """coloured: the column that thresholds or words colour; the others stay as they are."""
    overrides = list(overrides)
    if coloured:
        options = {"mode": "basic", "type": cell} if cell == "color-background" else {"type": cell}
        overrides.append(override(coloured, custom__cellOptions=options, **({"mappings": mappings} if mappings else {})))
        mappings = ()
    return _panel("table", title, targets, description,
                  {"cellHeight": "sm", "frameIndex": 0, "showHeader": True},
                  {"color": {"mode": "thresholds"}, "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
                   "unit": unit, "decimals": decimals, "thresholds": thresholds, "mappings": list(mappings) or None,
                   "links": list(links) or None},
                  overrides, transformations)


def status_history(title, targets, description, thresholds, mappings):
    return _panel("status-history", title, targets, description,
                  {"colWidth": 0.9, "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
                   "rowHeight": 0.9, "showValue": "auto", "tooltip": {"mode": "single", "sort": "none"}},
                  {"color": {"mode": "thresholds"}, "custom": {"fillOpacity": 80, "lineWidth": 1,
                                                               "hideFrom": {"legend": False, "tooltip": False, "viz": False}},
                   "unit": "none", "thresholds": thresholds, "mappings": mappings}, maxDataPoints=100)


def node_graph(title, targets, description, transformations):
    return _panel("nodeGraph", title, targets, description,
                  {"edges": {"mainStatUnit": "s", "secondaryStatUnit": "percentunit"}, "nodes": {}, "zoomMode": "cooperative",
                   "layoutAlgorithm": "layered"}, {}, transformations=transformations)


def logs(title, expr, description):
    panel = _panel("logs", title, [], description,
                   {"dedupStrategy": "none", "enableLogDetails": True, "prettifyLogMessage": False, "showCommonLabels": False,
                    "showLabels": False, "showLogContextToggle": False, "showTime": True, "sortOrder": "Descending", "wrapLogMessage": True}, {})
    panel["datasource"] = {"type": "loki"}
    panel["targets"] = [{"datasource": {"type": "loki"}, "expr": expr, "queryType": "range", "maxLines": 200, "refId": "A"}]
    return panel


def alert_list(title, description, matchers="", name=""):
    panel = _panel("alertlist", title, [], description,
                   {"alertInstanceLabelFilter": matchers, "alertName": name, "dashboardAlerts": False, "groupBy": [],
                    "groupMode": "default", "maxItems": 50, "sortOrder": 3, "viewMode": "list",
                    "stateFilter": {"error": True, "firing": True, "noData": True, "normal": False, "pending": True}}, {})
    del panel["targets"]
    return panel


def query_variable(name, label, expr, many=True, description=""):
    """Values from label_values(…); `many` may be chosen at once, all of them at first."""
    variable = {"type": "query", "name": name, "label": label, "description": description, "datasource": DS,
                "query": {"query": expr, "refId": "PrometheusVariableQueryEditor-VariableQuery"}, "refresh": 2, "regex": "", "sort": 1,
                "hide": 0, "multi": many, "includeAll": many, "options": [], "skipUrlSync": False}
    if many:
        variable.update(allValue=".*", current={"selected": True, "text": ["All"], "value": ["$__all"]})
    return variable


def interval_variable(name, label, values, chosen):
    return {"type": "interval", "name": name, "label": label, "query": ",".join(values), "refresh": 2, "hide": 0, "skipUrlSync": False,
            "current": {"selected": True, "text": chosen, "value": chosen},
            "options": [{"selected": v == chosen, "text": v, "value": v} for v in values]}


def annotation(name, expr, colour, legend, enable=True):
    return {"name": name, "datasource": DS, "enable": enable, "hide": False, "iconColor": colour,
            "target": {"editorMode": "code", "expr": expr, "legendFormat": legend, "range": True, "refId": "Anno"}}


def firing(matchers="", name="Alerts"):
    return annotation(name, 'ALERTS{alertstate="firing"' + (", " + matchers if matchers else "") + "}", BAD, "{{alertname}} ({{severity}})")


DEPLOYMENTS = annotation("Rollout steps", "changes(max(dwcp_v3_rollout_percentage)[1m:15s]) > 0", CALM, "rollout share changed", enable=True)


class Board:
    """One dashboard. Panels go on in lines that fill the width; rows head them."""

    def __init__(self, uid, title, description, refresh, time, tags=(), variables=(), annotations=(), see=()):
        self.uid, self.panels, self._y, self._last_id = uid, [], 0, 0
        self.json = {
            "annotations": {"list": [{"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True,
                                      "hide": True, "iconColor": CALM, "name": "Annotations & Alerts", "type": "dashboard"},
                                     *annotations]},
            "description": description, "editable": True, "fiscalYearStartMonth": 0, "graphTooltip": 1, "id": None,
            "links": [{"title": "All DWCP boards", "type": "dashboards", "tags": ["dwcp"], "asDropdown": True, "includeVars": False,
                       "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""},
                      *({"title": name, "type": "link", "tags": [], "asDropdown": False, "includeVars": False, "keepTime": True,
                         "targetBlank": False, "icon": "dashboard", "tooltip": tip, "url": "/d/" + to} for to, name, tip in see)],
            "panels": self.panels, "refresh": refresh, "schemaVersion": SCHEMA_VERSION, "tags": ["dwcp", *tags],
            "templating": {"list": [{"type": "datasource", "name": "DS", "label": "Data source", "query": "prometheus", "hide": 0,
                                     "refresh": 1, "regex": "", "multi": False, "includeAll": False, "options": [],
                                     "skipUrlSync": False, "current": {"selected": False, "text": "default", "value": "default"}},
                                    *variables]},
            "time": {"from": "now-" + time, "to": "now"},
            "timepicker": {"refresh_intervals": ["1s", "5s", "10s", "30s", "1m", "5m", "15m", "1h"]},
            "timezone": "browser", "title": title, "uid": uid, "version": 1, "weekStart": ""}

    def _add(self, panel, x, w, h):
        self._last_id += 1
        self.panels.append({"id": self._last_id, "gridPos": {"h": h, "w": w, "x": x, "y": self._y}, **panel})

    def row(self, title):
        self._add({"type": "row", "title": title, "collapsed": False, "panels": []}, 0, GRID, 1)
        self._y += 1

    def closed_row(self, title, height, *panels):
        """A row that is opened by a click; its panels lie within it."""
        self._add({"type": "row", "title": title, "collapsed": True, "panels": []}, 0, GRID, 1)
        self._y += 1
        top, outside, self.panels = self._y, self.panels, []
        self.line(height, *panels)
        outside[-1]["panels"], self.panels, self._y = self.panels, outside, top

    def line(self, height, *panels):
        """Panels side by side: each a panel, which shares the width evenly, or (panel, width)."""
        widths = [p[1] if isinstance(p, tuple) else None for p in panels]
        free = GRID - sum(w for w in widths if w)
        even = sum(1 for w in widths if not w)
        x = 0
        for panel, width in zip(panels, widths):
            width = width or free // even
            self._add(panel[0] if isinstance(panel, tuple) else panel, x, width, height)
            x += width
        if x != GRID:
            raise ValueError(f"{self.uid}: the line of {self.panels[-1]['title']!r} is {x} columns wide, not {GRID}")
        self._y += height
