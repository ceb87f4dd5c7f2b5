import { defineConfig } from "vitest/config";
import type { Plugin, Rollup } from "vite";

// Names everything the first screen needs in index.html, so that the browser asks for it at once and
// not after it has read the scripts before it: Now's chunk with what it imports, and the worker. The frame's
// style sheet goes first, since a host is asked for six files at a time and the first paint waits for it; those
// of the screen stand below the frame, which is painted without them.
function preloadFirstScreen(): Plugin {
  return {
    name: "preload-first-screen",
    transformIndexHtml: {
      order: "post",
      handler(html, context) {
        const bundle = context.bundle;
        if (!bundle) return html;
        const files = new Set<string>();
        const visit = (name: string) => {
          const chunk = bundle[name];
          if (!chunk || chunk.type !== "chunk" || files.has(name)) return;
          files.add(name);
          chunk.imports.forEach(visit);
          for (const css of (chunk as Rollup.OutputChunk & { viteMetadata?: { importedCss: Set<string> } }).viteMetadata
            ?.importedCss ?? [])
            files.add(css);
        };
        for (const [name, chunk] of Object.entries(bundle))
          if (chunk.type === "chunk" && chunk.facadeModuleId?.endsWith("/screens/now/screen.tsx")) visit(name);
        // What Now may come to show, a host's graphs, is fetched when nothing else is.
        const first = new Set(files);
        for (const [name, chunk] of Object.entries(bundle))
          if (chunk.type === "chunk" && chunk.facadeModuleId?.endsWith("/screens/now/host.tsx")) visit(name);
        const later = new Set([...files].filter((name) => !first.has(name)));
        const workers = Object.keys(bundle).filter((name) => /(^|\/)worker-[^/]*\.js$/.test(name));
        const sheet = /\n *<link rel="stylesheet"[^>]*>/;
        const own = sheet.exec(html)?.[0] ?? "";
        const ordered = html.replace(sheet, "").replace(/\n *<script type="module"/, (script) => own + script);
        const tags = [...files, ...workers]
          .filter((name) => !html.includes(name))
          .map((name) => ({
            tag: "link",
            attrs: { rel: later.has(name) || workers.includes(name) ? "prefetch" : name.endsWith(".css") ? "stylesheet" : "modulepreload", href: `./${name}` },
            injectTo: name.endsWith(".css") || later.has(name) ? ("body" as const) : ("head" as const),
          }));
        return { html: ordered, tags };
      },
    },
  };
}

const server = process.env.PHAROS_URL ?? "http://127.0.0.1:9090";

export default defineConfig({
  base: "./",
  plugins: [preloadFirstScreen()],
  build: {
    target: "es2022",
    outDir: "dist",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
    modulePreload: { polyfill: false },
    rollupOptions: {
      onwarn(warning, warn) {
        // Radix marks its files for server rendering, which is not done here.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
      output: {
        // What changes rarely stays in the browser's cache over releases.
        manualChunks(id) {
          if (/node_modules\/(react|react-dom|scheduler|wouter|regexparam|mitt|use-sync-external-store)\//.test(id)) return "react";
          if (/node_modules\/(@radix-ui|@floating-ui|aria-hidden|react-remove-scroll|use-sidecar|use-callback-ref|get-nonce|tslib|react-style-singleton)/.test(id))
            return "radix";
          if (id.includes("node_modules/uplot/")) return "uplot";
          return undefined;
        },
      },
    },
  },
  worker: { format: "es" },
  server: { proxy: Object.fromEntries(["/api", "/-", "/metrics", "/debug", "/alertmanager"].map((path) => [path, server])) },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], css: false, testTimeout: 30_000 },
});
