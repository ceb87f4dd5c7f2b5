// What commands that ask a server have in common.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "server/api_client.hpp"
#include "server/flags.hpp"

namespace pharos::server {

int complain(const std::string& text, int status);  // "pharos: text" on standard error

Result<ApiClient> command_client(const std::string& server,
                                 const std::vector<std::string>& headers);
// Exit status of a failed call: 2 when the command was wrong, 1 otherwise.
int complain(const Error& error);

// "key=value" pairs as a query string: "?a=1&b=2", "" for none.
class QueryText {
 public:
  QueryText& add(std::string_view key, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A time given as RFC 3339, Unix seconds, or a duration before now ("7d", "1h"). `otherwise` for
// "".
Result<Time> time_argument(const std::string& text, Time otherwise, Time now,
                           std::string_view flag);

// JSON, YAML, or what `table` makes of it, on standard output.
void show(OutputFormat output, const codec::Json& json, const std::string& table);
// The text of a JSON value as it was, numbers included.
std::string json_text(const codec::Json& json);
std::string labels_text(const codec::Json& labels);  // `{a="b"}`

// `name` for a word without an operator: `alertname="name"`, as amtool reads it.
std::string matcher_argument(const std::string& word);

}  // namespace pharos::server
