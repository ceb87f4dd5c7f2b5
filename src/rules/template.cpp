// Evaluation of a parsed template.
#include "rules/template.hpp"

#include <algorithm>

#include "rules/template_ast.hpp"
#include "rules/template_functions.hpp"
#include "rules/template_html.hpp"

namespace pharos::rules {
namespace {

using detail::Command;
using detail::Node;
using detail::NodeList;
using detail::Operand;
using detail::Pipe;

constexpr std::size_t kCallDepthMax = 100;
const std::vector<std::string> kAlertVariables{"$labels", "$externalLabels", "$externalURL",
                                               "$value"};

enum class Flow { on, break_, continue_ };

class Evaluator {
 public:
  Evaluator(const detail::TemplateSet& set, const TemplateContext& context, bool html = false)
      : set_(set),
        context_(context),
        html_(html ? std::make_unique<detail::HtmlEscaper>() : nullptr),
        expand_([this](const std::string& name, const TemplateValue& dot) -> Result<std::string> {
          std::string out;
          TRY(call(name, dot, out));
          return out;
        }) {}

  void define(std::string name, TemplateValue value) {
    variables_.emplace_back(std::move(name), std::move(value));
  }

  Result<std::string> run(const NodeList& nodes, const TemplateValue& dot) {
    std::string out;
    TRY(walk(nodes, dot, out));
    return out;
  }

 private:
  std::unexpected<Error> wrong(std::uint32_t line, const std::string& what) const {
    return fail(Errc::invalid, "template: " + set_.name + ":" + std::to_string(line) +
                                   ": executing " + go_quote(set_.name) + ": " + what);
  }

  const NodeList* find_template(const std::string& name) const {
    for (const auto* set = &set_; set != nullptr; set = set->base.get())
      if (const auto found = set->templates.find(name); found != set->templates.end())
        return &found->second;
    return nullptr;
  }

  Status call(const std::string& name, const TemplateValue& dot, std::string& out) {
    const NodeList* nodes = find_template(name);
    if (nodes == nullptr) return fail(Errc::invalid, "template " + go_quote(name) + " not defined");
    if (++depth_ > kCallDepthMax) {
      --depth_;
      return fail(Errc::limit,
                  "exceeded maximum template depth (" + std::to_string(kCallDepthMax) + ")");
    }
    auto outer = std::exchange(variables_, {});
    define("$", dot);
    auto flow = walk(*nodes, dot, out);
    variables_ = std::move(outer);
    --depth_;
    return flow ? Status{} : Status{std::unexpect, flow.error()};
  }

  Result<Flow> walk(const NodeList& nodes, const TemplateValue& dot, std::string& out) {
    for (const auto& node : nodes) {
      if (++steps_ > context_.steps_max)
        return wrong(node.line, "more than " + std::to_string(context_.steps_max) + " steps");
      const Flow flow = TRY(walk(node, dot, out));
      if (out.size() > context_.output_bytes_max)
        return wrong(node.line, "the text is longer than " +
                                    std::to_string(context_.output_bytes_max) + " bytes");
      if (flow != Flow::on) return flow;
    }
    return Flow::on;
  }

  Result<Flow> walk(const Node& node, const TemplateValue& dot, std::string& out) {
    switch (node.kind) {
      case Node::Kind::text:
        if (html_)
          html_->text(node.text, out);
        else
          out += node.text;
        return Flow::on;
      case Node::Kind::action: {
        if (html_) return walk_html(node, dot, out);
        const auto value = TRY(evaluate(node.pipe, dot));
        if (node.pipe.variables.empty()) out += value.print();
        return Flow::on;
      }
      case Node::Kind::if_:
      case Node::Kind::with: {
        const std::size_t scope = variables_.size();
        const auto value = TRY(evaluate(node.pipe, dot));
        const bool truth = value.truth();
        const auto& body = truth ? node.body : node.otherwise;
        const Flow flow =
            TRY(walk(body, truth && node.kind == Node::Kind::with ? value : dot, out));
        variables_.resize(scope);
        return flow;
      }
      case Node::Kind::range: return walk_range(node, dot, out);
      case Node::Kind::call: {
        TemplateValue argument;
        if (node.has_pipe) argument = TRY(evaluate(node.pipe, dot));
        const auto called = call(node.text, argument, out);
        if (!called) return wrong(node.line, called.error().message);
        return Flow::on;
      }
      case Node::Kind::break_: return Flow::break_;
      case Node::Kind::continue_: return Flow::continue_;
    }
    return Flow::on;
  }

