// The protobuf wire format, read in place and written by hand: no generated code, no descriptor.
// Field numbers are written beside each decoder with the message they belong to.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/varint.hpp"

namespace pharos::codec {

enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, group_begin = 3, group_end = 4, fixed32 = 5 };

// for (ProtoReader in(body); in.next();) switch (in.field()) { case 1: name = in.bytes(); break; }
// An unread value is skipped. `ok()` is false after malformed input; then next() returns false.
// A value read with another wire type than it has makes the input malformed.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : in_(message) {}

  bool next() {
    if (pending_) skip();
    if (!in_.ok() || in_.at_end()) return false;
    const auto key = in_.varint();
    field_ = static_cast<std::uint32_t>(key >> 3);
    wire_ = static_cast<Wire>(key & 7);
    pending_ = true;
    if (!in_.ok() || field_ == 0 || key > 0xffffffffu) return in_.fail(), false;
    return true;
  }
  bool ok() const { return in_.ok(); }
  std::uint32_t field() const { return field_; }
  Wire wire() const { return wire_; }

  std::uint64_t varint() { return take(Wire::varint) ? in_.varint() : 0; }
  std::int64_t int64() { return static_cast<std::int64_t>(varint()); }
  std::int32_t int32() { return static_cast<std::int32_t>(varint()); }
  std::int64_t sint64() { return unzigzag(varint()); }
  bool boolean() { return varint() != 0; }
  double real() { return take(Wire::fixed64) ? in_.fixed<double>() : 0; }
  std::uint64_t fixed64() { return take(Wire::fixed64) ? in_.fixed<std::uint64_t>() : 0; }
  std::uint32_t fixed32() { return take(Wire::fixed32) ? in_.fixed<std::uint32_t>() : 0; }
  std::string_view bytes() { return take(Wire::bytes) ? in_.string() : std::string_view{}; }

  // Repeated scalars, packed or not: calls f(value) for each.
  template <class F>
  void each_varint(F&& f) {
    if (wire_ == Wire::bytes) {
      Cursor in(bytes());
      while (in.ok() && !in.at_end()) {
        const auto v = in.varint();
        if (in.ok()) f(v);
      }
      if (!in.ok()) in_.fail();
    } else {
      f(varint());
    }
  }
  template <class F>
  void each_sint64(F&& f) {
    each_varint([&](std::uint64_t v) { f(unzigzag(v)); });
  }
  template <class F>
  void each_real(F&& f) { each_fixed<double>(Wire::fixed64, f); }
  template <class F>
  void each_fixed64(F&& f) { each_fixed<std::uint64_t>(Wire::fixed64, f); }

 private:
  template <class T, class F>
  void each_fixed(Wire wire, F&& f) {
    if (wire_ == Wire::bytes) {
      Cursor in(bytes());
      while (in.ok() && !in.at_end()) {
        const auto v = in.fixed<T>();
        if (in.ok()) f(v);
      }
      if (!in.ok()) in_.fail();
    } else if (take(wire)) {
      f(in_.fixed<T>());
    }
  }
  bool take(Wire wire) {
    pending_ = false;
    if (wire_ == wire) return true;
    in_.fail();
    return false;
  }
  void skip() {
    pending_ = false;
    switch (wire_) {
      case Wire::varint: in_.varint(); break;
      case Wire::fixed64: in_.bytes(8); break;
      case Wire::bytes: in_.string(); break;
      case Wire::fixed32: in_.bytes(4); break;
      default: in_.fail();  // groups left the language in proto3
    }
  }
  Cursor in_;
  std::uint32_t field_ = 0;
  Wire wire_ = Wire::varint;
  bool pending_ = false;
};

// Appends to a string. Zero and empty values are written too: the caller leaves out what proto3 would.
class ProtoWriter {
 public:
  explicit ProtoWriter(std::string& out) : out_(out) {}
  void varint(std::uint32_t field, std::uint64_t v) { key(field, Wire::varint), put_varint(out_, v); }
  void int64(std::uint32_t field, std::int64_t v) { varint(field, static_cast<std::uint64_t>(v)); }
  void sint64(std::uint32_t field, std::int64_t v) { varint(field, zigzag(v)); }
  void real(std::uint32_t field, double v) { key(field, Wire::fixed64), put_fixed(out_, v); }
  void fixed64(std::uint32_t field, std::uint64_t v) { key(field, Wire::fixed64), put_fixed(out_, v); }
  void bytes(std::uint32_t field, std::string_view v) { key(field, Wire::bytes), put_string(out_, v); }
  // A nested message of unknown length: body(ProtoWriter&) fills it.
  template <class Body>
  void message(std::uint32_t field, Body&& body) {
    std::string inner;
    ProtoWriter writer(inner);
    body(writer);
    bytes(field, inner);
  }

 private:
  void key(std::uint32_t field, Wire wire) { put_varint(out_, (std::uint64_t{field} << 3) | static_cast<unsigned>(wire)); }
  std::string& out_;
};

}  // namespace pharos::codec
