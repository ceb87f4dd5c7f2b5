// Native histograms of one granule as columns: what they share (schema, spans, bounds, hints) is
// written once per shape, every bucket becomes a value column of its own. Bit-exact.
#pragma once
#include <span>
#include <string>

#include "codec/varint.hpp"
#include "model/histogram.hpp"

namespace pharos::metrics {

// 1 to 128 entries; null where the sample is a float.
void put_histograms(std::string& out, std::span<const HistogramPtr> histograms);
// Total: false on any malformed bytes, with memory bounded by their length.
bool get_histograms(codec::Cursor& in, std::span<HistogramPtr> out);

}  // namespace pharos::metrics
