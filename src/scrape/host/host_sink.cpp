#include "scrape/host/host_sink.hpp"

#include <algorithm>

namespace pharos::scrape::host {
namespace {
constexpr std::size_t kSeriesMax = 100'000;  // in one round
constexpr std::size_t kIdleMax = 1'000;      // remembered though they no longer come
}

void HostSink::make_key(const Metric& metric, std::span<const LabelView> labels) {
  key_.assign(metric.name);
  for (const auto& label : labels) {
    key_ += '\0';
    key_ += label.name;
    key_ += '\0';
    key_ += label.value;
  }
}

std::uint32_t HostSink::find_or_make(const Metric& metric, std::span<const LabelView> labels) {
  const bool reuse = !free_.empty();
  const auto [at, fresh] = by_key_.try_emplace(key_, reuse ? free_.back() : static_cast<std::uint32_t>(slots_.size()));
  if (!fresh) return at->second;
  if (reuse) free_.pop_back();
  else slots_.emplace_back();
  LabelsBuilder builder(own_);
  builder.set(kMetricName, metric.name);
  for (const auto& label : labels)
    if (is_utf8(label.value)) builder.set(label.name, label.value);
  slots_[at->second] = {.key = key_, .labels = builder.build()};
  if (metric.help.empty()) return at->second;
  const auto [known, first] = metadata_.try_emplace(std::string(metric.name));
  if (first) {
    std::string help(metric.help);
    if (const auto mark = help.find('%'); mark != help.npos && !metric.subject.empty()) help.replace(mark, 1, metric.subject);
    known->second = {.family = std::string(metric.name), .type = metric.type, .help = std::move(help)};
    new_metadata_.push_back(known->second);
  }
  return at->second;
}

void HostSink::put(const Metric& metric, double value, std::initializer_list<LabelView> labels) {
  put(metric, value, std::span<const LabelView>(labels.begin(), labels.size()));
}

void HostSink::put(const Metric& metric, double value, std::span<const LabelView> labels) {
  make_key(metric, labels);
  auto index = next_;
  if (index >= slots_.size() || slots_[index].key != key_) {
    if (by_key_.size() >= kSeriesMax) return;
    index = find_or_make(metric, labels);
  }
  add(index, value);
}

void HostSink::add(std::uint32_t index, double value) {
  auto& slot = slots_[index];
  if (slot.round == round_) return;  // the kernel named it twice
  slot.round = round_;
  if (!floats_.empty()) slots_[last_].follower = index;
  last_ = index;
  next_ = slot.follower != 0 ? slot.follower : index + 1;
  floats_.push_back({SeriesRef::none, 0, value});
  if (slot_of_.size() < floats_.size()) slot_of_.resize(floats_.size() * 2);
  slot_of_[floats_.size() - 1] = index;
}

void HostSink::repeat(const Kept& kept) {
  for (const auto& [slot, value] : kept.samples) add(slot, value);
}

void HostSink::remember(Kept& kept, std::size_t from) {
  kept.samples.clear();
  for (std::size_t i = from; i < floats_.size(); ++i) kept.samples.emplace_back(slot_of_[i], floats_[i].value);
}

Result<bool> HostSink::append(UnixMillis t_ms) {
  std::vector<std::uint32_t> pending;
  for (std::size_t i = 0; i < floats_.size(); ++i)
    if (slots_[slot_of_[i]].ref == SeriesRef::none) pending.push_back(slot_of_[i]);
  if (!pending.empty()) {
    std::vector<LabelView> views;
    std::vector<std::uint32_t> offsets{0};
    std::vector<SeriesRef> refs(pending.size(), SeriesRef::none);
    std::vector<Appender::ResolveError> errors;
    for (const auto slot : pending) {
      for (const auto label : slots_[slot].labels) views.push_back(label);
      offsets.push_back(static_cast<std::uint32_t>(views.size()));
    }
    appender_.resolve(views, offsets, refs, errors);
    for (std::size_t i = 0; i < pending.size(); ++i) slots_[pending[i]].ref = refs[i];
  }
  for (std::size_t i = 0; i < floats_.size(); ++i) floats_[i].ref = slots_[slot_of_[i]].ref, floats_[i].t_ms = t_ms;
  // Series that the store refused stay out of the batch.
  stale_.clear();
  if (std::any_of(floats_.begin(), floats_.end(), [](const FloatSample& s) { return s.ref == SeriesRef::none; })) {
    for (const auto& sample : floats_)
      if (sample.ref != SeriesRef::none) stale_.push_back(sample);
  }
  const auto& batch = stale_.empty() ? floats_ : stale_;
  const auto outcome = TRY(appender_.append({.floats = batch, .metadata = new_metadata_}));
  new_metadata_.clear();
  const bool forgotten = std::any_of(outcome.rejections.begin(), outcome.rejections.end(),
                                     [](const Rejection& r) { return r.reason == RejectReason::unknown_ref; });
  if (forgotten)
    for (auto& slot : slots_) slot.ref = SeriesRef::none;
  return forgotten;
}

Status HostSink::end(UnixMillis t_ms) {
  const bool forgotten = TRY(append(t_ms));
  if (forgotten) TRY(append(t_ms));
  stale_.clear();
  for (const auto& slot : slots_)
    if (slot.round + 1 == round_ && slot.ref != SeriesRef::none) stale_.push_back({slot.ref, t_ms, stale_nan()});
  if (!stale_.empty()) TRY(appender_.append({.floats = stale_}, {.in_order_only = true}));
  if (slots_.size() > 2 * floats_.size() + kIdleMax) {
    // Numbers of slots are remembered elsewhere: the old ones are emptied, not moved.
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].round == round_ || slots_[i].key.empty()) continue;
      by_key_.erase(slots_[i].key);
      slots_[i] = {};
      free_.push_back(i);
    }
  }
  return {};
}

}  // namespace pharos::scrape::host
