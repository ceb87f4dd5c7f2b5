// An Appender that takes everything and keeps nothing, for fuzz targets of receivers.
#pragma once
#include "model/appender.hpp"

namespace pharos {

class NullAppender final : public Appender {
 public:
  Result<SeriesRef> resolve(const Labels&) override { return SeriesRef{++next_}; }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef> refs,
               std::vector<ResolveError>&) override {
    for (auto& ref : refs) ref = SeriesRef{++next_};
  }
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions&) override {
    AppendOutcome outcome;
    for (std::uint32_t i = 0; i < batch.floats.size(); ++i)
      if (batch.floats[i].t_ms < 0) outcome.rejections.push_back({Rejection::Kind::floating, RejectReason::too_old, i});
    for (std::uint32_t i = 0; i < batch.histograms.size(); ++i)
      if (!batch.histograms[i].histogram->validate()) outcome.rejections.push_back({Rejection::Kind::histogram, RejectReason::invalid, i});
    outcome.rejected = outcome.rejections.size();
    return outcome;
  }

 private:
  std::uint64_t next_ = 0;
};

}  // namespace pharos
