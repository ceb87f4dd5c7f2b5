#include "metrics/part.hpp"

#include "metrics/cold_block.hpp"
#include "metrics/hot_segment.hpp"

namespace pharos::metrics {

Status Part::read_aggregate(SeriesId, Aggregate, UnixMillis, UnixMillis, SampleColumn&) const {
  return fail(Errc::unsupported, path() + ": raw samples have no aggregates");
}

Result<std::vector<std::string>> Part::label_names() const { return fail(Errc::unsupported, path() + ": no label index"); }
Result<std::vector<std::string>> Part::label_values(std::string_view) const {
  return fail(Errc::unsupported, path() + ": no label index");
}

Result<std::shared_ptr<const Part>> open_part(Disk& disk, const std::string& path,
                                              std::vector<std::string>& damage,
                                              std::shared_ptr<GranuleCache> cache) {
  if (path.ends_with(".hot")) return open_hot(disk, path, damage);
  if (path.ends_with(".cold")) return open_cold(disk, path, damage, std::move(cache));
  return fail(Errc::invalid, path + ": a part's name ends in .hot or .cold");
}

}  // namespace pharos::metrics
