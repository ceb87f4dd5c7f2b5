#include "pharos/page.hpp"

#include <zlib.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "number_text.hpp"
#include "page_protobuf.hpp"
#include "pharos/reading.hpp"

namespace pharos::client {
namespace {

using detail::Family;
using detail::put_number;
using detail::Series;

bool ends_with_total(std::string_view name) {
  return name.size() > 6 && name.substr(name.size() - 6) == "_total";
}

// Text 0.0.4 and OpenMetrics 1.0, which differ in head lines, exemplars and the end.
class TextPage {
 public:
  TextPage(std::string& out, bool openmetrics) : out_(out), openmetrics_(openmetrics) {}

  void family(const Family& family, std::int64_t now) {
    const Definition& d = family.definition();
    const std::string& name = family.name();
    bool begun = false;
    total_ = ends_with_total(name);
    les_.clear();
    for (std::uint32_t i = 0; i <= d.bounds.size; ++i) {
      les_.push_back("le=\"");
      put_number(les_.back(), i < d.bounds.size ? d.bounds.data[i] : HUGE_VAL);
      les_.back() += '"';
    }
    family.each([&](const Series& series) {
      if (!begun) head(name, d);
      begun = true;
      reading_.read(family, series, now);
      switch (d.type) {
        case Type::counter:
          begin(name, "", series, {});
          reading_.value == 0
              ? put_number(out_, reading_.whole)
              : put_number(out_, static_cast<double>(reading_.whole) + reading_.value);
          if (total_ && series.exemplars) exemplar(series.exemplars[0]);
          out_ += '\n';
          break;
        case Type::gauge: line(name, "", series, {}, reading_.value); break;
        case Type::histogram: histogram(name, series); break;
        case Type::summary:
          for (std::uint32_t i = 0; i < d.quantiles.size; ++i) {
            extra_ = "quantile=\"";
            put_number(extra_, d.quantiles.data[i]);
            extra_ += '"';
            line(name, "", series, extra_, reading_.quantiles[i]);
          }
          ends(name, series);
      }
    });
  }

 private:
  void head(const std::string& name, const Definition& d) {
    std::string_view shown = name;
    const char* type = "";
    switch (d.type) {
      case Type::counter:
        type = "counter";
        if (openmetrics_) total_ ? shown.remove_suffix(6) : void(type = "unknown");
        break;
      case Type::gauge: type = "gauge"; break;
      case Type::histogram: type = "histogram"; break;
      case Type::summary: type = "summary"; break;
    }
    out_.append("# HELP ").append(shown).append(" ");
    for (const char* c = d.help; *c; ++c) {
      if (*c == '\n') {
        out_ += "\\n";
      } else {
        if (*c == '\\' || (openmetrics_ && *c == '"')) out_ += '\\';
        out_ += *c;
      }
    }
    out_.append("\n# TYPE ").append(shown).append(" ").append(type).append("\n");
  }

  void begin(const std::string& name, const char* suffix, const Series& series,
             std::string_view extra) {
    out_.append(name).append(suffix);
    if (!series.labels.empty() || !extra.empty()) {
      out_.append("{").append(series.labels);
      if (!series.labels.empty() && !extra.empty()) out_ += ',';
      out_.append(extra).append("}");
    }
    out_ += ' ';
  }
  template <class N>
  void line(const std::string& name, const char* suffix, const Series& series,
            std::string_view extra, N value) {
    begin(name, suffix, series, extra);
    put_number(out_, value);
    out_ += '\n';
  }
  void ends(const std::string& name, const Series& series) {
    line(name, "_sum", series, {}, reading_.sum);
    line(name, "_count", series, {}, reading_.count);
  }

  void histogram(const std::string& name, const Series& series) {
    std::uint64_t below = 0;
    if (!reading_.buckets.empty()) {
      for (std::size_t i = 0; i < les_.size(); ++i) {
        begin(name, "_bucket", series, les_[i]);
        put_number(out_, below += reading_.buckets[i]);
        if (series.exemplars) exemplar(series.exemplars[i]);
        out_ += '\n';
      }
    } else {
      native_as_classic(name, series);
    }
    ends(name, series);
  }