  // As html/template, `html` at the end of a pipeline gives way to the escaping of the place.
  Result<Flow> walk_html(const Node& node, const TemplateValue& dot, std::string& out) {
    const auto& last = node.pipe.commands.back();
    const bool html = last.operands[0].kind == Operand::Kind::function &&
                      last.operands[0].name == "html" && node.pipe.variables.empty();
    TemplateValue value;
    if (html && last.operands.size() == 1 && node.pipe.commands.size() > 1) {
      Pipe before = node.pipe;
      before.commands.pop_back();
      value = TRY(evaluate(before, dot));
    } else if (html && last.operands.size() == 2 && node.pipe.commands.size() == 1) {
      value = TRY(operand_value(last.operands[1], dot));
    } else {
      value = TRY(evaluate(node.pipe, dot));
    }
    if (node.pipe.variables.empty()) html_->value(value, last.operands[0].name, out);
    return Flow::on;
  }

  Result<Flow> walk_range(const Node& node, const TemplateValue& dot, std::string& out) {
    const std::size_t scope = variables_.size();
    Pipe quiet = node.pipe;  // the loop sets the variables, element by element
    quiet.variables.clear();
    const auto value = TRY(evaluate(quiet, dot));
    bool any = false;
    // false: leave the loop.
    const auto round = [&](const TemplateValue& key, const TemplateValue& element) -> Result<bool> {
      any = true;
      const std::size_t inner = variables_.size();
      const auto& names = node.pipe.variables;
      if (names.size() == 1) TRY(bind(node, names[0], element));
      if (names.size() == 2) {
        TRY(bind(node, names[0], key));
        TRY(bind(node, names[1], element));
      }
      const Flow flow = TRY(walk(node.body, element, out));
      variables_.resize(inner);
      return flow != Flow::break_;
    };
    using K = TemplateValue::Kind;
    if (value.kind() == K::list) {
      for (std::size_t i = 0; i < value.items().size(); ++i) {
        const bool go_on =
            TRY(round(TemplateValue::integer(static_cast<std::int64_t>(i)), value.items()[i]));
        if (!go_on) break;
      }
    } else if (value.kind() == K::map && !value.members().is_struct) {
      for (const auto& [key, element] : value.members().members) {
        const bool go_on = TRY(round(TemplateValue::string(key), element));
        if (!go_on) break;
      }
    } else if (value.kind() == K::integer) {
      for (std::int64_t i = 0; i < value.as_integer(); ++i) {
        const bool go_on = TRY(round(TemplateValue::integer(i), TemplateValue::integer(i)));
        if (!go_on) break;
      }
    } else if (!value.is_nil()) {
      return wrong(node.line, "range can't iterate over " + value.print());
    }
    if (!any) {
      const Flow flow = TRY(walk(node.otherwise, dot, out));
      variables_.resize(scope);
      return flow;
    }
    variables_.resize(scope);
    return Flow::on;
  }

  Status bind(const Node& node, const std::string& name, const TemplateValue& value) {
    if (node.pipe.assigns) return assign(name, value, node.line);
    define(name, value);
    return {};
  }

  Status assign(const std::string& name, const TemplateValue& value, std::uint32_t line) {
    for (auto v = variables_.rbegin(); v != variables_.rend(); ++v)
      if (v->first == name) {
        v->second = value;
        return {};
      }
    return wrong(line, "undefined variable: " + name);
  }

  Result<TemplateValue> evaluate(const Pipe& pipe, const TemplateValue& dot) {
    TemplateValue value;
    bool has_value = false;
    for (const auto& command : pipe.commands) {
      value = TRY(evaluate(command, dot, has_value ? &value : nullptr));
      has_value = true;
    }
    for (const auto& name : pipe.variables) {
      if (pipe.assigns) {
        TRY(assign(name, value, pipe.line));
      } else {
        define(name, value);
      }
    }
    return value;
  }

