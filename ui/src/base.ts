// Where the application lives: the server rewrites <base href> for --web.external-url and
// --web.route-prefix, and every address here is made from it.
const document_base = typeof document === "undefined" ? "http://localhost/" : document.baseURI;

/** Without a slash at its end: "" or "/pharos". */
export const basePath = new URL(document_base).pathname.replace(/\/[^/]*$/, "");

/** Absolute path of something on the server: `at("api/v1/query")`. */
export function at(path: string): string {
  return `${basePath}/${path.replace(/^\/+/, "")}`;
}
