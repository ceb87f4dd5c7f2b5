// An Appender in memory, for tests of what writes to one.
#pragma once
#include <map>
#include <mutex>
#include <set>

#include "model/appender.hpp"

namespace pharos::ingest {

class FakeAppender : public Appender {
 public:
  struct Stored {
    UnixMillis t_ms;
    double value;
    HistogramPtr histogram;
    UnixMillis start_ms;
  };

  Result<SeriesRef> resolve(const Labels& labels) override {
    std::lock_guard lock(mutex);
    return make(labels);
  }
  void resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets, std::span<SeriesRef> out,
               std::vector<ResolveError>& errors) override {
    std::lock_guard lock(mutex);
    for (std::uint32_t i = 0; i + 1 < offsets.size(); ++i) {
      const auto set = Labels::from_sorted(labels.subspan(offsets[i], offsets[i + 1] - offsets[i]));
      if (series_max && by_labels.size() >= series_max && !by_labels.contains(set)) {
        out[i] = SeriesRef::none;
        errors.push_back({i, Error{Errc::limit, "series limit of " + std::to_string(series_max) + " reached"}});
        continue;
      }
      out[i] = make(set);
      ++resolved;
    }
  }
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions&) override {
    std::lock_guard lock(mutex);
    if (failure) return fail(*failure);
    AppendOutcome outcome;
    const auto reject = [&](Rejection::Kind kind, RejectReason reason, std::size_t index) {
      ++outcome.rejected;
      if (outcome.rejections.size() < rejections_max) outcome.rejections.push_back({kind, reason, static_cast<std::uint32_t>(index)});
    };
    for (std::size_t i = 0; i < batch.floats.size(); ++i) {
      const auto& s = batch.floats[i];
      const auto labels = find(s.ref);
      if (!labels) { reject(Rejection::Kind::floating, RejectReason::unknown_ref, i); continue; }
      auto& stored = samples[*labels];
      if (!stored.empty() && stored.back().t_ms > s.t_ms) { reject(Rejection::Kind::floating, RejectReason::out_of_order, i); continue; }
      ++outcome.accepted;
      if (!stored.empty() && stored.back().t_ms == s.t_ms) continue;
      stored.push_back({s.t_ms, s.value, nullptr, batch.float_start_ms.empty() ? 0 : batch.float_start_ms[i]});
    }
    for (std::size_t i = 0; i < batch.histograms.size(); ++i) {
      const auto& s = batch.histograms[i];
      const auto labels = find(s.ref);
      if (!labels) { reject(Rejection::Kind::histogram, RejectReason::unknown_ref, i); continue; }
      if (!s.histogram->validate()) { reject(Rejection::Kind::histogram, RejectReason::invalid, i); continue; }
      ++outcome.accepted;
      samples[*labels].push_back({s.t_ms, 0, s.histogram, batch.histogram_start_ms.empty() ? 0 : batch.histogram_start_ms[i]});
    }
    for (std::size_t i = 0; i < batch.exemplars.size(); ++i) {
      const auto labels = find(batch.exemplars[i].ref);
      if (!labels) { reject(Rejection::Kind::exemplar, RejectReason::unknown_ref, i); continue; }
      ++outcome.exemplars;
      exemplars[*labels].push_back(batch.exemplars[i].exemplar);
    }
    metadata.insert(metadata.end(), batch.metadata.begin(), batch.metadata.end());
    return outcome;
  }

  // As when idle series leave memory: their refs are not known any more.
  void forget_refs() {
    std::lock_guard lock(mutex);
    by_ref.clear();
    by_labels.clear();
  }
  std::vector<Stored> of(const std::string& labels) const {
    for (const auto& [set, stored] : samples)
      if (set.to_metric_string() == labels) return stored;
    return {};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [set, stored] : samples) out.push_back(set.to_metric_string());
    return out;
  }

  std::mutex mutex;
  std::map<Labels, std::vector<Stored>> samples;
  std::map<Labels, std::vector<Exemplar>> exemplars;
  std::vector<Metadata> metadata;
  std::optional<Error> failure;
  std::size_t series_max = 0, resolved = 0, rejections_max = 1000;

 private:
  SeriesRef make(const Labels& labels) {
    const auto [at, fresh] = by_labels.try_emplace(labels, SeriesRef{next});
    if (fresh) by_ref.emplace(SeriesRef{next++}, labels);
    return at->second;
  }
  std::optional<Labels> find(SeriesRef ref) const {
    const auto found = by_ref.find(ref);
    if (found == by_ref.end()) return std::nullopt;
    return found->second;
  }
  std::uint64_t next = 1;
  std::map<Labels, SeriesRef> by_labels;
  std::map<SeriesRef, Labels> by_ref;
};

}  // namespace pharos::ingest
