// HDE and the selector: what was compressed, by which algorithm, and what the model expected.

// prints: dwcp_hde_bytes_original_total{cluster="c1",node="n1",data_type="memory"} 8192
// prints: dwcp_hde_delta_hit_rate_percent{cluster="c1",node="n1"} 50
// prints: compression_algorithm_selected_total{algorithm="zstd",version="v3"} 2
// prints: model_predictions_total{prediction="zstd",confidence="high",model_version="m7"} 2
#include <cstdio>

#include <pharos/dwcp/instruments.hpp>

using namespace pharos::client;

int main() {
  const dwcp::Instruments dwcp{"c1", "n1"};
  const dwcp::CompressionSelector selector{Registry::standard(), "v3", "m7"};
  const auto zstd = selector.algorithm("zstd");
  for (int page = 0; page < 2; ++page) {
    selector.predicted("zstd", 0.97, 0.0002, 0.0003);
    zstd.selected(4.0);
    const bool found_baseline = page == 1;
    dwcp.hde.encoded(dwcp::DataType::memory, 4096, found_baseline ? 256 : 1024, found_baseline);
    zstd.compressed(found_baseline ? 16 : 4, 0.996);
  }
  dwcp.hde.baselines(dwcp::Baseline::memory, 12);
  selector.model(0.9965, 0.02);
  std::fputs(render(Registry::standard()).c_str(), stdout);
}
