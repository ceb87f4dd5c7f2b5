#include "api/answer.hpp"

#include "base/quoted.hpp"

namespace pharos::api {

Failure bad_data(std::string message) {
  return {400, "bad_data", std::move(message)};
}

Failure bad_parameter(std::string_view name, std::string_view message) {
  return bad_data("invalid parameter " + quoted(name) + ": " + std::string(message));
}

Failure failure_of(const Error& error) {
  switch (error.code) {
    case Errc::invalid: return {400, "bad_data", error.message};
    case Errc::not_found: return {404, "not_found", error.message};
    case Errc::conflict:
    case Errc::limit:
    case Errc::unsupported: return {422, "execution", error.message};
    case Errc::timeout: return {503, "timeout", error.message};
    case Errc::cancelled: return {499, "canceled", error.message};
    case Errc::unavailable: return {503, "unavailable", error.message};
    case Errc::denied: return {403, "forbidden", error.message};
    case Errc::io:
    case Errc::corrupt:
    case Errc::internal: break;
  }
  return {500, "internal", error.message};
}

net::Response respond(const Failure& failure) {
  std::string body;
  codec::JsonWriter writer(body);
  writer.begin_object().key("status").value("error").key("errorType").value(failure.type);
  writer.key("error").value(failure.message).end_object();
  return net::Response::json(failure.status, std::move(body));
}

Answer::Answer() : writer_(body_) {
  writer_.begin_object().key("status").value("success").key("data");
}

net::Response Answer::finish() && {
  const auto list = [&](std::string_view key, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    writer_.key(key).begin_array();
    for (const auto& text : texts) writer_.value(text);
    writer_.end_array();
  };
  list("warnings", warnings);
  list("infos", infos);
  writer_.end_object();
  return net::Response::json(200, std::move(body_));
}

void put_labels(codec::JsonWriter& writer, const Labels& labels) {
  thread_local std::string text;  // in one piece: lists have hundreds of label sets
  text = '{';
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ',';
    codec::put_json_string(text, name);
    text += ':';
    codec::put_json_string(text, value);
  }
  text += '}';
  writer.raw(text);
}

}  // namespace pharos::api
