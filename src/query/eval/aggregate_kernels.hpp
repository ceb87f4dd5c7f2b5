// The inner loops of aggregations: one series' values over all steps added to a group's columns.
// Free functions over spans, so that they vectorise. All spans are as long as the query has steps.
#pragma once
#include <cstdint>
#include <span>

#include "query/eval/frame.hpp"

namespace pharos::query {

// Kahan-Neumaier; `sum` starts as -0.0 (the neutral element), `compensation` and `count` as 0.
void accumulate_sum(std::span<const double> values, std::span<const Cell> cells,
                    std::span<double> sum, std::span<double> compensation,
                    std::span<std::uint32_t> count);
// The value is replaced when the new one is smaller (larger) or it is NaN; starts as NaN.
void accumulate_min(std::span<const double> values, std::span<const Cell> cells,
                    std::span<double> best, std::span<std::uint32_t> count);
void accumulate_max(std::span<const double> values, std::span<const Cell> cells,
                    std::span<double> best, std::span<std::uint32_t> count);
// Cells of either kind.
void accumulate_count(std::span<const Cell> cells, std::span<std::uint32_t> count);
// Welford, in Prometheus' order of operations; `mean` and `squares` start as 0.
void accumulate_variance(std::span<const double> values, std::span<const Cell> cells,
                         std::span<double> mean, std::span<double> squares,
                         std::span<std::uint32_t> count);

}  // namespace pharos::query