  // `last` is the value of the stage before, the final argument.
  Result<TemplateValue> evaluate(const Command& command, const TemplateValue& dot,
                                 const TemplateValue* last) {
    if (++steps_ > context_.steps_max)
      return wrong(command.operands[0].line,
                   "more than " + std::to_string(context_.steps_max) + " steps");
    const Operand& first = command.operands[0];
    if (first.kind == Operand::Kind::nil) return wrong(first.line, "nil is not a command");
    if (first.kind == Operand::Kind::function) {
      auto value = TRY(call_function(command, dot, last));
      return fields_of(first, std::move(value));
    }
    if (command.operands.size() > 1 || last != nullptr) {
      if (!first.fields.empty()) return method_call(command, dot, last);
      return wrong(first.line, "can't give argument to non-function");
    }
    return operand_value(first, dot);
  }

  // {{ (toTime …).Format "15:04" }}, {{ .CommonLabels.Remove .GroupLabels.Names }}
  Result<TemplateValue> method_call(const Command& command, const TemplateValue& dot,
                                    const TemplateValue* last) {
    Operand receiver = command.operands[0];
    const std::string name = receiver.fields.back();
    receiver.fields.pop_back();
    const auto value = TRY(operand_value(receiver, dot));
    std::vector<TemplateValue> arguments;
    for (std::size_t i = 1; i < command.operands.size(); ++i) {
      auto argument = TRY(operand_value(command.operands[i], dot));
      arguments.push_back(std::move(argument));
    }
    if (last != nullptr) arguments.push_back(*last);
    auto result = detail::call_method(value, name, arguments);
    if (!result)
      return wrong(receiver.line, "error calling " + name + ": " + result.error().message);
    if (!result->has_value())
      return wrong(receiver.line, name + " has arguments but cannot be invoked as function");
    return std::move(**result);
  }

  Result<TemplateValue> call_function(const Command& command, const TemplateValue& dot,
                                      const TemplateValue* last) {
    const Operand& first = command.operands[0];
    const auto* function = detail::find_function(first.name, set_.dialect);
    if (function == nullptr)
      return wrong(first.line, go_quote(first.name) + " is not a defined function");
    const std::size_t count = command.operands.size() - 1 + (last != nullptr ? 1 : 0);
    if (count < function->least || (function->most != 255 && count > function->most)) {
      const std::string wanted =
          function->most == 255 ? "at least " + std::to_string(function->least)
          : function->least == function->most
              ? std::to_string(function->least)
              : std::to_string(function->least) + ".." + std::to_string(function->most);
      return wrong(first.line, "wrong number of args for " + first.name + ": want " + wanted +
                                   " got " + std::to_string(count));
    }
    std::vector<TemplateValue> arguments;
    // `and` and `or` stop at the first argument that decides.
    const bool stops = first.name == "and" || first.name == "or";
    for (std::size_t i = 1; i < command.operands.size(); ++i) {
      auto value = TRY(operand_value(command.operands[i], dot));
      if (stops && value.truth() == (first.name == "or")) return value;
      arguments.push_back(std::move(value));
    }
    if (last != nullptr) arguments.push_back(*last);
    auto value = function->call(arguments, detail::CallEnvironment{context_, expand_});
    if (!value)
      return wrong(first.line, "error calling " + first.name + ": " + value.error().message);
    return value;
  }

  Result<TemplateValue> operand_value(const Operand& operand, const TemplateValue& dot) {
    switch (operand.kind) {
      case Operand::Kind::nil: return TemplateValue();
      case Operand::Kind::constant: return operand.constant;
      case Operand::Kind::dot: return fields_of(operand, dot);
      case Operand::Kind::variable: {
        for (auto v = variables_.rbegin(); v != variables_.rend(); ++v)
          if (v->first == operand.name) return fields_of(operand, v->second);
        return wrong(operand.line, "undefined variable: " + operand.name);
      }
      case Operand::Kind::function: {
        Command alone;
        alone.operands.push_back(operand);
        return evaluate(alone, dot, nullptr);
      }
      case Operand::Kind::pipe: {
        const std::size_t scope = variables_.size();
        auto value = TRY(evaluate(*operand.pipe, dot));
        variables_.resize(scope);
        return fields_of(operand, std::move(value));
      }
    }
    return TemplateValue();
  }

