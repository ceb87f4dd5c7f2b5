#include "api/grafana/grafana_answer.hpp"

#include <cmath>

#include "base/quoted.hpp"
#include "dashboards/dashboard.hpp"

namespace pharos::api::grafana {
namespace {

using Kind = codec::Json::Kind;

Status check_member(const codec::Json& body, const Member& member) {
  const auto& value = body[member.name];
  const bool number = member.kind == Kind::integer && value.kind() == Kind::real;
  if (value.is_null() || value.kind() == member.kind) return {};
  const auto place =
      "bad request data: byte " + std::to_string(value.offset()) + ": " + std::string(member.name);
  if (!number)
    return fail(Errc::invalid, place + " must be " + std::string(kind_name(member.kind)) + ", not " +
                                   std::string(kind_name(value.kind())));
  if (std::abs(value.real()) < 9e18) return {};
  return fail(Errc::invalid, place + " is out of range");
}

}  // namespace

net::Response message(int status, std::string_view text, std::string_view state) {
  std::string body;
  codec::JsonWriter writer(body);
  writer.begin_object().key("message").value(text);
  if (!state.empty()) writer.key("status").value(state);
  writer.end_object();
  return net::Response::json(status, std::move(body));
}

net::Response respond(const Error& error) {
  switch (error.code) {
    case Errc::not_found: return message(404, error.message, "not-found");
    case Errc::conflict: {
      if (error.message.find("already exists") != std::string::npos)
        return message(409, error.message);
      return message(412, error.message, "version-mismatch");
    }
    case Errc::limit: return message(413, error.message);
    case Errc::invalid:
      return message(400, error.message,
                     error.message == dashboards::kTitleEmpty ? "empty-name" : "");
    case Errc::denied:
    case Errc::unsupported: return message(400, error.message);
    case Errc::unavailable: return message(503, error.message);
    default: return message(500, error.message);
  }
}

Result<codec::Json> read_body(const net::Request& request, std::initializer_list<Member> members) {
  TRY(dashboards::check_size(request.body));
  auto json = codec::Json::parse(request.body);
  if (!json) return fail(Errc::invalid, "bad request data: " + json.error().message);
  if (json->kind() != codec::Json::Kind::object)
    return fail(Errc::invalid, "bad request data: the body is not an object");
  for (const auto& member : members) TRY(check_member(*json, member));
  return json;
}

std::string local_time(Time t) {
  return format_time(t);
}

Result<net::Form> query_of(const net::Request& request) {
  return net::Form::parse(request.query);
}

Result<std::int64_t> integer_of(const net::Form& form, std::string_view name,
                                std::int64_t otherwise, std::int64_t min, std::int64_t max) {
  const auto text = form.get(name);
  if (text.empty()) return otherwise;
  const auto value = parse_integer(text);
  if (!value)
    return fail(Errc::invalid, std::string(name) + ": " + quoted(text) + " is not a number");
  return std::clamp(*value, min, max);
}

}  // namespace pharos::api::grafana
