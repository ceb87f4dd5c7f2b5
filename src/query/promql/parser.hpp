// The recursive-descent parser behind promql::parse(); the grammar is Prometheus' yacc grammar.
#pragma once
#include <string>
#include <vector>

#include "query/promql/ast.hpp"
#include "query/promql/lexer.hpp"

namespace pharos::query::promql {

class Parser {
 public:
  Parser(std::string_view text, const ParseOptions& options)
      : text_(text), options_(options), lexer_(text) {}

  Result<NodePtr> expression_only();  // the whole text, without type checks
  Result<std::vector<Matcher>> selector_only();
  Result<Labels> metric_only();

 private:
  // A node with the height of its tree: passes are recursive, so the height is bounded.
  struct Tree {
    NodePtr node;
    std::uint32_t height = 1;
  };
  // What "unexpected …" says about the innermost construct that is open.
  struct Context {
    std::string_view where, expected;
  };
  // Bounds recursion, and sets what errors inside a construct say.
  class Enter {
   public:
    explicit Enter(Parser& parser) : parser_(parser), contexts_(parser.contexts_.size()) {
      ++parser.depth_;
    }
    Enter(Parser& parser, Context context) : Enter(parser) { parser.contexts_.push_back(context); }
    ~Enter() {
      --parser_.depth_;
      parser_.contexts_.resize(contexts_);
    }
    Enter(const Enter&) = delete;
    Enter& operator=(const Enter&) = delete;
    bool too_deep() const { return parser_.depth_ > parser_.options_.nesting_max; }

   private:
    Parser& parser_;
    std::size_t contexts_;
  };
  std::unexpected<Error> too_deep();

  Result<Tree> expression(int precedence_min);
  Result<Tree> prefix();
  Result<Tree> atom();
  Result<Tree> paren();
  Result<Tree> call(NodePtr node);
  Result<Tree> aggregate(NodePtr node);
  Result<Tree> binary(Tree left, const Token& op, Tree right, NodePtr modifiers);
  Result<NodePtr> modifiers();
  Status fills(VectorMatching& matching);
  Result<double> fill_value();
  Status postfix(Tree& tree);
  Status parse_offset(Tree& tree);
  Status parse_at(Tree& tree);
  Status brackets(Tree& tree);
  Status extend(Tree& tree, bool anchored);
  Result<std::vector<Tree>> arguments();
  Result<std::vector<std::string>> grouping();

  Result<NodePtr> selector();
  Result<std::vector<Matcher>> matchers();
  Result<Matcher> matcher();

  Result<NodePtr> duration_expression(int precedence_min);
  Result<NodePtr> duration_operand();
  Result<NodePtr> duration_primary();
  Result<NodePtr> positive_duration();

  Result<NodePtr> number_literal();
  Result<double> number_value(const Token& token);

  const Token& peek();
  TokenKind kind() { return peek().kind; }
  Token take();
  bool take_if(TokenKind kind);
  Status expect(TokenKind kind);
  std::unexpected<Error> unexpected();
  std::unexpected<Error> unexpected(std::string_view where, std::string_view expected);
  std::unexpected<Error> error_at(std::uint32_t at, std::string_view what) const;
  NodePtr make(NodeKind kind, std::uint32_t begin, std::uint32_t end) const;
  Status check_height(const Tree& tree);
  Node* selector_of(Node& node);  // the selector or sub-query that takes @ and offset

  std::string_view text_;
  const ParseOptions& options_;
  Lexer lexer_;
  Token token_;
  bool peeked_ = false;
  std::uint32_t last_end_ = 0;  // end of the last token taken
  std::uint32_t depth_ = 0;
  std::vector<Context> contexts_;
};

}  // namespace pharos::query::promql