  Result<TemplateValue> fields_of(const Operand& operand, TemplateValue value) {
    for (const auto& field : operand.fields) {
      using K = TemplateValue::Kind;
      auto method = detail::call_method(value, field, {});
      if (!method)
        return wrong(operand.line, "error calling " + field + ": " + method.error().message);
      if (method->has_value()) {
        value = std::move(**method);
        continue;
      }
      if (value.kind() == K::map) {
        const auto& map = value.members();
        const auto member = map.members.find(field);
        if (member == map.members.end()) {
          if (map.is_struct)
            return wrong(operand.line, "can't evaluate field " + field + " in type " + map.type);
          value = map.of_strings ? TemplateValue::string("") : TemplateValue();
        } else {
          value = TemplateValue(member->second);
        }
      } else if (value.is_nil()) {
        return wrong(operand.line, "nil data; no entry for key " + go_quote(field));
      } else {
        return wrong(operand.line,
                     "can't evaluate field " + field + " in type " + value.type_name());
      }
    }
    return value;
  }

  const detail::TemplateSet& set_;
  const TemplateContext& context_;
  const std::unique_ptr<detail::HtmlEscaper> html_;
  const detail::Expand expand_;
  std::vector<std::pair<std::string, TemplateValue>> variables_;
  std::size_t depth_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace

Result<Template> Template::parse(std::string name, std::string_view text) {
  auto set = TRY(detail::parse_template(std::move(name), text, {}));
  return Template(std::move(set));
}

Result<Template> Template::parse_alert(std::string name, std::string_view text,
                                       codec::SourcePlace* wrong_at) {
  auto set = TRY(detail::parse_template(std::move(name), text, kAlertVariables,
                                        TemplateDialect::prometheus, nullptr, wrong_at));
  return Template(std::move(set));
}

Result<Template> Template::parse_notification(std::string name, std::string_view text,
                                              const Template* base, codec::SourcePlace* wrong_at) {
  auto set = TRY(detail::parse_template(std::move(name), text, {}, TemplateDialect::notification,
                                        base == nullptr ? nullptr : base->set_, wrong_at));
  return Template(std::move(set));
}

Result<std::string> Template::expand_html(const TemplateValue& dot,
                                          const TemplateContext& context) const {
  Evaluator evaluator(*set_, context, true);
  evaluator.define("$", dot);
  return evaluator.run(set_->templates.find(set_->name)->second, dot);
}

Result<std::string> Template::expand(const TemplateValue& dot,
                                     const TemplateContext& context) const {
  Evaluator evaluator(*set_, context);
  evaluator.define("$", dot);
  return evaluator.run(set_->templates.find(set_->name)->second, dot);
}

Result<std::string> Template::expand_alert(const AlertTemplateData& data,
                                           const TemplateContext& context) const {
  TemplateValue::Map members{.is_struct = true,
                             .type =
                                 "struct { Labels map[string]string; ExternalLabels "
                                 "map[string]string; ExternalURL string; Value interface {} }"};
  const auto labels = TemplateValue::labels(data.labels),
             external = TemplateValue::labels(data.external_labels);
  const auto url = TemplateValue::string(data.external_url);
  const auto value = TemplateValue::real(data.value);
  members.members = {
      {"Labels", labels}, {"ExternalLabels", external}, {"ExternalURL", url}, {"Value", value}};
  const auto dot = TemplateValue::map(std::move(members));
  Evaluator evaluator(*set_, context);
  evaluator.define("$", dot);
  evaluator.define("$labels", labels);
  evaluator.define("$externalLabels", external);
  evaluator.define("$externalURL", url);
  evaluator.define("$value", value);
  return evaluator.run(set_->templates.find(set_->name)->second, dot);
}

}  // namespace pharos::rules
