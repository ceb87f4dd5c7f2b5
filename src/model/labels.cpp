#include "model/labels.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pharos {

// One allocation per label set. `hash` is XXH3 over the entries, lengths included, so that
// ("a","bc") and ("ab","c") differ.
struct Labels::Block {
  std::uint64_t hash;
  std::uint32_t bytes;  // of the entries
  std::uint32_t count;
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
};

namespace {

constexpr std::size_t kLengths = 2 * sizeof(std::uint32_t);

std::uint32_t load32(const char* at) {
  std::uint32_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

char* put_entry(char* at, LabelView label) {
  const auto name_size = static_cast<std::uint32_t>(label.name.size());
  const auto value_size = static_cast<std::uint32_t>(label.value.size());
  std::memcpy(at, &name_size, sizeof name_size);
  std::memcpy(at + 4, &value_size, sizeof value_size);
  at += kLengths;
  if (name_size != 0) std::memcpy(at, label.name.data(), name_size);
  at += name_size;
  if (value_size != 0) std::memcpy(at, label.value.data(), value_size);
  return at + value_size;
}

bool name_less(const LabelView& a, const LabelView& b) { return a.name < b.name; }

}  // namespace

LabelView Labels::iterator::operator*() const {
  const auto name_size = load32(at_);
  const auto value_size = load32(at_ + 4);
  const char* name = at_ + kLengths;
  return {{name, name_size}, {name + name_size, value_size}};
}

Labels::iterator& Labels::iterator::operator++() {
  at_ += kLengths + load32(at_) + load32(at_ + 4);
  return *this;
}

Labels Labels::from_sorted(std::span<const LabelView> labels) {
  Labels out;
  if (labels.empty()) return out;
  std::size_t bytes = 0;
  for (const auto& label : labels) bytes += kLengths + label.name.size() + label.value.size();
  const std::size_t words = (sizeof(Block) + bytes + 7) / 8;
  auto memory = std::make_shared_for_overwrite<std::uint64_t[]>(words);
  auto* block = reinterpret_cast<Block*>(memory.get());
  block->bytes = static_cast<std::uint32_t>(bytes);
  block->count = static_cast<std::uint32_t>(labels.size());
  char* at = reinterpret_cast<char*>(block + 1);
  for (const auto& label : labels) at = put_entry(at, label);
  block->hash = XXH3_64bits(block->data(), bytes);
  out.block_ = std::shared_ptr<const Block>(std::move(memory), block);
  return out;
}

Labels Labels::from_unsorted(std::vector<LabelView> labels) {
  if (!std::is_sorted(labels.begin(), labels.end(), name_less))
    std::stable_sort(labels.begin(), labels.end(), name_less);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i + 1 < labels.size() && labels[i + 1].name == labels[i].name) continue;  // the last one wins
    if (labels[i].value.empty()) continue;
    labels[kept++] = labels[i];
  }
  labels.resize(kept);
  return from_sorted(labels);
}

Labels::Labels(std::initializer_list<LabelView> labels) { *this = from_unsorted(labels); }

Labels::iterator Labels::begin() const { return iterator(block_ ? block_->data() : nullptr); }
Labels::iterator Labels::end() const { return iterator(block_ ? block_->data() + block_->bytes : nullptr); }
std::size_t Labels::size() const { return block_ ? block_->count : 0; }
std::uint64_t Labels::hash() const { return block_ ? block_->hash : 0; }

std::string_view Labels::get(std::string_view name) const {
  for (const auto label : *this) {
    const int order = label.name.compare(name);
    if (order == 0) return label.value;
    if (order > 0) break;
  }
  return {};
}

Labels Labels::with(std::string_view name, std::string_view value) const {
  std::vector<LabelView> out;
  out.reserve(size() + 1);
  bool placed = value.empty();
  for (const auto label : *this) {
    if (label.name == name) continue;
    if (!placed && name < label.name) out.push_back({name, value}), placed = true;
    out.push_back(label);
  }
  if (!placed) out.push_back({name, value});
  return from_sorted(out);
}

