import "./styles/theme.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/seen.css";
import { StrictMode, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { basePath } from "./base";
import { applyTheme, followSystem, theme, watchPreferences } from "./preferences";
import { Shell } from "./shell/shell";
import { language } from "./text/catalogue";

applyTheme();
followSystem(flushSync);
document.documentElement.lang = language();

// Theme and language are choices of the browser: the page renders anew when they change.
function App() {
  useSyncExternalStore(watchPreferences, () => `${language()} ${theme()}`);
  return (
    <Router base={basePath}>
      <Shell />
    </Router>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
