#include "scrape/host/host_collector.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/manual_clock.hpp"
#include "scrape/fake_store_test.hpp"
#include "scrape/host/sections.hpp"

namespace pharos::scrape::host {
namespace {

// One text into one section; "series value" lines of what came out.
template <class Section>
std::map<std::string, double> section(Section&& run) {
  FakeStore store;
  HostSink sink(store, {});
  sink.begin();
  run(sink);
  EXPECT_TRUE(sink.end(1000));
  std::map<std::string, double> out;
  for (const auto& [series, value] : store.last_values()) out[series] = value;
  return out;
}
using Values = std::map<std::string, double>;

TEST(HostSections, CpuTimesAreSecondsPerMode) {
  const auto values = section([](HostSink& sink) {
    read_stat("cpu  1 2 3\ncpu0 100 200 300 400 500 600 700 800 900 1000\nintr 7 1 2\nctxt 8\nbtime 9\nprocesses 10\nprocs_running 2\n", sink);
  });
  EXPECT_EQ(values.at(R"(node_cpu_seconds_total{cpu="0", mode="iowait"})"), 5);
  EXPECT_EQ(values.at(R"(node_cpu_guest_seconds_total{cpu="0", mode="nice"})"), 10);
  EXPECT_EQ(values.at("node_forks_total"), 10);
  EXPECT_EQ(values.at("node_intr_total"), 7);
  EXPECT_EQ(values.count(R"(node_cpu_seconds_total{cpu="", mode="user"})"), 0u);
}

TEST(HostSections, MemoryFieldsBecomeBytes) {
  EXPECT_EQ(section([](HostSink& s) { read_meminfo("MemTotal:  2 kB\nActive(anon): 1 kB\nHugePages_Total:   3\nnonsense\n", s); }),
            (Values{{"node_memory_MemTotal_bytes", 2048}, {"node_memory_Active_anon_bytes", 1024}, {"node_memory_HugePages_Total", 3}}));
  EXPECT_EQ(section([](HostSink& s) { read_vmstat("pgfault 5\npgmajfault 6\nnr_free 1\noom_kill 0\npswpin 2\n", s); }),
            (Values{{"node_vmstat_pgfault", 5}, {"node_vmstat_pgmajfault", 6}, {"node_vmstat_oom_kill", 0}, {"node_vmstat_pswpin", 2}}));
}

TEST(HostSections, PartitionsAndMemoryDisksAreLeftOut) {
  const auto values = section([](HostSink& s) {
    read_diskstats(" 8 0 sda 1 2 3 4000 5 6 7 8000 9 10000 11000\n 8 1 sda1 1 2 3 4\n 7 0 loop0 1 2\n 259 0 nvme0n1 1 2 3 4\n 259 1 nvme0n1p1 1 2 3 4\n", s);
  });
  EXPECT_EQ(values.at(R"(node_disk_read_bytes_total{device="sda"})"), 1536);
  EXPECT_EQ(values.at(R"(node_disk_io_time_seconds_total{device="sda"})"), 10);
  EXPECT_EQ(values.count(R"(node_disk_discards_completed_total{device="sda"})"), 0u);
  EXPECT_EQ(values.count(R"(node_disk_reads_completed_total{device="sda1"})"), 0u);
  EXPECT_EQ(values.count(R"(node_disk_reads_completed_total{device="loop0"})"), 0u);
  EXPECT_EQ(values.count(R"(node_disk_reads_completed_total{device="nvme0n1p1"})"), 0u);
  EXPECT_EQ(values.at(R"(node_disk_reads_completed_total{device="nvme0n1"})"), 1);
}

TEST(HostSections, MountsOfTheKernelAndOfTheNetworkAreLeftOut) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / / rw,noatime shared:1 - ext4 /dev/sda1 rw\n2 1 0:5 / /proc rw - proc proc rw\n3 1 0:6 / /mnt\\040x ro - xfs /dev/sdb ro\n"
      "4 1 0:7 / /net rw - nfs4 host:/x rw\n5 1 0:8 / /var/lib/docker/overlay2/x rw - ext4 /dev/sda1 rw\nbroken\n6 1 8:2 / /mnt\\040x ro - ext4 /dev/sdc ro\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].mount_point, "/");
  EXPECT_EQ(mounts[1].mount_point, "/mnt x");
  EXPECT_EQ(mounts[1].device, "/dev/sdc");
}

TEST(HostSections, NetworkCountersAreChosenAsNodeExporterDoes) {
  const auto values = section([](HostSink& s) {
    read_net_dev("Inter-|\n face |\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\neth0:1: 5\n", s);
    read_netstat("TcpExt: SyncookiesSent Foo TCPTimeouts\nTcpExt: 1 2 3\nTcp: RtoMin CurrEstab\nTcp: 200 4\nUdpLite: InErrors\nUdpLite: 7\n", s);
    read_snmp6("Ip6InOctets 5\nIp6InReceives 6\nUdp6InDatagrams 7\n", s);
    read_sockstat("sockets: used 17\nTCP: inuse 1 mem 2\n", 4096, s);
    read_softnet("0000000a 00000001 00000002 0 0 0 0 0 0 3 4 5 00000001\n", s);
    read_arp("IP address HW type\n10.0.0.1 0x1 0x2 aa:bb * eth0\n10.0.0.2 0x1 0x2 aa:bb * eth0\n", s);
  });
  EXPECT_EQ(values.at(R"(node_network_transmit_bytes_total{device="eth0"})"), 9);
  EXPECT_EQ(values.at("node_netstat_TcpExt_TCPTimeouts"), 3);
  EXPECT_EQ(values.at("node_netstat_Tcp_CurrEstab"), 4);
  EXPECT_EQ(values.at("node_netstat_UdpLite_InErrors"), 7);
  EXPECT_EQ(values.at("node_netstat_Ip6_InOctets"), 5);
  EXPECT_EQ(values.count("node_netstat_Tcp_RtoMin"), 0u);
  EXPECT_EQ(values.at("node_sockstat_TCP_mem_bytes"), 8192);
  EXPECT_EQ(values.at("node_sockstat_sockets_used"), 17);
  EXPECT_EQ(values.at(R"(node_softnet_processed_total{cpu="1"})"), 10);
  EXPECT_EQ(values.at(R"(node_arp_entries{device="eth0"})"), 2);
}

TEST(HostSections, ReleaseAndPressureAreRead) {
  const auto values = section([](HostSink& s) {
    read_os_release("ID=debian\nVERSION_ID=\"12\"\nNAME='Debian'\n#x\n", s);
    read_pressure("io", "some avg10=0 total=2000000\nfull avg10=0 total=1000000\n", s);
    read_file_nr("10\t0\t99\n", s);
  });
  EXPECT_EQ(values.at(R"(node_os_info{id="debian", name="Debian", version_id="12"})"), 1);
  EXPECT_EQ(values.at(R"(node_os_version{id="debian", name="Debian"})"), 12);
  EXPECT_EQ(values.at("node_pressure_io_waiting_seconds_total"), 2);
  EXPECT_EQ(values.at("node_pressure_io_stalled_seconds_total"), 1);
  EXPECT_EQ(values.at("node_filefd_maximum"), 99);
}

// A machine on disk: files below a folder of its own.
class HostCollectorTest : public testing::Test {
 protected:
  HostCollectorTest() {
    char name[] = "/tmp/pharos-host-XXXXXX";
    root_ = ::mkdtemp(name);
    write("/proc/stat", "cpu0 1 1 1 1 1 1 1 1 1 1\nbtime 5\n");
    write("/proc/loadavg", "0.5 0.25 0.125 1/2 3\n");
    write("/proc/42/stat", "42 (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 1\n");
    write("/sys/class/net/eth0/operstate", "up\n");
    write("/sys/class/net/eth0/speed", "1000\n");
    write("/sys/class/net/eth0/flags", "0x1003\n");
    write("/sys/class/hwmon/hwmon0/name", "core Temp\n");
    write("/sys/class/hwmon/hwmon0/temp1_input", "42500\n");
    write("/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    write("/sys/fs/cgroup/a.slice/cpu.stat", "usage_usec 1500000\n");
    write("/sys/fs/cgroup/a.slice/memory.current", "1000\n");
    write("/sys/fs/cgroup/a.slice/memory.stat", "anon 600\ninactive_file 300\n");
  }
  ~HostCollectorTest() override { std::filesystem::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }

  std::string root_;
  FakeStore store_;
  ManualClock clock_;
};

TEST_F(HostCollectorTest, CollectsWhatTheRootHasAndKnowsWhatWentAway) {
  HostCollector collector(store_, clock_, {.root = root_, .instance = "h"});
  for (int i = 1; i <= 7; ++i) {
    if (i == 3) std::filesystem::remove(root_ + "/sys/class/hwmon/hwmon0/temp1_input");
    ASSERT_TRUE(collector.collect(from_unix_millis(i * 1000)));
  }
  const auto text = [&](const std::string& name, const std::string& labels = "") {
    const auto points = store_.points(name + "{" + labels + "}");
    return points.empty() ? std::string("none") : go_float(points.back().value) + " x" + std::to_string(points.size());
  };
  EXPECT_EQ(text("up", R"(instance="h", job="node")"), "1 x7");
  EXPECT_EQ(text("node_load5", R"(instance="h", job="node")"), "0.25 x7");
  EXPECT_EQ(text("node_processes_threads", R"(instance="h", job="node")"), "3 x7");
  EXPECT_EQ(text("node_network_speed_bytes", R"(device="eth0", instance="h", job="node")"), "1.25e+08 x7");
  EXPECT_EQ(text("node_network_flags", R"(device="eth0", instance="h", job="node")"), "4099 x7");
  EXPECT_EQ(text("container_cpu_usage_seconds_total", R"(id="/a.slice", instance="h", job="node")"), "1.5 x7");
  EXPECT_EQ(text("container_memory_working_set_bytes", R"(id="/a.slice", instance="h", job="node")"), "700 x7");
  const auto sensor = store_.points(R"(node_hwmon_temp_celsius{chip="core_temp", instance="h", job="node", sensor="temp1"})");
  ASSERT_EQ(sensor.size(), 6u);  // seen in rounds 1 to 5, then marked stale
  EXPECT_EQ(sensor[4].value, 42.5);
  EXPECT_TRUE(is_stale(sensor[5].value));
  EXPECT_EQ(store_.metadata["node_load1"].help, "1m load average.");
}

TEST_F(HostCollectorTest, AStoreThatForgotOrFailsIsSurvived) {
  HostCollector collector(store_, clock_, {.root = root_, .instance = "h"});
  ASSERT_TRUE(collector.collect(from_unix_millis(1000)));
  store_.forget();
  ASSERT_TRUE(collector.collect(from_unix_millis(2000)));
  EXPECT_EQ(store_.points(R"(node_load1{instance="h", job="node"})").size(), 2u);
  store_.failing = true;
  EXPECT_FALSE(collector.collect(from_unix_millis(3000)));
  store_.failing = false;
  EXPECT_TRUE(collector.collect(from_unix_millis(4000)));
}

TEST(HostCollector, ThisMachineHasACpuAndMemory) {
  FakeStore store;
  HostCollector collector(store, system_clock());
  ASSERT_TRUE(collector.collect(from_unix_millis(1000)));
  EXPECT_GT(collector.samples_per_round(), 50u);
}

}  // namespace
}  // namespace pharos::scrape::host
