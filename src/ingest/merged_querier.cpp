#include <algorithm>
#include <unordered_map>

#include "base/log.hpp"
#include "ingest/remote_read.hpp"

namespace pharos::ingest {
namespace {

// Two columns in one order of time; at equal times the first one's sample counts.
void merge_columns(SampleColumn& into, const SampleColumn& other, SampleColumn& scratch) {
  if (other.empty()) return;
  if (into.empty()) {
    into = other;
    return;
  }
  scratch.clear();
  const bool histograms = !into.histograms.empty() || !other.histograms.empty();
  const bool starts = !into.start_ms.empty() || !other.start_ms.empty();
  std::size_t a = 0, b = 0;
  while (a < into.size() || b < other.size()) {
    const bool first = b == other.size() || (a < into.size() && into.t_ms[a] <= other.t_ms[b]);
    const auto& from = first ? into : other;
    auto& at = first ? a : b;
    if (first && b < other.size() && other.t_ms[b] == into.t_ms[a]) ++b;
    scratch.t_ms.push_back(from.t_ms[at]);
    scratch.value.push_back(from.value[at]);
    if (histograms) scratch.histograms.push_back(from.histograms.empty() ? nullptr : from.histograms[at]);
    if (starts) scratch.start_ms.push_back(from.start_ms.empty() ? 0 : from.start_ms[at]);
    ++at;
  }
  std::swap(into, scratch);
}

class MergedSelection final : public Selection {
 public:
  explicit MergedSelection(std::vector<std::shared_ptr<const Selection>> parts) : parts_(std::move(parts)) {
    std::unordered_map<Labels, std::size_t> index;
    for (std::uint32_t p = 0; p < parts_.size(); ++p)
      for (std::uint32_t i = 0; i < parts_[p]->size(); ++i) {
        const auto [found, fresh] = index.try_emplace(parts_[p]->labels(i), series_.size());
        if (fresh) series_.emplace_back();
        series_[found->second].push_back({p, i});
      }
  }
  std::size_t size() const override { return series_.size(); }
  const Labels& labels(std::size_t i) const override { return parts_[series_[i][0].part]->labels(series_[i][0].index); }
  Status read(std::size_t i, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const override {
    const auto& sources = series_[i];
    TRY(parts_[sources[0].part]->read(sources[0].index, from_ms, to_ms, out));
    SampleColumn other, scratch;
    for (std::size_t s = 1; s < sources.size(); ++s) {
      TRY(parts_[sources[s].part]->read(sources[s].index, from_ms, to_ms, other));
      merge_columns(out, other, scratch);
    }
    return {};
  }
  Status facts(std::size_t i, UnixMillis from_ms, UnixMillis to_ms, WindowFacts& out) const override {
    const auto& sources = series_[i];
    if (sources.size() == 1) return parts_[sources[0].part]->facts(sources[0].index, from_ms, to_ms, out);
    out = {};
    return {};
  }

 private:
  struct Source { std::uint32_t part, index; };
  std::vector<std::shared_ptr<const Selection>> parts_;
  std::vector<std::vector<Source>> series_;
};

class MergedQuerier final : public Querier {
 public:
  explicit MergedQuerier(std::vector<std::shared_ptr<Querier>> queriers) : queriers_(std::move(queriers)) {}

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                                  const SelectHints& hints) override {
    std::vector<std::shared_ptr<const Selection>> parts;
    for (std::size_t q = 0; q < queriers_.size(); ++q) {
      auto part = queriers_[q]->select(matchers, from_ms, to_ms, hints);
      if (!part) {
        if (q == 0) return part;
        log::warn("remote read failed", {{"why", part.error().message}});
        continue;
      }
      if ((*part)->size() || q == 0) parts.push_back(std::move(*part));
    }
    if (parts.size() == 1) return parts[0];
    return std::shared_ptr<const Selection>(std::make_shared<MergedSelection>(std::move(parts)));
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher> m, UnixMillis from, UnixMillis to, std::size_t limit) override {
    return strings(limit, [&](Querier& q) { return q.label_names(m, from, to, limit); });
  }
  Result<std::vector<std::string>> label_values(std::string_view name, std::span<const Matcher> m, UnixMillis from, UnixMillis to, std::size_t limit) override {
    return strings(limit, [&](Querier& q) { return q.label_values(name, m, from, to, limit); });
  }
  Result<std::vector<Labels>> series(std::span<const Matcher> m, UnixMillis from, UnixMillis to, std::size_t limit) override {
    return unite<Labels>(limit, [&](Querier& q) { return q.series(m, from, to, limit); });
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher> m, UnixMillis from, UnixMillis to) override {
    return queriers_[0]->exemplars(m, from, to);
  }
  std::vector<Metadata> metadata(std::string_view family, std::size_t limit) const override { return queriers_[0]->metadata(family, limit); }

 private:
  template <class T, class Ask>
  Result<std::vector<T>> unite(std::size_t limit, Ask&& ask) {
    auto out = TRY(ask(*queriers_[0]));
    const auto own = out.size();
    for (std::size_t q = 1; q < queriers_.size(); ++q) {
      auto more = ask(*queriers_[q]);
      if (!more) log::warn("remote read failed", {{"why", more.error().message}});
      else out.insert(out.end(), std::make_move_iterator(more->begin()), std::make_move_iterator(more->end()));
    }
    if (out.size() == own) return out;
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    if (limit && out.size() > limit) out.resize(limit);
    return out;
  }
  template <class Ask>
  Result<std::vector<std::string>> strings(std::size_t limit, Ask&& ask) { return unite<std::string>(limit, ask); }

  std::vector<std::shared_ptr<Querier>> queriers_;
};

}  // namespace

std::shared_ptr<Querier> make_merged_querier(std::vector<std::shared_ptr<Querier>> queriers) {
  if (queriers.size() == 1) return queriers[0];
  return std::make_shared<MergedQuerier>(std::move(queriers));
}

}  // namespace pharos::ingest
