#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "model/labels.hpp"
#include "rules/template_ast.hpp"
#include "rules/template_functions.hpp"
#include "rules/template_lexer.hpp"

namespace pharos::rules::detail {
namespace {

constexpr std::size_t kDepthMax = 100;

bool is_keyword(std::string_view word) {
  static constexpr std::string_view kWords[] = {"if",     "else",     "range", "with",  "end",
                                                "define", "template", "block", "break", "continue"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

Result<TemplateValue> number_of(const Token& token) {
  const std::string& text = token.text;
  const bool hex = text.find('x') != text.npos || text.find('X') != text.npos;
  const auto bad = [&] { return fail(Errc::invalid, "bad number syntax: " + go_quote(text)); };
  std::string digits = text;
  std::erase(digits, '_');
  char* end = nullptr;
  if (!hex && digits.find_first_of(".eE") != digits.npos) {
    const double v = std::strtod(digits.c_str(), &end);
    if (end != digits.c_str() + digits.size()) return bad();
    return TemplateValue::real(v);
  }
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.starts_with("0x") || rest.starts_with("0X"))
    base = 16;
  else if (rest.starts_with("0b") || rest.starts_with("0B"))
    base = 2;
  else if (rest.starts_with("0o") || rest.starts_with("0O"))
    base = 8;
  else if (rest.size() > 1 && rest[0] == '0')
    rest.remove_prefix(1), base = 8;
  if (base != 10 && rest.size() > 2 && std::isalpha(static_cast<unsigned char>(rest[1])) != 0 &&
      rest[0] == '0')
    rest.remove_prefix(2);
  std::uint64_t v = 0;
  const auto [at, code] = std::from_chars(rest.data(), rest.data() + rest.size(), v, base);
  if (rest.empty() || code != std::errc{} || at != rest.data() + rest.size()) return bad();
  if (v > static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0))
    return fail(Errc::invalid, "integer overflow: " + go_quote(text));
  return TemplateValue::integer(static_cast<std::int64_t>(negative ? 0 - v : v));
}

// Recursive descent over the tokens; the errors and their words are Go's.
class Parser {
 public:
  Parser(TemplateSet& set, std::vector<Token> tokens, std::vector<std::string> variables,
         codec::SourcePlace* wrong_at)
      : set_(set),
        tokens_(std::move(tokens)),
        variables_(std::move(variables)),
        wrong_at_(wrong_at) {}

  Status run() {
    NodeList body;
    const auto stop = TRY(parse_list(body, 0));
    if (stop != Stop::end_of_text)
      return wrong(std::string("unexpected {{") + (stop == Stop::end ? "end" : "else") + "}}");
    set_.templates[set_.name] = std::move(body);
    return {};
  }

 private:
  enum class Stop { end_of_text, end, else_ };

  std::unexpected<Error> wrong(const std::string& what) const { return wrong(what, peek().at); }
  std::unexpected<Error> wrong(const std::string& what, codec::SourcePlace at) const {
    if (wrong_at_ != nullptr) *wrong_at_ = at;
    return fail(Errc::invalid,
                "template: " + set_.name + ":" + std::to_string(at.line) + ": " + what);
  }
  const Token& peek() const { return tokens_[std::min(at_, tokens_.size() - 1)]; }
  const Token& next() { return tokens_[std::min(at_++, tokens_.size() - 1)]; }
  bool skip_space() {
    bool any = false;
    for (; peek().kind == TokenKind::space; ++at_) any = true;
    return any;
  }
  static std::string describe(const Token& token) {
    if (token.kind == TokenKind::end) return "EOF";
    if (token.kind == TokenKind::identifier && is_keyword(token.text))
      return "<" + token.text + ">";
    return token.kind == TokenKind::field ? "<." + token.text + ">" : go_quote(token.text);
  }
  std::unexpected<Error> unexpected(const Token& token, std::string_view where) const {
    if (token.kind == TokenKind::end) return wrong("unexpected EOF", token.at);
    return wrong("unexpected " + describe(token) + " in " + std::string(where), token.at);
  }

