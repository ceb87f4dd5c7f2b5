// A store of generated series for tests and benches: columns in memory, nothing else.
#pragma once
#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <unordered_map>

#include "model/querier.hpp"

namespace pharos::query {

class SyntheticQuerier final : public Querier {
 public:
  struct Series {
    Labels labels;
    SampleColumn column;
  };

  // Not thread-safe; before the first query.
  void add(Labels labels, SampleColumn column) {
    series_.push_back(std::make_shared<const Series>(Series{std::move(labels), std::move(column)}));
  }
  // Regular samples: value(i) at start + i * interval.
  void add(Labels labels, UnixMillis start_ms, std::int64_t interval_ms, std::size_t count,
           const std::function<double(std::size_t)>& value) {
    SampleColumn column;
    for (std::size_t i = 0; i < count; ++i) {
      column.t_ms.push_back(start_ms + static_cast<std::int64_t>(i) * interval_ms);
      column.value.push_back(value(i));
    }
    add(std::move(labels), std::move(column));
  }
  std::size_t selects() const { return selects_; }

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers, UnixMillis,
                                                  UnixMillis, const SelectHints&) override {
    ++selects_;
    std::string key;
    for (const auto& m : matchers) key += m.to_string() + ",";
    auto& found = found_[key];
    if (!found) {
      auto selection = std::make_shared<Found>();
      for (const auto& series : series_)
        if (std::ranges::all_of(matchers, [&](const Matcher& m) {
              return m.matches(series->labels.get(m.name()));
            }))
          selection->series.push_back(series);
      found = std::move(selection);
    }
    return std::shared_ptr<const Selection>(found);
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher>, UnixMillis, UnixMillis,
                                               std::size_t) override {
    return std::vector<std::string>{};
  }
  Result<std::vector<std::string>> label_values(std::string_view, std::span<const Matcher>,
                                                UnixMillis, UnixMillis, std::size_t) override {
    return std::vector<std::string>{};
  }
  Result<std::vector<Labels>> series(std::span<const Matcher>, UnixMillis, UnixMillis,
                                     std::size_t) override {
    return std::vector<Labels>{};
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher>, UnixMillis,
                                                UnixMillis) override {
    return std::vector<ExemplarSeries>{};
  }
  std::vector<Metadata> metadata(std::string_view, std::size_t) const override { return {}; }

 private:
  struct Found final : Selection {
    std::vector<std::shared_ptr<const Series>> series;
    mutable std::map<std::string, Grouping> groupings;  // as an index would answer: worked out once

    std::size_t size() const override { return series.size(); }
    const Labels& labels(std::size_t i) const override { return series[i]->labels; }
    Status read(std::size_t i, UnixMillis from_ms, UnixMillis to_ms,
                SampleColumn& out) const override {
      const auto& all = series[i]->column;
      const auto begin = std::ranges::lower_bound(all.t_ms, from_ms) - all.t_ms.begin();
      const auto end =
          std::max(begin, std::ranges::upper_bound(all.t_ms, to_ms) - all.t_ms.begin());
      const auto copy = [&](const auto& from, auto& to) {
        to.clear();
        if (!from.empty()) to.assign(from.begin() + begin, from.begin() + end);
      };
      copy(all.t_ms, out.t_ms);
      copy(all.value, out.value);
      copy(all.histograms, out.histograms);
      copy(all.start_ms, out.start_ms);
      return {};
    }
    Grouping group(std::span<const std::string> names, bool without) const override {
      std::string key = without ? "-" : "+";
      for (const auto& name : names) key += name + ",";
      auto& known = groupings[key];
      if (known.group_of.empty()) known = Selection::group(names, without);
      return known;
    }
  };

  std::vector<std::shared_ptr<const Series>> series_;
  std::map<std::string, std::shared_ptr<Found>> found_;
  std::size_t selects_ = 0;
};

}  // namespace pharos::query
