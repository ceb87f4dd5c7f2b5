#include <algorithm>

#include "model/exposition/exposition.hpp"
#include "model/exposition/nhcb_parser.hpp"
#include "model/exposition/protobuf_parser.hpp"
#include "model/exposition/text_parser.hpp"

namespace pharos::exposition {
namespace {

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

bool is_token(std::string_view s) {
  return !s.empty() && std::none_of(s.begin(), s.end(), [](unsigned char c) {
    return c <= ' ' || c >= 0x7f || std::string_view("()<>@,;:\\\"[]?={}").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

Result<Format> format_of(std::string_view content_type, std::optional<Format> fallback) {
  const auto refuse = [&](std::string text) -> Result<Format> {
    if (fallback) return *fallback;
    return fail(Errc::unsupported, std::move(text));
  };
  if (content_type.empty())
    return refuse("non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target");
  std::string media(trim(content_type.substr(0, content_type.find(';'))));
  std::transform(media.begin(), media.end(), media.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  const auto slash = media.find('/');
  const std::string_view view = media;
  const bool well_formed = is_token(view.substr(0, slash)) && (slash == media.npos || is_token(view.substr(slash + 1)));
  if (!well_formed) return refuse("cannot parse Content-Type " + go_quote(content_type) + " and no fallback_scrape_protocol for target");
  if (media == "application/openmetrics-text") return Format::openmetrics;
  if (media == "application/vnd.google.protobuf") return Format::protobuf;
  if (media == "text/plain") return Format::text;
  return refuse("received unsupported Content-Type " + go_quote(content_type) + " and no fallback_scrape_protocol specified for target");
}

std::unique_ptr<Parser> make_parser(Format format, std::string_view page, const ParserOptions& options) {
  std::unique_ptr<Parser> parser;
  if (format == Format::protobuf) parser = std::make_unique<ProtobufParser>(page, options);
  else parser = std::make_unique<TextParser>(page, format == Format::openmetrics, options);
  if (options.convert_classic_to_nhcb) parser = std::make_unique<NhcbParser>(std::move(parser), options);
  return parser;
}

}  // namespace pharos::exposition