  Result<Stop> parse_list(NodeList& out, std::size_t depth) {
    if (depth > kDepthMax) return wrong("nested deeper than " + std::to_string(kDepthMax));
    for (;;) {
      const Token& token = next();
      if (token.kind == TokenKind::end) return Stop::end_of_text;
      if (token.kind == TokenKind::text) {
        out.push_back(Node{.kind = Node::Kind::text, .text = token.text, .line = token.at.line});
        continue;
      }
      skip_space();
      const Token& word = peek();
      if (word.kind == TokenKind::identifier && is_keyword(word.text)) {
        ++at_;
        if (word.text == "end") {
          TRY(expect_right("end"));
          return Stop::end;
        }
        if (word.text == "else") return Stop::else_;  // what follows is the caller's business
        TRY(parse_keyword(word, out, depth));
        continue;
      }
      Node node{.kind = Node::Kind::action, .line = word.at.line};
      node.pipe = TRY(parse_pipe("command", TokenKind::right, depth));
      if (node.pipe.commands.empty()) return wrong("missing value for command", word.at);
      out.push_back(std::move(node));
    }
  }

  Status expect_right(std::string_view where) {
    skip_space();
    if (peek().kind != TokenKind::right) return unexpected(peek(), where);
    ++at_;
    return {};
  }

  Status parse_keyword(const Token& word, NodeList& out, std::size_t depth) {
    if (word.text == "if") return parse_control(Node::Kind::if_, "if", out, depth);
    if (word.text == "with") return parse_control(Node::Kind::with, "with", out, depth);
    if (word.text == "range") return parse_control(Node::Kind::range, "range", out, depth);
    if (word.text == "template") return parse_call(word, out, depth);
    if (word.text == "block") return parse_block(word, out, depth);
    if (word.text == "define") return parse_define(word, depth);
    if (range_depth_ == 0) return wrong("{{" + word.text + "}} outside {{range}}", word.at);
    TRY(expect_right(word.text));
    out.push_back(Node{.kind = word.text == "break" ? Node::Kind::break_ : Node::Kind::continue_,
                       .line = word.at.line});
    return {};
  }

  Status parse_control(Node::Kind kind, std::string_view context, NodeList& out,
                       std::size_t depth) {
    const std::size_t scope = variables_.size();
    const auto at = peek().at;
    Node node{.kind = kind, .line = at.line};
    node.pipe = TRY(parse_pipe(context, TokenKind::right, depth));
    if (node.pipe.commands.empty()) return wrong("missing value for " + std::string(context), at);
    if (kind == Node::Kind::range) ++range_depth_;
    const Stop stop = TRY(parse_list(node.body, depth + 1));
    if (kind == Node::Kind::range) --range_depth_;
    if (stop == Stop::end_of_text) return wrong("unexpected EOF");
    if (stop == Stop::else_) TRY(parse_else(kind, node.otherwise, depth));
    variables_.resize(scope);
    out.push_back(std::move(node));
    return {};
  }

  // After {{else: either }} and a list, or if/with, which is a control of its own sharing our
  // {{end}}.
  Status parse_else(Node::Kind kind, NodeList& out, std::size_t depth) {
    skip_space();
    const Token& word = peek();
    const bool chained =
        word.kind == TokenKind::identifier && ((word.text == "if" && kind == Node::Kind::if_) ||
                                               (word.text == "with" && kind == Node::Kind::with));
    if (chained) {
      ++at_;
      if (depth > kDepthMax) return wrong("nested deeper than " + std::to_string(kDepthMax));
      return parse_control(kind, word.text, out, depth + 1);
    }
    TRY(expect_right("else"));
    const Stop stop = TRY(parse_list(out, depth + 1));
    if (stop == Stop::else_) return wrong("expected end; found {{else}}");
    if (stop == Stop::end_of_text) return wrong("unexpected EOF");
    return {};
  }

  Result<std::string> parse_name(std::string_view context) {
    skip_space();
    const Token& token = next();
    if (token.kind != TokenKind::string) return unexpected(token, std::string(context) + " clause");
    return token.text;
  }

  Status parse_call(const Token& word, NodeList& out, std::size_t depth) {
    Node node{.kind = Node::Kind::call, .line = word.at.line};
    node.text = TRY(parse_name("template"));
    skip_space();
    if (peek().kind == TokenKind::right) {
      ++at_;
    } else {
      node.has_pipe = true;
      node.pipe = TRY(parse_pipe("template clause", TokenKind::right, depth));
    }
    out.push_back(std::move(node));
    return {};
  }

  Status parse_define(const Token& word, std::size_t depth) {
    if (depth > 0) return wrong("unexpected <define> in command", word.at);
    const std::string name = TRY(parse_name("define"));
    TRY(expect_right("define clause"));
    return parse_definition(name, depth);
  }

