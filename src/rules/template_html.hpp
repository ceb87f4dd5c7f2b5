// Escaping by context for HTML templates (internal to rules/): Go's html/template for the places
// that e-mails have.
//
//   place                         what is inserted
//   text, <title>, <textarea>     & < > " ' + as entities; safeHtml stays in text
//   attribute                     the same; safeHtml loses its tags
//   URL attribute (href, src, …)  other schemes than http, https, mailto become #ZgotmplZ;
//                                 percent-encoded, wholly so behind '?' or '#'; safeUrl only
//                                 normalised
//   style attribute, <style>      harmless characters, else ZgotmplZ
//   <script>, on… attributes      a JSON value, or escaped within a JavaScript string
//   comment                       nothing; comments are left out altogether
//
// Contexts are found while expanding, not before: a template whose branches end in different
// contexts is no error here, as each is escaped by what really stands before it.
#pragma once
#include <string>
#include <string_view>

#include "rules/template_value.hpp"

namespace pharos::rules::detail {

class HtmlEscaper {
 public:
  // The template's own text: passes unchanged but for comments and stray '<'.
  void text(std::string_view text, std::string& out);
  // What an action inserts. `last` names the last function of its pipeline: what `html` or
  // `urlquery` escaped is not escaped again.
  void value(const TemplateValue& value, std::string_view last, std::string& out);

 private:
  enum class State : std::uint8_t {
    text,
    tag_name,
    tag,
    attribute_name,
    after_name,
    before_value,
    attribute,
    comment,
    element
  };
  enum class Sort : std::uint8_t { plain, url, css, script };
  enum class UrlPart : std::uint8_t { none, before_query, query };

  std::size_t step(std::string_view text, std::size_t at, std::string& out);
  std::size_t step_text(std::string_view text, std::size_t at, std::string& out);
  std::size_t step_element(std::string_view text, std::size_t at, std::string& out);
  void end_tag();
  void begin_value();
  void scan_url(char c);
  void scan_script(char c);
  std::string escaped_attribute(const TemplateValue& value, std::string_view last);
  std::string escaped_script(const TemplateValue& value) const;

  State state_ = State::text;
  Sort sort_ = Sort::plain;
  UrlPart part_ = UrlPart::none;
  char delimiter_ = 0;  // of an attribute's value; ' ': none
  char quote_ = 0;      // within a JavaScript string
  bool backslash_ = false, closing_ = false;
  std::string name_;     // of the attribute
  std::string tag_;      // of the tag being read
  std::string element_;  // title, textarea, script or style: whose content we are in
};

}  // namespace pharos::rules::detail
