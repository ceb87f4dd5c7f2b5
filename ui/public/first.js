// Before the first paint, while the application is on its way: the theme of this browser, and whether the frame is shown at
// all. The choices are those of src/preferences.ts and src/shell.
(function () {
  var root = document.documentElement;
  var chosen;
  try {
    chosen = localStorage.getItem("pharos.theme");
  } catch (refused) {
    // By the browser's settings: then the system's choice holds.
  }
  var is = function (query) {
    return matchMedia(query).matches;
  };
  if ((chosen !== "dark" && chosen !== "light") || is("(forced-colors: active)")) chosen = is("(prefers-color-scheme: light)") ? "light" : "dark";
  root.dataset.theme = chosen;
  if (new URLSearchParams(location.search).has("kiosk") || location.pathname.indexOf("/d-solo/") >= 0) root.dataset.bare = "";
})();
