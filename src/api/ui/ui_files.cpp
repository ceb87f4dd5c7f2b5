#include "api/ui/ui_files.hpp"

#include <algorithm>

#include "codec/brotli.hpp"
#include "net/digest.hpp"
#include "net/dispatch.hpp"

namespace pharos::api {
namespace {

constexpr std::size_t kUnpackedMax = 64u << 20;  // of one file: beyond it the build is damaged
constexpr std::string_view kPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; "
    "font-src 'self' data:; worker-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

std::string_view content_type(std::string_view path) {
  const auto dot = path.rfind('.');
  const auto extension = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"html", "text/html; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"json", "application/json"},
      {"map", "application/json"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"ico", "image/x-icon"},
      {"woff2", "font/woff2"},
      {"txt", "text/plain; charset=utf-8"},
      {"webmanifest", "application/manifest+json"},
      {"wasm", "application/wasm"}};
  for (const auto& [name, type] : kTypes)
    if (name == extension) return type;
  return "application/octet-stream";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

// Replaces what stands between the first `open` and the next `close`.
void replace_between(std::string& html, std::string_view open, std::string_view close,
                     std::string_view with) {
  const auto at = html.find(open);
  if (at == html.npos) return;
  const auto begin = at + open.size(), end = html.find(close, begin);
  if (end != html.npos) html.replace(begin, end - begin, with);
}

void protect(net::Response& response) {
  response.headers.set("Content-Security-Policy", kPolicy);
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "same-origin");
}

// True when the client has this version already; the answer is then 304.
bool unchanged(const net::Request& request, net::Response& response, std::string_view tag) {
  response.headers.set("ETag", tag);
  auto known = request.headers.get("If-None-Match");
  const auto core = [](std::string_view t) { return t.starts_with("W/") ? t.substr(2) : t; };
  while (!known.empty()) {
    auto one = known.substr(0, known.find(','));
    known.remove_prefix(std::min(known.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == "*" || core(one) == core(tag)) {
      response.status = 304;
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_api_path(std::string_view path) {
  for (const std::string_view first :
       {"/api", "/-", "/debug", "/metrics", "/federate", "/alertmanager", "/v1", "/version"})
    if (path.starts_with(first) && (path.size() == first.size() || path[first.size()] == '/'))
      return true;
  return false;
}

Result<std::shared_ptr<const UiFiles>> UiFiles::open(std::span<const UiAsset> assets,
                                                     std::string_view base_path,
                                                     std::string_view title) {
  std::shared_ptr<UiFiles> out(new UiFiles);
  const UiAsset* page = nullptr;
  for (const auto& asset : assets) {
    out->files_.emplace(asset.path, &asset);
    if (asset.path == "index.html") page = &asset;
  }
  if (page == nullptr) return fail(Errc::not_found, "the web UI has no index.html");
  if (page->brotli) {
    out->index_ = TRY(codec::brotli_decode(page->bytes(), kUnpackedMax));
  } else {
    out->index_ = page->bytes();
  }
  while (base_path.ends_with('/')) base_path.remove_suffix(1);
  replace_between(out->index_, "<base href=\"", "\"", escaped(std::string(base_path) + "/"));
  if (!title.empty()) replace_between(out->index_, "<title>", "</title>", escaped(title));
  out->index_tag_ = "W/\"" + net::hex(net::sha256(out->index_)).substr(0, 16) + "\"";
  return std::shared_ptr<const UiFiles>(std::move(out));
}

net::Response UiFiles::serve(const net::Request& request, std::string_view path) const {
  if (request.method != "GET" && request.method != "HEAD")
    return net::Response::text(405, "Method Not Allowed\n");
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty() || path == "index.html") return index(request);
  if (const auto found = files_.find(path); found != files_.end())
    return file(request, *found->second);
  // A chunk of an earlier version must not come back as a page: the script would fail to parse.
  if (path.starts_with("assets/")) return net::Response::text(404, "404 page not found\n");
  return index(request);
}

net::Response UiFiles::index(const net::Request& request) const {
  net::Response response;
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.headers.set("Cache-Control", "no-cache");
  protect(response);
  if (!unchanged(request, response, index_tag_)) response.body = index_;
  return response;
}

net::Response UiFiles::file(const net::Request& request, const UiAsset& asset) const {
  net::Response response;
  response.headers.set("Content-Type", content_type(asset.path));
  response.headers.set("Cache-Control", asset.path.starts_with("assets/")
                                            ? "public, max-age=31536000, immutable"
                                            : "no-cache");
  protect(response);
  const bool packed =
      asset.brotli && net::accepts_encoding(request.headers.get("Accept-Encoding"), "br");
  // Both answers say it: what stands between keeps one of them for everybody else.
  if (asset.brotli) response.headers.set("Vary", "Accept-Encoding");
  if (packed) response.headers.set("Content-Encoding", "br");
  // Unpacked, the server may compress it in other ways on its way out: not byte for byte the same.
  const std::string tag =
      (packed ? "\"" : "W/\"") + std::string(asset.hash) + (packed ? "\"" : "-u\"");
  if (!unchanged(request, response, tag)) response.body = packed ? asset.bytes() : unpacked(asset);
  return response;
}

std::string_view UiFiles::unpacked(const UiAsset& asset) const {
  if (!asset.brotli) return asset.bytes();
  std::lock_guard lock(unpacked_mutex_);
  auto found = unpacked_.find(&asset);
  if (found == unpacked_.end()) {
    auto text = codec::brotli_decode(asset.bytes(), kUnpackedMax);
    found = unpacked_.emplace(&asset, text ? std::move(*text) : std::string()).first;
  }
  return found->second;
}

}  // namespace pharos::api
