// The tree of a parsed template (internal to rules/).
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/template.hpp"
#include "rules/template_value.hpp"

namespace pharos::rules::detail {

struct Pipe;

// An operand: a constant, `.`, a variable, a field chain, a function name, or a parenthesised
// pipeline.
struct Operand {
  enum class Kind : std::uint8_t { nil, dot, constant, variable, function, pipe } kind = Kind::nil;
  TemplateValue constant;
  std::string name;  // variable with '$', or function
  std::shared_ptr<Pipe> pipe;
  std::vector<std::string> fields;  // .A.B after the operand
  std::uint32_t line = 1;
};

struct Command {
  std::vector<Operand> operands;  // the first is called when it is a function
};

struct Pipe {
  std::vector<std::string> variables;  // $a := or $i, $e :=
  bool assigns = false;                // = instead of :=
  std::vector<Command> commands;
  std::uint32_t line = 1;
};

struct Node;
using NodeList = std::vector<Node>;

struct Node {
  enum class Kind : std::uint8_t {
    text,
    action,
    if_,
    with,
    range,
    call,
    break_,
    continue_
  } kind = Kind::text;
  std::string text;  // text; call: name of the template
  Pipe pipe;
  bool has_pipe = false;  // call
  NodeList body, otherwise;
  std::uint32_t line = 1;
};

struct TemplateSet {
  std::string name;
  TemplateDialect dialect = TemplateDialect::prometheus;
  std::shared_ptr<const TemplateSet> base;  // looked into for names not in `templates`
  std::map<std::string, NodeList, std::less<>> templates;  // the main one under `name`
};

Result<std::shared_ptr<const TemplateSet>> parse_template(
    std::string name, std::string_view text, const std::vector<std::string>& variables,
    TemplateDialect dialect = TemplateDialect::prometheus,
    std::shared_ptr<const TemplateSet> base = nullptr, codec::SourcePlace* wrong_at = nullptr);

}  // namespace pharos::rules::detail
