// DNS look-ups through libresolv: resolv.conf's servers, search list, UDP with TCP when cut short.
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <array>
#include <cstring>

#include "scrape/discovery.hpp"

namespace pharos::scrape {
namespace {

constexpr int wire_type(DnsRecord record) {
  switch (record) {
    case DnsRecord::a: return ns_t_a;
    case DnsRecord::aaaa: return ns_t_aaaa;
    case DnsRecord::srv: return ns_t_srv;
    case DnsRecord::mx: return ns_t_mx;
    case DnsRecord::ns: return ns_t_ns;
  }
  return ns_t_a;
}

// A domain name within the data of a record.
Result<std::string> expand(const ns_msg& message, const unsigned char* at) {
  char host[NS_MAXDNAME];
  if (::dn_expand(ns_msg_base(message), ns_msg_end(message), at, host, sizeof host) < 0)
    return fail(Errc::invalid, "the answer holds a damaged name");
  std::string name = host;
  while (!name.empty() && name.back() == '.') name.pop_back();
  return name;
}

Result<DnsAnswer> answer_of(const ns_msg& message, const ns_rr& record, DnsRecord type) {
  const unsigned char* data = ns_rr_rdata(record);
  const std::size_t length = ns_rr_rdlen(record);
  DnsAnswer answer;
  const auto damaged = [] {
    return fail(Errc::invalid, "the answer holds a record that is too short");
  };
  switch (type) {
    case DnsRecord::a:
    case DnsRecord::aaaa: {
      const bool v4 = type == DnsRecord::a;
      if (length != (v4 ? 4U : 16U)) return damaged();
      char text[INET6_ADDRSTRLEN];
      ::inet_ntop(v4 ? AF_INET : AF_INET6, data, text, sizeof text);
      answer.target = text;
      return answer;
    }
    case DnsRecord::srv:
      if (length < 7) return damaged();
      answer.port = static_cast<std::uint16_t>((data[4] << 8) | data[5]);
      answer.target = TRY(expand(message, data + 6));
      return answer;
    case DnsRecord::mx:
      if (length < 3) return damaged();
      answer.target = TRY(expand(message, data + 2));
      return answer;
    case DnsRecord::ns: answer.target = TRY(expand(message, data)); return answer;
  }
  return damaged();
}

class SystemResolver final : public DnsResolver {
 public:
  Result<std::vector<DnsAnswer>> look_up(const std::string& host, DnsRecord type) override {
    struct __res_state state {};
    if (::res_ninit(&state) != 0)
      return fail(Errc::io, "the resolver cannot read its configuration");
    std::array<unsigned char, 65536> reply;
    const int length =
        ::res_nsearch(&state, host.c_str(), ns_c_in, wire_type(type), reply.data(), reply.size());
    const int error = state.res_h_errno;
    ::res_nclose(&state);
    if (length < 0) {
      if (error == HOST_NOT_FOUND || error == NO_DATA)
        return fail(Errc::not_found, host + ": no such name");
      return fail(Errc::io, host + ": " + ::hstrerror(error));
    }
    ns_msg message;
    if (::ns_initparse(reply.data(), std::min<int>(length, reply.size()), &message) != 0)
      return fail(Errc::invalid, host + ": the answer cannot be parsed");
    std::vector<DnsAnswer> out;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
      ns_rr record;
      if (::ns_parserr(&message, ns_s_an, i, &record) != 0)
        return fail(Errc::invalid, host + ": the answer cannot be parsed");
      if (ns_rr_type(record) != wire_type(type)) continue;  // CNAMEs on the way
      auto answer = TRY(answer_of(message, record, type));
      out.push_back(std::move(answer));
    }
    return out;
  }
};

}  // namespace

std::shared_ptr<DnsResolver> system_dns_resolver() {
  return std::make_shared<SystemResolver>();
}

}  // namespace pharos::scrape