  // A histogram that has native buckets only, for scrapers that cannot read them: its buckets at
  // the powers of two between the least and the greatest it has seen, which are exact.
  void native_as_classic(const std::string& name, const Series& series) {
    const int per_octave = static_cast<int>(series.native->per_octave);
    std::uint64_t below = 0;
    const auto put = [&](double bound) {
      extra_ = "le=\"";
      put_number(extra_, bound);
      extra_ += '"';
      line(name, "_bucket", series, extra_, below);
    };
    // Bucket i ends at 2^(i/per_octave), so octave ceil(i/per_octave) holds it.
    const auto octave = [&](int index) {
      return static_cast<int>(std::ceil(static_cast<double>(index) / per_octave));
    };
    auto down = reading_.negative.rbegin();
    for (; down != reading_.negative.rend();) {
      const int at = octave(down->first);
      for (; down != reading_.negative.rend() && octave(down->first) == at; ++down)
        below += down->second;
      put(-std::exp2(at - 1));
    }
    below += reading_.zeros;
    if (reading_.zeros) put(0x1p-40);
    if (!reading_.positive.empty()) {
      const int low = octave(reading_.positive.front().first),
                high = octave(reading_.positive.back().first);
      auto up = reading_.positive.begin();
      for (int at = low; at <= high; ++at) {
        for (; up != reading_.positive.end() && octave(up->first) == at; ++up) below += up->second;
        put(std::exp2(at));
      }
    }
    put(HUGE_VAL);
  }

  void exemplar(const detail::ExemplarSlot& slot) {
    detail::Exemplar e;
    if (!openmetrics_ || !slot.get(e)) return;
    out_.append(" # {trace_id=\"")
        .append(e.context.trace_id())
        .append("\",span_id=\"")
        .append(e.context.span_id())
        .append("\"} ");
    put_number(out_, e.value);
    char text[32];
    out_.append(text, static_cast<std::size_t>(std::snprintf(
                          text, sizeof text, " %lld.%03d", static_cast<long long>(e.unix_ms / 1000),
                          static_cast<int>(e.unix_ms % 1000))));
  }

  std::string& out_;
  bool openmetrics_, total_ = false;
  std::string extra_;
  std::vector<std::string> les_;
  Reading reading_;
};

// The library about itself, as a family of its own for the while of a page.
void refresh_problems() {
  static constexpr auto kProblemsTotal = counter(
      "pharos_client_errors_total", "What the client library could not do, by reason.", "reason");
  static const auto handles = [] {
    std::array<Counter, kProblems> all;
    const Counters<1> family{kProblemsTotal};
    for (unsigned i = 0; i < kProblems; ++i)
      all[i] = family.with(problem_name(static_cast<Problem>(i)));
    return all;
  }();
  static std::mutex mutex;
  static std::uint64_t shown[kProblems];
  std::lock_guard lock(mutex);
  for (unsigned i = 0; i < kProblems; ++i) {
    const auto now = problems(static_cast<Problem>(i));
    Counter handle = handles[i];
    handle.add(now - shown[i]);
    shown[i] = now;
  }
}

}  // namespace

std::string render(Registry& registry, Format format) {
  registry.collect();
  if (&registry == &Registry::standard()) refresh_problems();
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                       .count();
  std::string out;
  if (format == Format::protobuf) {
    registry.each([&](const Family& family) { detail::put_protobuf(out, family, now); });
    return out;
  }
  TextPage page(out, format == Format::openmetrics);
  registry.each([&](const Family& family) { page.family(family, now); });
  if (format == Format::openmetrics) out += "# EOF\n";
  return out;
}

const char* content_type(Format format) noexcept {
  switch (format) {
    case Format::openmetrics: return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case Format::protobuf:
      return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
             "encoding=delimited";
    case Format::text: break;
  }
  return "text/plain; version=0.0.4; charset=utf-8";
}

Format negotiate(std::string_view accept) noexcept {
  Format best = Format::text;
  double best_q = 0;
  while (!accept.empty()) {
    const auto comma = accept.find(',');
    std::string_view range = accept.substr(0, comma);
    accept.remove_prefix(comma == accept.npos ? accept.size() : comma + 1);
    const auto has = [&](std::string_view what) { return range.find(what) != range.npos; };
    double q = 1;
    if (const auto at = range.find("q="); at != range.npos) {
      char text[8] = {};
      range.substr(at + 2).copy(text, sizeof text - 1);
      q = std::strtod(text, nullptr);
    }
    Format format;
    if (has("application/vnd.google.protobuf") && has("MetricFamily") && has("delimited")) {
      format = Format::protobuf;
    } else if (has("application/openmetrics-text") &&
               (!has("version=") || has("version=1.0.0") || has("version=0.0.1"))) {
      format = Format::openmetrics;
    } else if (has("text/") || has("*/*")) {
      format = Format::text;
    } else {
      continue;
    }
    if (q > best_q) best_q = q, best = format;  // the first of equals
  }
  return best;
}

std::string gzip(std::string_view page) {
  z_stream z{};
  if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&z, page.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(page.data()));
  z.avail_in = static_cast<uInt>(page.size());
  z.next_out = reinterpret_cast<Bytef*>(&out[0]);
  z.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? z.total_out : 0);
  deflateEnd(&z);
  return out;
}

}  // namespace pharos::client
