#include "metrics/sample_fold.hpp"

#include <algorithm>
#include <cmath>

namespace pharos::metrics {

SampleSpan SampleSpan::between(UnixMillis from_ms, UnixMillis to_ms) const {
  const auto begin =
      static_cast<std::size_t>(std::lower_bound(t_ms.begin(), t_ms.end(), from_ms) - t_ms.begin());
  const auto end = static_cast<std::size_t>(
      std::upper_bound(t_ms.begin() + static_cast<std::ptrdiff_t>(begin), t_ms.end(), to_ms) -
      t_ms.begin());
  const auto n = end - begin;
  return {t_ms.subspan(begin, n), value.subspan(begin, n),
          histograms.empty() ? histograms : histograms.subspan(begin, n),
          start_ms.empty() ? start_ms : start_ms.subspan(begin, n)};
}

void append(SampleColumn& out, const SampleSpan& samples) {
  if (samples.size() == 0) return;
  const auto before = out.size();
  out.t_ms.insert(out.t_ms.end(), samples.t_ms.begin(), samples.t_ms.end());
  out.value.insert(out.value.end(), samples.value.begin(), samples.value.end());
  const bool any_histogram = std::any_of(samples.histograms.begin(), samples.histograms.end(),
                                         [](const auto& h) { return h != nullptr; });
  if (any_histogram) {
    out.histograms.resize(before);
    out.histograms.insert(out.histograms.end(), samples.histograms.begin(),
                          samples.histograms.end());
  } else if (!out.histograms.empty()) {
    out.histograms.resize(out.size());
  }
  const bool any_start =
      std::any_of(samples.start_ms.begin(), samples.start_ms.end(), [](auto t) { return t != 0; });
  if (any_start) {
    out.start_ms.resize(before);
    out.start_ms.insert(out.start_ms.end(), samples.start_ms.begin(), samples.start_ms.end());
  } else if (!out.start_ms.empty()) {
    out.start_ms.resize(out.size());
  }
}

void merge(std::span<const SampleSpan> columns, SampleColumn& out) {
  struct Input {
    const SampleSpan* samples;
    std::size_t at;
  };
  std::vector<Input> inputs;
  for (const auto& column : columns)
    if (column.size() != 0) inputs.push_back({&column, 0});
  while (!inputs.empty()) {
    // The column with the smallest time runs until another one's next time is reached.
    std::size_t least = 0;
    for (std::size_t i = 1; i < inputs.size(); ++i)
      if (inputs[i].samples->t_ms[inputs[i].at] < inputs[least].samples->t_ms[inputs[least].at])
        least = i;
    auto& input = inputs[least];
    const auto& samples = *input.samples;
    UnixMillis until = std::numeric_limits<UnixMillis>::max();
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (i != least) until = std::min(until, inputs[i].samples->t_ms[inputs[i].at]);
    const auto first = samples.t_ms[input.at];
    const auto run =
        samples.between(first, inputs.size() == 1 ? until : std::max(first, until - 1));
    append(out, run);
    input.at += run.size();
    const auto last = run.t_ms.back();
    std::erase_if(inputs, [&](Input& other) {
      while (other.at < other.samples->size() && other.samples->t_ms[other.at] <= last) ++other.at;
      return other.at == other.samples->size();
    });
  }
}

void fold(WindowFacts& into, const WindowFacts& facts) {
  if (!facts.exact) into.exact = false;
  if (facts.count == 0) return;
  if (into.count == 0) {
    const bool exact = into.exact;
    into = facts;
    into.exact = exact && facts.exact;
    return;
  }
  into.count += facts.count;
  if (facts.first_ms < into.first_ms) into.first_ms = facts.first_ms, into.first = facts.first;
  if (facts.last_ms > into.last_ms) into.last_ms = facts.last_ms, into.last = facts.last;
  if (facts.min < into.min || std::isnan(into.min)) into.min = facts.min;
  if (facts.max > into.max || std::isnan(into.max)) into.max = facts.max;
}

void fold(WindowFacts& into, const SampleSpan& samples) {
  for (const auto& h : samples.histograms)
    if (h) {
      into.exact = false;
      break;
    }
  WindowFacts own{.exact = true};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double v = samples.value[i];
    if (is_stale(v)) continue;
    if (own.count++ == 0) {
      own.first_ms = samples.t_ms[i];
      own.first = own.min = own.max = v;
    }
    own.last_ms = samples.t_ms[i];
    own.last = v;
    if (v < own.min || std::isnan(own.min)) own.min = v;
    if (v > own.max || std::isnan(own.max)) own.max = v;
  }
  fold(into, own);
}

}  // namespace pharos::metrics
