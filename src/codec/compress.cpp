#include "codec/compress.hpp"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/quoted.hpp"

namespace pharos::codec {
namespace {

// The most a snappy body can grow: its densest element is a copy of 64 bytes written in three.
constexpr std::size_t kSnappyGrowthMax = 22;
// Frames that ask for a larger window are refused: it is memory per decoder. RFC 8878 asks every
// decoder for 8 MB.
constexpr int kZstdWindowLog = 23;
// Streams: the first guess of the result's length, so that most bodies need one allocation.
constexpr std::size_t kGrowthGuess = 6;
constexpr std::size_t kBufferMin = 4096;

std::unexpected<Error> too_long(std::size_t size_max) {
  return fail(Errc::limit, "decompressed body is longer than the limit of " +
                               std::to_string(size_max) + " bytes");
}
std::unexpected<Error> damaged(std::string_view kind, std::string_view what) {
  return fail(Errc::invalid, std::string(kind) + ": " + std::string(what));
}

// Resizes without filling with zeros first. The size is ours: libstdc++ 12 tells the callback the new
// capacity when it had to grow.
void resize_raw(std::string& out, std::size_t size) {
  out.resize_and_overwrite(size, [size](char*, std::size_t) { return size; });
}

// Room for more output of a stream, never beyond size_max + 1: the byte that proves it too long.
void grow(std::string& out, std::size_t used, std::size_t guess, std::size_t size_max) {
  const auto want = std::max({used * 2, guess, kBufferMin});
  const auto limit = size_max == std::string::npos ? size_max : size_max + 1;
  resize_raw(out, std::min(want, limit));
}

Status decompress_snappy(std::string_view bytes, std::size_t size_max, std::string& out) {
  std::size_t declared = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &declared))
    return damaged("snappy", "corrupt input: no length");
  if (declared > size_max) return too_long(size_max);
  if (declared > bytes.size() * kSnappyGrowthMax)
    return damaged("snappy", "corrupt input: " + std::to_string(bytes.size()) +
                                 " bytes cannot hold the declared " + std::to_string(declared));
  resize_raw(out, declared);
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data())) {
    out.clear();
    return damaged("snappy", "corrupt input");
  }
  return {};
}

struct Inflate {
  z_stream stream{};
  int state;
  explicit Inflate(int window_bits) { state = ::inflateInit2(&stream, window_bits); }
  ~Inflate() {
    if (state == Z_OK) ::inflateEnd(&stream);
  }
};

Status inflate_all(std::string_view kind, int window_bits, bool members, std::string_view bytes,
                   std::size_t size_max, std::string& out) {
  Inflate inflate(window_bits);
  if (inflate.state != Z_OK) return fail(Errc::internal, "zlib: out of memory");
  auto& z = inflate.stream;
  std::size_t used = 0, eaten = 0;
  grow(out, 0, std::max(bytes.size() * kGrowthGuess, std::min(out.capacity(), size_max)), size_max);
  for (;;) {
    // zlib counts in 32 bits: long buffers go in by slices.
    const auto in_slice = std::min<std::size_t>(bytes.size() - eaten, 1u << 30);
    const auto out_slice = std::min<std::size_t>(out.size() - used, 1u << 30);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + eaten));
    z.avail_in = static_cast<uInt>(in_slice);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    z.avail_out = static_cast<uInt>(out_slice);
    const int state = ::inflate(&z, Z_NO_FLUSH);
    eaten += in_slice - z.avail_in;
    used += out_slice - z.avail_out;
    if (used > size_max) return too_long(size_max);
    if (state == Z_STREAM_END) {
      if (eaten == bytes.size()) break;
      if (!members) return damaged(kind, "data after the end of the stream");
      if (::inflateReset(&z) != Z_OK) return damaged(kind, "cannot start the next member");
      continue;
    }
    if (state != Z_OK && state != Z_BUF_ERROR)
      return damaged(kind, z.msg != nullptr ? z.msg : "corrupt input");
    if (used == out.size()) {
      grow(out, used, 0, size_max);
    } else if (eaten == bytes.size()) {
      return damaged(kind, "unexpected end of input");
    }
  }
  out.resize(used);
  return {};
}