  Status parse_definition(const std::string& name, std::size_t depth) {
    auto outer = std::exchange(variables_, {"$"});
    const auto ranges = std::exchange(range_depth_, 0);
    NodeList body;
    const Stop stop = TRY(parse_list(body, depth + 1));
    if (stop != Stop::end)
      return wrong(stop == Stop::else_ ? "unexpected {{else}} in define clause" : "unexpected EOF");
    variables_ = std::move(outer);
    range_depth_ = ranges;
    // As in Go, an empty definition does not replace one that says something.
    const bool empty = std::ranges::all_of(body, [](const Node& node) {
      return node.kind == Node::Kind::text &&
             node.text.find_first_not_of(" \t\r\n") == std::string::npos;
    });
    if (empty && defined(name)) return {};
    set_.templates[name] = std::move(body);
    return {};
  }

  bool defined(const std::string& name) const {
    for (const TemplateSet* set = &set_; set != nullptr; set = set->base.get())
      if (set->templates.contains(name)) return true;
    return false;
  }

  Status parse_block(const Token& word, NodeList& out, std::size_t depth) {
    Node node{
        .kind = Node::Kind::call,
        .line = word.at.line,
    };
    node.text = TRY(parse_name("block"));
    node.has_pipe = true;
    node.pipe = TRY(parse_pipe("block clause", TokenKind::right, depth));
    if (node.pipe.commands.empty()) return wrong("missing value for block clause", word.at);
    TRY(parse_definition(node.text, depth));
    out.push_back(std::move(node));
    return {};
  }

  Result<Pipe> parse_pipe(std::string_view context, TokenKind until, std::size_t depth) {
    if (depth > kDepthMax) return wrong("nested deeper than " + std::to_string(kDepthMax));
    Pipe pipe;
    skip_space();
    const auto at = peek().at;
    pipe.line = at.line;
    TRY(parse_declaration(pipe, context));
    for (;;) {
      skip_space();
      const Token& token = peek();
      if (token.kind == until) {
        ++at_;
        break;
      }
      if (token.kind == TokenKind::end) return wrong("unexpected EOF");
      auto command = TRY(parse_command(context, until, depth));
      pipe.commands.push_back(std::move(command));
    }
    for (std::size_t i = 1; i < pipe.commands.size(); ++i) {
      const auto kind = pipe.commands[i].operands[0].kind;
      const bool constant = kind == Operand::Kind::constant || kind == Operand::Kind::dot ||
                            kind == Operand::Kind::nil;
      if (constant && pipe.commands[i].operands[0].fields.empty())
        return wrong("non executable command in pipeline stage " + std::to_string(i + 1), at);
    }
    if (!pipe.commands.empty() && pipe.commands.back().operands.empty())
      return wrong("missing value for " + std::string(context), at);
    // Declared names are visible from here on, not within their own pipeline.
    if (!pipe.assigns)
      variables_.insert(variables_.end(), pipe.variables.begin(), pipe.variables.end());
    return pipe;
  }

  // $a :=, $a =, $i, $e := (range only).
  Status parse_declaration(Pipe& pipe, std::string_view context) {
    const std::size_t start = at_;
    if (peek().kind != TokenKind::variable) return {};
    std::vector<std::string> names{next().text};
    skip_space();
    if (peek().kind == TokenKind::comma && context == "range") {
      ++at_;
      skip_space();
      if (peek().kind != TokenKind::variable) return unexpected(peek(), "range");
      names.push_back(next().text);
      skip_space();
      if (peek().kind == TokenKind::comma) return wrong("too many declarations in range");
    }
    if (peek().kind != TokenKind::declare && peek().kind != TokenKind::assign) {
      if (names.size() > 1) return unexpected(peek(), "range");
      at_ = start;
      return {};
    }
    pipe.assigns = next().kind == TokenKind::assign;
    if (pipe.assigns)
      for (const auto& name : names) TRY(check_variable(name, peek().at));
    pipe.variables = std::move(names);
    return {};
  }

  Status check_variable(const std::string& name, codec::SourcePlace at) const {
    if (std::find(variables_.begin(), variables_.end(), name) == variables_.end())
      return wrong("undefined variable " + go_quote(name), at);
    return {};
  }

