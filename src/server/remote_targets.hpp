// The remote sections of the configuration as the parts that work them take them.
#pragma once
#include <memory>
#include <vector>

#include "ingest/remote_read.hpp"
#include "ingest/write_queue.hpp"
#include "metrics/store.hpp"
#include "net/http_client.hpp"
#include "server/config.hpp"

namespace pharos::server {

// An entry without a name gets one from its content, which stays the same while the entry does.
std::vector<ingest::RemoteWriteTarget> write_targets(const Config& config);

// What queries see: the store, merged with the servers of remote_read when there are any.
std::shared_ptr<Querier> query_view(const Config& config,
                                    const std::shared_ptr<metrics::Store>& store,
                                    const std::shared_ptr<net::HttpClient>& client);

}  // namespace pharos::server
