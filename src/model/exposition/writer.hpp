// Writing exposition pages: for /federate, exports and tests.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "model/exposition/exposition.hpp"

namespace pharos::exposition {

// The Content-Type of what a Writer makes.
std::string_view content_type(Format format);

// Appends a page to a string. Samples follow the family() they belong to and carry their whole name in
// `__name__`. OpenMetrics pages end with finish(); protobuf families are written when the next begins.
class Writer {
 public:
  Writer(Format format, std::string& out) : format_(format), out_(out) {}

  struct Extras {
    std::optional<UnixMillis> t_ms;
    UnixMillis start_ms = 0;                // protobuf only
    std::span<const Exemplar> exemplars;    // text 0.0.4 has none, OpenMetrics one
  };
  // The family of what follows; text leaves HELP out when it is empty. With OpenMetrics a counter's family loses "_total".
  void family(const Metadata& metadata);
  void sample(const Labels& labels, double value, const Extras& extras);
  void sample(const Labels& labels, double value) { sample(labels, value, Extras{}); }
  // Protobuf only: the text formats cannot say it, nothing is written and false comes back.
  bool histogram(const Labels& labels, const Histogram& histogram, const Extras& extras);
  void finish();

 private:
  void text_sample(const Labels& labels, double value, const Extras& extras);
  void flush_family();

  Format format_;
  std::string& out_;
  Metadata family_;
  std::string metrics_;  // of the family, protobuf: encoded `metric` fields
  bool has_histogram_ = false, has_family_ = false;
};

}  // namespace pharos::exposition
