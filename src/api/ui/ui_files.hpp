// The web UI over HTTP: its files, and its index.html for every page address.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "api/ui/ui_asset.hpp"
#include "base/result.hpp"
#include "net/http.hpp"

namespace pharos::api {

// Thread-safe. Files whose name carries their hash (below assets/) may be kept for ever; all others
// are asked for again with their ETag. A client that takes brotli gets the bytes as they lie in the
// binary; for others a file is unpacked once.
class UiFiles {
 public:
  // `base_path`: what a browser sees before the page's own path ("" or "/pharos"); `title` takes
  // the place of the page's. Errc::not_found without an index.html, Errc::corrupt when a file does
  // not unpack.
  static Result<std::shared_ptr<const UiFiles>> open(std::span<const UiAsset> assets,
                                                     std::string_view base_path,
                                                     std::string_view title);

  // `path` is the request's below the route prefix. A file, or index.html for a page's address; 404
  // for what looks like a file and is none, 405 for other methods than GET and HEAD.
  net::Response serve(const net::Request& request, std::string_view path) const;

 private:
  UiFiles() = default;
  net::Response file(const net::Request& request, const UiAsset& asset) const;
  net::Response index(const net::Request& request) const;
  std::string_view unpacked(const UiAsset& asset) const;

  std::map<std::string_view, const UiAsset*> files_;
  std::string index_, index_tag_;  // index.html as it is sent, rewritten for this server
  mutable std::mutex unpacked_mutex_;
  mutable std::map<const UiAsset*, std::string>
      unpacked_;  // guarded by unpacked_mutex_; never shrinks
};

// True for addresses that belong to the API and its like, of which no page is ever made.
bool is_api_path(std::string_view path);

}  // namespace pharos::api
