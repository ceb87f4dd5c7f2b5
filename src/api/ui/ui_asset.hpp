// One file of the web UI as it lies in the binary. The table is made by cmake/ui_table.cmake.
#pragma once
#include <span>
#include <string_view>

namespace pharos::api {

struct UiAsset {
  std::string_view path;  // "assets/index-Bx3f.js", without a slash before it
  std::string_view hash;  // of the bytes as they lie here, 16 hexadecimal digits
  bool brotli = false;    // the bytes are compressed
  const char* begin = nullptr;
  const char* end = nullptr;

  std::string_view bytes() const { return {begin, static_cast<std::size_t>(end - begin)}; }
};

// Those of this build; none when it was made without Node.
std::span<const UiAsset> ui_assets();

}  // namespace pharos::api
