// What the command line says about on-call, as plain values.
#pragma once
#include <string>
#include <vector>

#include "server/flags.hpp"

namespace pharos::server {

struct OnCallFlags {
  std::string server = "http://127.0.0.1:9090";
  std::vector<std::string> headers, words;  // words: a schedule, matchers, labels or names
  std::string schedule, from, to, escalation, owner, note, until, file, id;
  OutputFormat output = OutputFormat::table;
};
int run_oncall_who(const OnCallFlags& flags);
int run_oncall_shifts(const OnCallFlags& flags);
int run_oncall_calendar(const OnCallFlags& flags);
int run_oncall_import(const OnCallFlags& flags);
int run_oncall_override(const OnCallFlags& flags);
int run_oncall_remove_override(const OnCallFlags& flags);
int run_oncall_escalations(const OnCallFlags& flags);
int run_oncall_acknowledgements(const OnCallFlags& flags);
int run_oncall_take(const OnCallFlags& flags);
int run_oncall_give_back(const OnCallFlags& flags);
int run_oncall_heartbeats(const OnCallFlags& flags);
int run_oncall_heartbeat(const OnCallFlags& flags);
int run_oncall_maintenance(const OnCallFlags& flags);
int run_oncall_test(const OnCallFlags& flags);

}  // namespace pharos::server