Status decompress_deflate(std::string_view bytes, std::size_t size_max, std::string& out) {
  // "deflate" means zlib's wrapper, but some senders leave it away.
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const bool wrapped =
      bytes.size() >= 2 && (byte(0) & 15) == 8 && (byte(0) * 256 + byte(1)) % 31 == 0;
  return inflate_all("deflate", wrapped ? 15 : -15, false, bytes, size_max, out);
}

struct ZstdFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
// Contexts hold their window (up to 8 MB): made per stream, kept only for the one-shot way.
ZSTD_DCtx* one_shot_context() {
  thread_local const std::unique_ptr<ZSTD_DCtx, ZstdFree> context(ZSTD_createDCtx());
  return context.get();
}

Status decompress_zstd(std::string_view bytes, std::size_t size_max, std::string& out) {
  if (bytes.empty()) return damaged("zstd", "unexpected end of input");
  const auto declared = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (declared == ZSTD_CONTENTSIZE_ERROR) return damaged("zstd", "no frame header");
  const bool known = declared != ZSTD_CONTENTSIZE_UNKNOWN;
  if (known && declared > size_max) return too_long(size_max);
  // One shot when the length is declared and plausible; longer claims have to prove themselves.
  if (known && declared <= bytes.size() * 64 + (64u << 10) &&
      ZSTD_findFrameCompressedSize(bytes.data(), bytes.size()) == bytes.size()) {
    resize_raw(out, declared);
    const auto n =
        ZSTD_decompressDCtx(one_shot_context(), out.data(), out.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(n)) return damaged("zstd", ZSTD_getErrorName(n));
    out.resize(n);
    return {};
  }
  const std::unique_ptr<ZSTD_DCtx, ZstdFree> context(ZSTD_createDCtx());
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t used = 0;
  grow(out, 0, bytes.size() * kGrowthGuess, size_max);
  for (;;) {
    ZSTD_outBuffer to{out.data(), out.size(), used};
    const auto in_before = in.pos;
    const auto left = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(left)) return damaged("zstd", ZSTD_getErrorName(left));
    const bool moved = to.pos != used || in.pos != in_before;
    used = to.pos;
    if (used > size_max) return too_long(size_max);
    if (left == 0 && in.pos == in.size) break;
    if (used == out.size())
      grow(out, used, 0, size_max);
    else if (in.pos == in.size && !moved)
      return damaged("zstd", "unexpected end of input");
  }
  out.resize(used);
  return {};
}

struct Lz4Free {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

Status decompress_lz4(std::string_view bytes, std::size_t size_max, std::string& out) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)))
    return fail(Errc::internal, "lz4: out of memory");
  const std::unique_ptr<LZ4F_dctx, Lz4Free> context(raw);
  std::size_t used = 0, eaten = 0;
  grow(out, 0, bytes.size() * 3, size_max);
  for (;;) {
    std::size_t in_size = bytes.size() - eaten, out_size = out.size() - used;
    const auto left =
        LZ4F_decompress(raw, out.data() + used, &out_size, bytes.data() + eaten, &in_size, nullptr);
    if (LZ4F_isError(left)) return damaged("lz4", LZ4F_getErrorName(left));
    eaten += in_size;
    used += out_size;
    if (used > size_max) return too_long(size_max);
    if (left == 0 && eaten == bytes.size()) break;
    if (used == out.size())
      grow(out, used, 0, size_max);
    else if (eaten == bytes.size() && out_size == 0)
      return damaged("lz4", "unexpected end of input");
  }
  out.resize(used);
  return {};
}

