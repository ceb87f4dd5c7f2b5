#include "ingest/push_group.hpp"

#include <set>

#include "codec/checksum.hpp"
#include "codec/protobuf.hpp"
#include "ingest/write_decode.hpp"
#include "model/exposition/exposition.hpp"

namespace pharos::ingest {
namespace {

constexpr std::string_view kMagic = "PHRSPUSH";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 8 + 4 + 4;

// The family of a series: the announced one when the name is it with a suffix of its type.
std::string family_of(std::string_view name, std::string_view announced, MetricType type) {
  if (announced.empty() || !name.starts_with(announced)) return std::string(name);
  const auto suffix = name.substr(announced.size());
  const bool belongs = suffix.empty() ||
                       ((type == MetricType::histogram || type == MetricType::gauge_histogram) && (suffix == "_bucket" || suffix == "_sum" || suffix == "_count" || suffix == "_gsum" || suffix == "_gcount")) ||
                       (type == MetricType::summary && (suffix == "_sum" || suffix == "_count")) ||
                       (type == MetricType::counter && suffix == "_total") || (type == MetricType::info && suffix == "_info");
  return std::string(belongs ? announced : name);
}

std::string damaged(const char* what) { return std::string("push group file: ") + what; }

}  // namespace

Result<std::map<std::string, PushFamily>> parse_push_page(std::string_view content_type, std::string_view page,
                                                          const Labels& key, UnixMillis now_ms) {
  const auto format = TRY(exposition::format_of(content_type, exposition::Format::text));
  const auto parser = exposition::make_parser(format, page);
  std::map<std::string, PushFamily> families;
  std::set<Labels> seen;
  std::string announced;
  MetricType type = MetricType::unknown;
  exposition::Entry entry;
  while (true) {
    const bool more = TRY(parser->next(entry));
    if (!more) break;
    switch (entry.kind) {
      case exposition::EntryKind::type:
        announced = entry.name;
        type = entry.type;
        families[announced].type = type;
        break;
      case exposition::EntryKind::help:
        announced = entry.name;
        type = families[announced].type;
        families[announced].help = entry.text;
        break;
      case exposition::EntryKind::sample:
      case exposition::EntryKind::histogram: {
        if (entry.t_ms) return fail(Errc::conflict, "pushed metrics must not have timestamps");
        LabelsBuilder builder(parser->labels());
        for (const auto& [name, value] : key) builder.set(name, value);
        PushSeries series;
        series.labels = builder.build();
        series.value = entry.value;
        if (entry.kind == exposition::EntryKind::histogram) series.histogram = entry.histogram;
        series.start_ms = entry.start_ms;
        if (!seen.insert(series.labels).second)
          return fail(Errc::conflict, "collected metric " + series.labels.to_metric_string() + " was collected before with the same name and label values");
        const auto name = family_of(series.labels.metric_name(), announced, type);
        if (name == "push_time_seconds" || name == "push_failure_time_seconds") break;  // ours to tell
        auto& family = families[name];
        family.pushed_ms = now_ms;
        family.series.push_back(std::move(series));
        break;
      }
      default: break;
    }
  }
  std::erase_if(families, [](const auto& family) { return family.second.series.empty(); });
  return families;
}

std::string encode_push_group(const PushGroup& group) {
  std::string body;
  codec::ProtoWriter to(body);
  const auto put_labels = [](codec::ProtoWriter& w, std::uint32_t field, const Labels& labels) {
    for (const auto& [name, value] : labels)
      w.message(field, [&, n = name, v = value](codec::ProtoWriter& l) { l.bytes(1, n), l.bytes(2, v); });
  };
  put_labels(to, 1, group.key);
  to.int64(2, group.pushed_ms);
  to.int64(3, group.failed_ms);
  for (const auto& [name, family] : group.families)
    to.message(4, [&, n = &name, f = &family](codec::ProtoWriter& w) {
      w.bytes(1, *n);
      w.varint(2, static_cast<std::uint64_t>(f->type));
      w.bytes(3, f->help);
      w.int64(4, f->pushed_ms);
      for (const auto& series : f->series)
        w.message(5, [&](codec::ProtoWriter& s) {
          put_labels(s, 1, series.labels);
          s.real(2, series.value);
          if (series.start_ms) s.int64(3, series.start_ms);
          if (series.histogram) {
            std::string histogram;
            encode_histogram(*series.histogram, 0, 0, histogram);
            s.bytes(4, histogram);
          }
        });
    });
  std::string out(kMagic);
  codec::put_fixed(out, kVersion);
  codec::put_fixed(out, codec::crc32c(body));
  return out + body;
}

Result<PushGroup> decode_push_group(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(kMagic)) return fail(Errc::corrupt, damaged("not one"));
  codec::Cursor head(bytes.substr(8));
  if (head.fixed<std::uint32_t>() != kVersion) return fail(Errc::unsupported, damaged("of another version"));
  const auto body = bytes.substr(kHeadBytes);
  if (head.fixed<std::uint32_t>() != codec::crc32c(body)) return fail(Errc::corrupt, damaged("checksum does not match"));

  PushGroup group;
  bool ok = true;
  const auto read_label = [&](std::string_view message, std::vector<std::pair<std::string, std::string>>& into) {
    codec::ProtoReader in(message);
    std::pair<std::string, std::string> label;
    while (in.next()) {
      if (in.field() == 1) label.first = in.bytes();
      else if (in.field() == 2) label.second = in.bytes();
    }
    ok &= in.ok();
    into.push_back(std::move(label));
  };
  const auto to_labels = [](const std::vector<std::pair<std::string, std::string>>& list) {
    std::vector<LabelView> views;
    for (const auto& [name, value] : list)
      if (!name.empty() && !value.empty()) views.push_back({name, value});
    return Labels::from_unsorted(std::move(views));
  };
  std::vector<std::pair<std::string, std::string>> key;
  codec::ProtoReader in(body);
  while (ok && in.next()) {
    switch (in.field()) {
      case 1: read_label(in.bytes(), key); break;
      case 2: group.pushed_ms = in.int64(); break;
      case 3: group.failed_ms = in.int64(); break;
      case 4: {
        std::string name;
        PushFamily family;
        codec::ProtoReader f(in.bytes());
        while (ok && f.next()) {
          switch (f.field()) {
            case 1: name = f.bytes(); break;
            case 2: {
              const auto type = f.varint();
              family.type = type <= static_cast<std::uint64_t>(MetricType::stateset) ? static_cast<MetricType>(type) : MetricType::unknown;
              break;
            }
            case 3: family.help = f.bytes(); break;
            case 4: family.pushed_ms = f.int64(); break;
            case 5: {
              PushSeries series;
              std::vector<std::pair<std::string, std::string>> labels;
              codec::ProtoReader s(f.bytes());
              while (ok && s.next()) {
                switch (s.field()) {
                  case 1: read_label(s.bytes(), labels); break;
                  case 2: series.value = s.real(); break;
                  case 3: series.start_ms = s.int64(); break;
                  case 4: {
                    auto histogram = decode_histogram(s.bytes());
                    ok &= histogram.has_value();
                    if (histogram) series.histogram = histogram->histogram;
                    break;
                  }
                }
              }
              ok &= s.ok();
              series.labels = to_labels(labels);
              family.series.push_back(std::move(series));
              break;
            }
          }
        }
        ok &= f.ok();
        group.families[name] = std::move(family);
        break;
      }
    }
  }
  if (!ok || !in.ok()) return fail(Errc::corrupt, damaged("damaged inside"));
  group.key = to_labels(key);
  return group;
}

}  // namespace pharos::ingest
