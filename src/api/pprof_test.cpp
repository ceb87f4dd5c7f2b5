#include "api/pprof.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "api/fake_services_test.hpp"
#include "codec/compress.hpp"
#include "codec/protobuf.hpp"

namespace pharos::api {
// Visible to the linker, so that their names are in the symbol table whatever the build.
[[gnu::noinline]] double burn_some_cpu_for_the_profile(double x) {
  for (int i = 0; i < 20'000; ++i) x = std::sqrt(x + i);
  return x;
}
std::atomic<double> burnt{0};
[[gnu::noinline]] void caller_of_the_burner(const std::atomic<bool>& stop) {
  while (!stop) burnt = burn_some_cpu_for_the_profile(burnt) + 1;
}

namespace {

using codec::ProtoReader;
using testing::HasSubstr;

// The parts of perftools.profiles.Profile that a reader needs, written from its .proto.
struct Decoded {
  struct Sample {
    std::vector<std::uint64_t> locations, values;
    std::string thread;
  };
  std::vector<std::string> texts;
  std::vector<Sample> samples;
  std::map<std::uint64_t, std::uint64_t> function_of, mapping_of;         // by location
  std::map<std::uint64_t, std::string> functions, mapping_files, build_ids;
  std::uint64_t period = 0, duration = 0;

  explicit Decoded(std::string_view gzipped) {
    std::string raw;
    EXPECT_TRUE(codec::decompress(codec::Compression::gzip, gzipped, 64 << 20, raw));
    std::map<std::uint64_t, std::uint64_t> names, files, ids;
    std::vector<std::uint64_t> threads;
    ProtoReader in(raw);
    while (in.next()) {
      switch (in.field()) {
        case 2: {
          Sample sample;
          ProtoReader m(in.bytes());
          while (m.next()) {
            if (m.field() == 1) m.each_varint([&](std::uint64_t v) { sample.locations.push_back(v); });
            if (m.field() == 2) m.each_varint([&](std::uint64_t v) { sample.values.push_back(v); });
            if (m.field() == 3) {
              ProtoReader label(m.bytes());
              while (label.next())
                if (label.field() == 2) threads.push_back(label.varint());
                else label.varint();
            }
          }
          samples.push_back(sample);
          break;
        }
        case 3: {
          ProtoReader m(in.bytes());
          std::uint64_t id = 0;
          while (m.next()) {
            const auto v = m.varint();
            if (m.field() == 1) id = v;
            if (m.field() == 5) files[id] = v;
            if (m.field() == 6) ids[id] = v;
          }
          break;
        }
        case 4: {
          ProtoReader m(in.bytes());
          std::uint64_t id = 0;
          while (m.next()) {
            if (m.field() == 1) id = m.varint();
            else if (m.field() == 2) mapping_of[id] = m.varint();
            else if (m.field() == 4) {
              ProtoReader line(m.bytes());
              while (line.next()) function_of[id] = line.varint();
            }
          }
          break;
        }
        case 5: {
          ProtoReader m(in.bytes());
          std::uint64_t id = 0;
          while (m.next()) {
            const auto v = m.varint();
            if (m.field() == 1) id = v;
            if (m.field() == 2) names[id] = v;
          }
          break;
        }
        case 6: texts.emplace_back(in.bytes()); break;
        case 10: duration = in.varint(); break;
        case 12: period = in.varint(); break;
      }
    }
    EXPECT_TRUE(in.ok());
    for (const auto& [id, text] : names) functions[id] = texts.at(text);
    for (const auto& [id, text] : files) mapping_files[id] = texts.at(text);
    for (const auto& [id, text] : ids) build_ids[id] = texts.at(text);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i].thread = texts.at(threads.at(i));
  }
  std::string function_at(std::uint64_t location) const {
    const auto f = function_of.find(location);
    return f == function_of.end() ? "" : functions.at(f->second);
  }
};

TEST(CpuProfile, NamesTheBusyFunctionItsCallerAndThread) {
  FakeServer server;
  server.start();
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    ::pthread_setname_np(::pthread_self(), "burner");
    caller_of_the_burner(stop);
  });
  while (burnt == 0) std::this_thread::yield();
  const auto response = server.get("/debug/pprof/profile?seconds=1");
  const auto second = sample_cpu(Millis(1), {});
  stop = true;
  busy.join();
  ASSERT_EQ(response.status, 200);
  EXPECT_TRUE(second) << "the first one has ended";
  const Decoded profile(response.body);
  EXPECT_EQ(profile.texts.at(0), "");
  EXPECT_EQ(profile.period, 10'000'000u);
  EXPECT_GE(profile.duration, 1'000'000'000u);
  std::uint64_t burning = 0, called = 0, others = 0;
  for (const auto& sample : profile.samples) {
    ASSERT_EQ(sample.values.size(), 2u);
    EXPECT_EQ(sample.values[1], sample.values[0] * profile.period);
    ASSERT_FALSE(sample.locations.empty());
    if (sample.thread != "burner") {
      others += sample.values[0];
      continue;
    }
    if (profile.function_at(sample.locations[0]).find("burn_some_cpu_for_the_profile") != std::string::npos) burning += sample.values[0];
    for (const auto location : sample.locations)
      if (profile.function_at(location).find("caller_of_the_burner") != std::string::npos) {
        called += sample.values[0];
        break;
      }
    const auto mapping = profile.mapping_of.at(sample.locations[0]);
    EXPECT_FALSE(profile.mapping_files.at(mapping).empty());
  }
  EXPECT_GT(burning, 0u);
  EXPECT_GE(called, burning);
  EXPECT_GT(burning, others) << "a thread that waits is not sampled";
}

TEST(CpuProfile, OneAtATimeAndOthersAreHonest) {
  FakeServer server;
  server.start();
  std::atomic<bool> inside{false}, stop{false};
  std::thread first([&] {
    EXPECT_TRUE(sample_cpu(std::chrono::minutes(1), [&] {
      inside = true;
      return stop.load();
    }));
  });
  while (!inside) std::this_thread::yield();
  EXPECT_THAT(server.get("/debug/pprof/profile?seconds=1").body, HasSubstr("cpu profiling already in use"));
  stop = true;
  first.join();
  EXPECT_EQ(server.get("/debug/pprof/profile?seconds=101").status, 400);
  EXPECT_EQ(server.get("/debug/pprof/heap").status, 404);
  EXPECT_THAT(server.get("/debug/pprof/heap").body, HasSubstr("/debug/pprof/memory"));
  EXPECT_THAT(server.get("/debug/pprof/goroutine").body, HasSubstr("api_test"));
}

}  // namespace
}  // namespace pharos::api