std::string deflate_all(std::string_view bytes, int window_bits, int level) {
  z_stream z{};
  std::string out;
  if (::deflateInit2(&z, std::clamp(level, 1, 9), Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    return out;
  resize_raw(out, std::max<std::size_t>(::deflateBound(&z, bytes.size()), 64));
  std::size_t used = 0, eaten = 0;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const auto in_slice = std::min<std::size_t>(bytes.size() - eaten, 1u << 30);
    const auto out_slice = std::min<std::size_t>(out.size() - used, 1u << 30);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + eaten));
    z.avail_in = static_cast<uInt>(in_slice);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    z.avail_out = static_cast<uInt>(out_slice);
    state = ::deflate(&z, eaten + in_slice == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    eaten += in_slice - z.avail_in;
    used += out_slice - z.avail_out;
    if (used == out.size() && state != Z_STREAM_END) resize_raw(out, out.size() * 2);
  }
  ::deflateEnd(&z);
  out.resize(used);
  return out;
}

std::string compress_zstd(std::string_view bytes, int level) {
  thread_local const std::unique_ptr<ZSTD_CCtx, ZstdFree> context(ZSTD_createCCtx());
  std::string out;
  resize_raw(out, ZSTD_compressBound(bytes.size()));
  const auto n =
      ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), level);
  out.resize(ZSTD_isError(n) ? 0 : n);
  return out;
}

std::string compress_lz4(std::string_view bytes, int level) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentSize = bytes.size();
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  preferences.compressionLevel = level;
  std::string out;
  resize_raw(out, LZ4F_compressFrameBound(bytes.size(), &preferences));
  const auto n =
      LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), &preferences);
  out.resize(LZ4F_isError(n) ? 0 : n);
  return out;
}

}  // namespace

Result<Compression> parse_content_encoding(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (lower.empty() || lower == "identity") return Compression::none;
  if (lower == "snappy") return Compression::snappy;
  if (lower == "gzip" || lower == "x-gzip") return Compression::gzip;
  if (lower == "deflate") return Compression::deflate;
  if (lower == "zstd") return Compression::zstd;
  if (lower == "lz4") return Compression::lz4;
  return fail(Errc::unsupported, "unsupported content encoding " + quoted(text) +
                                     ": expected gzip, zstd, snappy, deflate, lz4 or identity");
}

Status decompress(Compression kind, std::string_view bytes, std::size_t size_max,
                  std::string& out) {
  const auto run = [&]() -> Status {
    switch (kind) {
      case Compression::none:
        if (bytes.size() > size_max) return too_long(size_max);
        out.assign(bytes);
        return {};
      case Compression::snappy: return decompress_snappy(bytes, size_max, out);
      case Compression::gzip: return inflate_all("gzip", 15 + 16, true, bytes, size_max, out);
      case Compression::deflate: return decompress_deflate(bytes, size_max, out);
      case Compression::zstd: return decompress_zstd(bytes, size_max, out);
      case Compression::lz4: return decompress_lz4(bytes, size_max, out);
    }
    return fail(Errc::internal, "unknown compression");
  };
  auto done = run();
  if (!done) out.clear();
  return done;
}

Result<std::string> decompress(Compression kind, std::string_view bytes, std::size_t size_max) {
  std::string out;
  TRY(decompress(kind, bytes, size_max, out));
  return out;
}

std::string compress(Compression kind, std::string_view bytes, int level) {
  switch (kind) {
    case Compression::none: return std::string(bytes);
    case Compression::snappy: {
      std::string out;
      snappy::Compress(bytes.data(), bytes.size(), &out);
      return out;
    }
    case Compression::gzip: return deflate_all(bytes, 15 + 16, level);
    case Compression::deflate: return deflate_all(bytes, 15, level);
    case Compression::zstd: return compress_zstd(bytes, level);
    case Compression::lz4: return compress_lz4(bytes, level);
  }
  return {};
}

}  // namespace pharos::codec