  Result<Command> parse_command(std::string_view context, TokenKind until, std::size_t depth) {
    Command command;
    for (;;) {
      skip_space();
      const Token& token = peek();
      if (token.kind == until) break;
      if (token.kind == TokenKind::pipe) {
        ++at_;
        skip_space();
        if (command.operands.empty()) return wrong("empty command");
        if (peek().kind == TokenKind::pipe)
          return wrong("missing value for " + std::string(context));
        break;
      }
      auto operand = TRY(parse_operand(context, depth));
      command.operands.push_back(std::move(operand));
      const Token& after = peek();
      if (after.kind != TokenKind::space && after.kind != until && after.kind != TokenKind::pipe)
        return unexpected(after, "operand");
    }
    if (command.operands.empty()) return wrong("empty command");
    return command;
  }

  Result<Operand> parse_operand(std::string_view context, std::size_t depth) {
    const Token& token = next();
    Operand operand{.line = token.at.line};
    using K = Operand::Kind;
    switch (token.kind) {
      case TokenKind::dot: operand.kind = K::dot; break;
      case TokenKind::field:
        operand.kind = K::dot;
        operand.fields.push_back(token.text);
        break;
      case TokenKind::variable:
        TRY(check_variable(token.text, token.at));
        operand.kind = K::variable;
        operand.name = token.text;
        break;
      case TokenKind::string:
        operand.kind = K::constant;
        operand.constant = TemplateValue::string(token.text);
        break;
      case TokenKind::character: {
        operand.kind = K::constant;
        const auto rune = rune_of(token.text);
        if (!rune) return wrong("malformed character constant: '" + token.text + "'", token.at);
        operand.constant = TemplateValue::integer(*rune);
        break;
      }
      case TokenKind::number: {
        operand.kind = K::constant;
        auto number = number_of(token);
        if (!number) return wrong(number.error().message, token.at);
        operand.constant = *number;
        break;
      }
      case TokenKind::identifier:
        if (token.text == "nil") {
          operand.kind = K::nil;
        } else if (token.text == "true" || token.text == "false") {
          operand.kind = K::constant;
          operand.constant = TemplateValue::boolean(token.text == "true");
        } else if (is_keyword(token.text)) {
          return unexpected(token, context);
        } else {
          if (find_function(token.text, set_.dialect) == nullptr)
            return wrong("function " + go_quote(token.text) + " not defined", token.at);
          operand.kind = K::function;
          operand.name = token.text;
        }
        break;
      case TokenKind::open: {
        auto pipe = TRY(parse_pipe("parenthesized pipeline", TokenKind::close, depth + 1));
        if (pipe.commands.empty())
          return wrong("missing value for parenthesized pipeline", token.at);
        operand.kind = K::pipe;
        operand.pipe = std::make_shared<Pipe>(std::move(pipe));
        break;
      }
      default: return unexpected(token, context);
    }
    const bool can_have_fields = operand.kind != K::constant && operand.kind != K::nil;
    while (peek().kind == TokenKind::field) {
      if (!can_have_fields)
        return wrong("unexpected . after term " + go_quote(token.text), token.at);
      operand.fields.push_back(next().text);
    }
    return operand;
  }

  static std::optional<std::int64_t> rune_of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (text.size() != n) return std::nullopt;
    std::int64_t rune = n == 1 ? lead : lead & (0x7F >> n);
    for (std::size_t i = 1; i < n; ++i)
      rune = rune << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    return rune;
  }

  TemplateSet& set_;
  std::vector<Token> tokens_;
  std::vector<std::string> variables_;
  codec::SourcePlace* const wrong_at_;
  std::size_t at_ = 0;
  std::size_t range_depth_ = 0;
};

}  // namespace

Result<std::shared_ptr<const TemplateSet>> parse_template(std::string name, std::string_view text,
                                                          const std::vector<std::string>& variables,
                                                          TemplateDialect dialect,
                                                          std::shared_ptr<const TemplateSet> base,
                                                          codec::SourcePlace* wrong_at) {
  auto set = std::make_shared<TemplateSet>();
  set->name = std::move(name);
  set->dialect = dialect;
  set->base = std::move(base);
  auto tokens = TRY(lex_template(set->name, text, wrong_at));
  auto known = variables;
  known.insert(known.begin(), "$");
  TRY(Parser(*set, std::move(tokens), std::move(known), wrong_at).run());
  return std::shared_ptr<const TemplateSet>(std::move(set));
}

}  // namespace pharos::rules::detail