Labels Labels::without(std::string_view name) const { return get(name).empty() ? *this : with(name, {}); }

Labels Labels::keep(std::span<const std::string> names) const {
  std::vector<LabelView> out;
  for (const auto label : *this)
    if (std::find(names.begin(), names.end(), label.name) != names.end()) out.push_back(label);
  return out.size() == size() ? *this : from_sorted(out);
}

Labels Labels::remove(std::span<const std::string> names) const {
  std::vector<LabelView> out;
  for (const auto label : *this)
    if (std::find(names.begin(), names.end(), label.name) == names.end()) out.push_back(label);
  return out.size() == size() ? *this : from_sorted(out);
}

std::string Labels::to_string() const {
  std::string out = "{";
  for (const auto label : *this) {
    if (out.size() > 1) out += ", ";
    out += is_legacy_label_name(label.name) ? std::string(label.name) : go_quote(label.name);
    out += '=';
    out += go_quote(label.value);
  }
  return out += '}';
}

std::string Labels::to_metric_string() const {
  const auto name = metric_name();
  const bool plain = is_legacy_metric_name(name);
  std::string inner;
  if (!plain && !name.empty()) inner = go_quote(name);
  for (const auto label : *this) {
    if (label.name == kMetricName) continue;
    if (!inner.empty()) inner += ", ";
    inner += is_legacy_label_name(label.name) ? std::string(label.name) : go_quote(label.name);
    inner += '=';
    inner += go_quote(label.value);
  }
  std::string out(plain ? name : std::string_view{});
  if (inner.empty() && plain) return out;
  return out + "{" + inner + "}";
}

bool Labels::operator==(const Labels& other) const {
  if (block_ == other.block_) return true;
  if (!block_ || !other.block_ || block_->hash != other.block_->hash || block_->bytes != other.block_->bytes) return false;
  return std::memcmp(block_->data(), other.block_->data(), block_->bytes) == 0;
}

std::strong_ordering Labels::operator<=>(const Labels& other) const {
  if (block_ == other.block_) return std::strong_ordering::equal;
  if (!block_ || !other.block_) return size() <=> other.size();
  const char *a = block_->data(), *b = other.block_->data();
  const char *const a_end = a + block_->bytes, *const b_end = b + other.block_->bytes;
  while (a != a_end && b != b_end) {
    if (std::memcmp(a, b, kLengths) != 0) return *iterator(a) <=> *iterator(b);
    // Name and value are as long as the other's: one comparison for both.
    const std::size_t bytes = std::size_t{load32(a)} + load32(a + 4);
    if (const int order = std::memcmp(a + kLengths, b + kLengths, bytes); order != 0) return order <=> 0;
    a += kLengths + bytes, b += kLengths + bytes;
  }
  return size() <=> other.size();
}

void LabelsBuilder::reset(const Labels& base) {
  labels_.clear();
  for (const auto label : base) labels_.emplace_back(label.name, label.value);
}

void LabelsBuilder::set(std::string_view name, std::string_view value) {
  const auto at = std::find_if(labels_.begin(), labels_.end(), [&](const auto& l) { return l.first == name; });
  if (value.empty()) {
    if (at != labels_.end()) labels_.erase(at);
  } else if (at != labels_.end()) {
    // `value` may view into the very string that is replaced.
    at->second = std::string(value);
  } else {
    labels_.emplace_back(std::string(name), std::string(value));
  }
}

std::string_view LabelsBuilder::get(std::string_view name) const {
  for (const auto& [key, value] : labels_)
    if (key == name) return value;
  return {};
}

Labels LabelsBuilder::build() const {
  std::vector<LabelView> views;
  views.reserve(labels_.size());
  for (const auto& [name, value] : labels_) views.push_back({name, value});
  std::sort(views.begin(), views.end(), name_less);
  return Labels::from_sorted(views);
}

}  // namespace pharos
