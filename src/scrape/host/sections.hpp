// The collectors. Those on text are pure: what a file says goes into the sink, in node_exporter's names.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scrape/host/host_files.hpp"
#include "scrape/host/host_sink.hpp"

namespace pharos::scrape::host {

// cpu.cpp
void read_stat(std::string_view text, HostSink& sink);                      // /proc/stat
void read_loadavg(std::string_view text, HostSink& sink);
void read_pressure(std::string_view resource, std::string_view text, HostSink& sink);
// memory.cpp
void read_meminfo(std::string_view text, HostSink& sink);
void read_vmstat(std::string_view text, HostSink& sink);
// disk.cpp
void read_diskstats(std::string_view text, HostSink& sink);
struct Mount {
  std::string device, mount_point, type, options, major, minor;
};
std::vector<Mount> parse_mounts(std::string_view mountinfo);                // those worth watching
void read_file_systems(const std::vector<Mount>& mounts, const HostFiles& files, HostSink& sink);
void read_disk_info(HostFiles& files, HostSink& sink);
// network.cpp
void read_net_dev(std::string_view text, HostSink& sink);
void read_netstat(std::string_view text, HostSink& sink);                   // /proc/net/netstat and snmp: pairs of lines
void read_snmp6(std::string_view text, HostSink& sink);
void read_sockstat(std::string_view text, double page_bytes, HostSink& sink);
void read_softnet(std::string_view text, HostSink& sink);
void read_arp(std::string_view text, HostSink& sink);
void read_interfaces(HostFiles& files, HostSink& sink);                     // /sys/class/net
// system.cpp
void read_file_nr(std::string_view text, HostSink& sink);
void read_os_release(std::string_view text, HostSink& sink);
void read_uname(HostFiles& files, HostSink& sink);
void read_small_files(HostFiles& files, HostSink& sink);                    // entropy, conntrack, SELinux
void read_clock(bool kernel_clock, UnixMillis now, HostSink& sink);
void read_sensors(HostFiles& files, HostSink& sink);                        // hwmon, thermal zones
// processes.cpp
void read_processes(HostFiles& files, HostSink& sink);
// cgroups.cpp
void read_cgroups(HostFiles& files, HostSink& sink);                        // version 2, the upper levels

}  // namespace pharos::scrape::host
