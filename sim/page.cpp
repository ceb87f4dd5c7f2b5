#include "sim/page.hpp"

#include <algorithm>

#include "codec/json.hpp"
#include "model/exposition/number.hpp"

namespace pharos::sim {
namespace {

constexpr std::size_t kBlock = 1024;  // cells

void put_label_value(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

std::string labels_text(const client::Definition& definition,
                        const std::vector<std::string>& values, std::string_view le) {
  std::string out;
  for (std::uint32_t i = 0; i < definition.label_count; ++i) {
    if (values[i].empty()) continue;
    out += out.empty() ? "{" : ",";
    out += std::string(definition.labels[i]) + "=\"";
    put_label_value(out, values[i]);
    out += '"';
  }
  if (!le.empty()) out += (out.empty() ? "{le=\"" : ",le=\"") + std::string(le) + '"';
  return out.empty() ? out : out + "}";
}

std::string bound_text(const client::Definition& definition, std::uint32_t i) {
  std::string out;
  if (i == definition.bounds.size) return "+Inf";
  codec::put_sample_value(out, definition.bounds.data[i]);
  return out;
}

}  // namespace

double* Page::take(std::size_t n) {
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < n) {
    blocks_.emplace_back();
    blocks_.back().reserve(std::max(kBlock, n));
  }
  auto& block = blocks_.back();
  block.resize(block.size() + n);
  return block.data() + block.size() - n;
}

double* Page::add(const client::Definition& definition, std::vector<std::string> values) {
  const auto [at, fresh] =
      family_of_.emplace(definition.name, static_cast<std::uint32_t>(families_.size()));
  if (fresh) families_.push_back({definition, {}});
  std::string key = definition.name + labels_text(definition, values, {});
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const bool histogram = definition.type == client::Type::histogram;
  Series series{.values = std::move(values), .cells = nullptr, .count = 1, .prefix = {}};
  const std::string name = definition.name;
  if (histogram) {
    series.count = definition.bounds.size + 3;
    for (std::uint32_t i = 0; i <= definition.bounds.size; ++i)
      series.prefix.push_back(name + "_bucket" +
                              labels_text(definition, series.values, bound_text(definition, i)) +
                              " ");
    const auto labels = labels_text(definition, series.values, {});
    series.prefix.push_back(name + "_sum" + labels + " ");
    series.prefix.push_back(name + "_count" + labels + " ");
  } else {
    series.prefix.push_back(key + " ");
  }
  series.cells = take(series.count);
  for (std::uint32_t i = 0; i < series.count; ++i) cells_.push_back(series.cells + i);
  known_.emplace(std::move(key), series.cells);
  families_[at->second].series.push_back(static_cast<std::uint32_t>(series_.size()));
  series_.push_back(std::move(series));
  return series_.back().cells;
}

void Page::write(std::string& out, Format format) const {
  constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram", "summary"};
  char number[codec::kSampleTextMax];
  for (const auto& family : families_) {
    std::string_view name = family.definition.name,
                     type = kTypes[static_cast<int>(family.definition.type)];
    if (format == Format::openmetrics && family.definition.type == client::Type::counter) {
      // Names are never changed: a counter without _total is of no known type there.
      if (name.ends_with("_total")) {
        name.remove_suffix(6);
      } else {
        type = "unknown";
      }
    }
    ((out += "# HELP ") += name) += ' ';
    put_label_value(out, family.definition.help);
    (((out += "\n# TYPE ") += name) += ' ') += type;
    out += '\n';
    for (const auto s : family.series) {
      const auto& series = series_[s];
      for (std::uint32_t i = 0; i < series.count; ++i) {
        out += series.prefix[i];
        out.append(number, codec::write_sample_value(number, series.cells[i]));
        out += '\n';
      }
    }
  }
  if (format == Format::openmetrics) out += "# EOF\n";
}

std::vector<Labels> Page::stored_labels(std::string_view instance) const {
  std::vector<Labels> out;
  std::vector<const client::Definition*> definition_of(series_.size());
  for (const auto& family : families_)
    for (const auto s : family.series) definition_of[s] = &family.definition;
  for (std::size_t s = 0; s < series_.size(); ++s) {
    const auto& definition = *definition_of[s];
    for (std::uint32_t i = 0; i < series_[s].count; ++i) {
      LabelsBuilder labels;
      labels.set("instance", instance);
      labels.set("job", target_.job);
      labels.set("region", target_.region);
      labels.set("node", target_.node);
      labels.set("version", target_.version);
      for (std::uint32_t l = 0; l < definition.label_count; ++l)
        if (!series_[s].values[l].empty()) labels.set(definition.labels[l], series_[s].values[l]);
      std::string name = definition.name;
      if (definition.type == client::Type::histogram) {
        const bool bucket = i <= definition.bounds.size;
        if (bucket)
          labels.set("le", i == definition.bounds.size
                               ? "+Inf"
                               : exposition::canonical_number(definition.bounds.data[i]));
        name += bucket ? "_bucket" : i == definition.bounds.size + 1 ? "_sum" : "_count";
      }
      labels.set(kMetricName, name);
      out.push_back(labels.build());
    }
  }
  return out;
}

void Page::each_family(const std::function<void(const client::Definition&)>& call) const {
  for (const auto& family : families_) call(family.definition);
}

void Page::reset() {
  for (const auto& family : families_)
    if (family.definition.type != client::Type::gauge)
      for (const auto s : family.series) std::fill_n(series_[s].cells, series_[s].count, 0.0);
}

}  // namespace pharos::sim
