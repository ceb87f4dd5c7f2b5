// The envelope of every /api/v1 answer: {"status":…,"data":…} or an error with Prometheus' type.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/json.hpp"
#include "model/labels.hpp"
#include "net/http.hpp"

namespace pharos::api {

struct Failure {
  int status;
  std::string_view type;  // "bad_data", "execution", …
  std::string message;
};

Failure bad_data(std::string message);
Failure bad_parameter(std::string_view name,
                      std::string_view message);  // invalid parameter "name": message
// How an error of the engine or a store shows: timeouts 503, cancelled 499, limits and execution
// 422, …
Failure failure_of(const Error& error);

net::Response respond(const Failure& failure);

// Builds a successful answer in place: `data` is written into `body` by the caller between the two.
//   Answer answer; answer.data().begin_object()…; return std::move(answer).finish();
class Answer {
 public:
  Answer();
  codec::JsonWriter& data() { return writer_; }
  std::string& body() { return body_; }
  std::vector<std::string> warnings, infos;
  net::Response finish() &&;

 private:
  std::string body_;
  codec::JsonWriter writer_;
};

void put_labels(codec::JsonWriter& writer, const Labels& labels);  // {"a":"b",…}

inline constexpr std::string_view kTruncated = "results truncated due to limit";

}  // namespace pharos::api
