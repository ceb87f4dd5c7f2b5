#include "server/command_client.hpp"

#include <cstdio>

#include "model/labels.hpp"
#include "server/answer_text.hpp"

namespace pharos::server {

using codec::Json;

int complain(const std::string& text, int status) {
  std::fputs(("pharos: " + text + "\n").c_str(), stderr);
  return status;
}

int complain(const Error& error) {
  return complain(error.message, 1);
}

Result<ApiClient> command_client(const std::string& server,
                                 const std::vector<std::string>& headers) {
  ApiClient client(server);
  for (const auto& header : headers) TRY(client.add_header(std::string_view(header)));
  return client;
}

QueryText& QueryText::add(std::string_view key, std::string_view value) {
  text_ += text_.empty() ? '?' : '&';
  text_ += net::url_encode(key);
  text_ += '=';
  text_ += net::url_encode(value);
  return *this;
}

Result<Time> time_argument(const std::string& text, Time otherwise, Time now,
                           std::string_view flag) {
  if (text.empty()) return otherwise;
  if (const auto ago = parse_duration(text)) return now - *ago;
  auto parsed = parse_time(text);
  if (!parsed) return fail(std::move(parsed).error().in(flag));
  return *parsed;
}

std::string json_text(const Json& json) {
  std::string out;
  codec::JsonWriter writer(out);
  const auto put = [&](const auto& self, const Json& value) -> void {
    switch (value.kind()) {
      case Json::Kind::null: writer.null(); return;
      case Json::Kind::boolean: writer.value(value.boolean()); return;
      case Json::Kind::integer: writer.value(value.integer()); return;
      case Json::Kind::real: writer.value(value.real()); return;
      case Json::Kind::string: writer.value(std::string_view(value.string())); return;
      case Json::Kind::array:
        writer.begin_array();
        for (const auto& item : value.items()) self(self, item);
        writer.end_array();
        return;
      case Json::Kind::object:
        writer.begin_object();
        for (const auto& [key, member] : value.members()) {
          writer.key(key);
          self(self, member);
        }
        writer.end_object();
        return;
    }
  };
  put(put, json);
  return out;
}

void show(OutputFormat output, const Json& json, const std::string& table) {
  switch (output) {
    case OutputFormat::json: std::fputs((json_text(json) + "\n").c_str(), stdout); return;
    case OutputFormat::yaml: std::fputs(answer_yaml(json).c_str(), stdout); return;
    case OutputFormat::table: std::fputs(table.c_str(), stdout); return;
  }
}

std::string labels_text(const Json& labels) {
  LabelsBuilder builder;
  for (const auto& [name, value] : labels.members()) builder.set(name, value.string());
  return builder.build().to_string();
}

std::string matcher_argument(const std::string& word) {
  return word.find_first_of("=!~") == word.npos ? "alertname=" + go_quote(word) : word;
}

}  // namespace pharos::server
