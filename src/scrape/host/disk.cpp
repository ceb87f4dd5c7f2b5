#include <sys/statvfs.h>

#include <algorithm>

#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"

namespace pharos::scrape::host {
namespace {

constexpr auto kCounter = MetricType::counter;
constexpr double kSectorBytes = 512;  // of /proc/diskstats, whatever the device has

bool all_digits(std::string_view s) { return !s.empty() && s.find_first_not_of("0123456789") == s.npos; }

// node_exporter's default: ^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$ — partitions and memory disks.
bool is_left_out(std::string_view device) {
  for (const std::string_view prefix : {"ram", "zram", "loop", "fd"})
    if (device.starts_with(prefix) && all_digits(device.substr(prefix.size()))) return true;
  for (const std::string_view prefix : {"hd", "sd", "vd", "xvd"})
    if (device.starts_with(prefix) && device.size() > prefix.size() + 1 && device[prefix.size()] >= 'a' && device[prefix.size()] <= 'z' &&
        all_digits(device.substr(prefix.size() + 1)))
      return true;
  const auto partition = device.rfind('p');
  return device.starts_with("nvme") && partition != device.npos && partition > 4 && all_digits(device.substr(partition + 1));
}

struct DiskField {
  Metric metric;
  double factor;
};
const DiskField kDiskFields[] = {
    {{"node_disk_reads_completed_total", kCounter, "The total number of reads completed successfully."}, 1},
    {{"node_disk_reads_merged_total", kCounter, "The total number of reads merged."}, 1},
    {{"node_disk_read_bytes_total", kCounter, "The total number of bytes read successfully."}, kSectorBytes},
    {{"node_disk_read_time_seconds_total", kCounter, "The total number of seconds spent by all reads."}, .001},
    {{"node_disk_writes_completed_total", kCounter, "The total number of writes completed successfully."}, 1},
    {{"node_disk_writes_merged_total", kCounter, "The number of writes merged."}, 1},
    {{"node_disk_written_bytes_total", kCounter, "The total number of bytes written successfully."}, kSectorBytes},
    {{"node_disk_write_time_seconds_total", kCounter, "This is the total number of seconds spent by all writes."}, .001},
    {{"node_disk_io_now", MetricType::gauge, "The number of I/Os currently in progress."}, 1},
    {{"node_disk_io_time_seconds_total", kCounter, "Total seconds spent doing I/Os."}, .001},
    {{"node_disk_io_time_weighted_seconds_total", kCounter, "The weighted # of seconds spent doing I/Os."}, .001},
    {{"node_disk_discards_completed_total", kCounter, "The total number of discards completed successfully."}, 1},
    {{"node_disk_discards_merged_total", kCounter, "The total number of discards merged."}, 1},
    {{"node_disk_discarded_sectors_total", kCounter, "The total number of sectors discarded successfully."}, 1},
    {{"node_disk_discard_time_seconds_total", kCounter, "This is the total number of seconds spent by all discards."}, .001},
    {{"node_disk_flush_requests_total", kCounter, "The total number of flush requests completed successfully"}, 1},
    {{"node_disk_flush_requests_time_seconds_total", kCounter, "This is the total number of seconds spent by all flush requests."}, .001},
};

constexpr std::string_view kTypesLeftOut[] = {
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "fusectl", "hugetlbfs", "iso9660", "mqueue",
    "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "erofs", "sysfs", "tracefs",
    // Asking a file server that does not answer would block the collector: network file systems are left out.
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "ncpfs", "coda", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"};

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_mount_left_out(std::string_view path) {
  if (is_below(path, "/dev") || is_below(path, "/proc") || is_below(path, "/sys")) return true;
  for (const std::string_view inner : {"/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"})
    if (path.starts_with(inner) && path.size() > inner.size()) return true;
  return false;
}

std::string unescape_octal(std::string_view text) {  // "\040" is a blank
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t k) { return i + k < text.size() && text[i + k] >= '0' && text[i + k] <= '7'; };
    if (text[i] == '\\' && digit(1) && digit(2) && digit(3)) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

void read_diskstats(std::string_view text, HostSink& sink) {
  for (Lines lines(text); lines.next();) {
    Fields fields(lines.line());
    fields.skip(2);
    const auto device = fields.next();
    if (device.empty() || is_left_out(device)) continue;
    for (const auto& field : kDiskFields) {
      const auto value = fields.next();
      if (value.empty()) break;  // older kernels have fewer columns
      sink.put(field.metric, Fields::to_number(value) * field.factor, {{"device", device}});
    }
  }
}

void read_disk_info(HostFiles& files, HostSink& sink) {
  for (const auto& device : files.list("/sys/block")) {
    if (is_left_out(device)) continue;
    const auto base = "/sys/block/" + device;
    const std::string numbers(files.read(base + "/dev"));
    const std::string model(files.read(base + "/device/model"));
    const std::string rotational(files.read(base + "/queue/rotational"));
    const auto colon = numbers.find(':');
    if (colon == numbers.npos) continue;
    auto trimmed = std::string_view(model);
    while (trimmed.ends_with(' ')) trimmed.remove_suffix(1);
    sink.put({"node_disk_info", MetricType::gauge, "Info of /sys/block/<block_device>."}, 1,
             {{"device", device}, {"major", std::string_view(numbers).substr(0, colon)}, {"minor", std::string_view(numbers).substr(colon + 1)},
              {"model", trimmed}, {"rotational", rotational}});
  }
}

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
std::vector<Mount> parse_mounts(std::string_view mountinfo) {
  std::vector<Mount> out;
  for (Lines lines(mountinfo); lines.next();) {
    Fields fields(lines.line());
    fields.skip(2);
    const auto numbers = fields.next();
    fields.skip(1);
    Mount mount;
    mount.mount_point = unescape_octal(fields.next());
    mount.options = fields.next();
    for (auto field = fields.next(); !field.empty() && field != "-";) field = fields.next();
    mount.type = fields.next();
    mount.device = unescape_octal(fields.next());
    const auto colon = numbers.find(':');
    if (mount.type.empty() || colon == numbers.npos || is_mount_left_out(mount.mount_point)) continue;
    if (std::find(std::begin(kTypesLeftOut), std::end(kTypesLeftOut), mount.type) != std::end(kTypesLeftOut)) continue;
    mount.major = numbers.substr(0, colon), mount.minor = numbers.substr(colon + 1);
    // A later mount at the same place hides the earlier.
    std::erase_if(out, [&](const Mount& m) { return m.mount_point == mount.mount_point; });
    out.push_back(std::move(mount));
  }
  return out;
}

void read_file_systems(const std::vector<Mount>& mounts, const HostFiles& files, HostSink& sink) {
  const auto gauge = [](std::string_view name, std::string_view help) { return Metric{name, MetricType::gauge, help}; };
  for (const auto& mount : mounts) {
    struct statvfs fs {};
    const bool failed = ::statvfs(files.full_path(mount.mount_point).c_str(), &fs) != 0;
    const std::string_view why = failed ? "statfs failed" : "";
    const std::string_view options = mount.options;
    const LabelView labels[] = {{"device", mount.device}, {"device_error", why}, {"fstype", mount.type}, {"mountpoint", mount.mount_point}};
    sink.put(gauge("node_filesystem_device_error", "Whether an error occurred while getting statistics for the given device."), failed, labels);
    const bool read_only = options == "ro" || options.starts_with("ro,");
    sink.put(gauge("node_filesystem_readonly", "Filesystem read-only status."), read_only, labels);
    if (failed) continue;
    const auto block = static_cast<double>(fs.f_frsize);
    sink.put(gauge("node_filesystem_size_bytes", "Filesystem size in bytes."), static_cast<double>(fs.f_blocks) * block, labels);
    sink.put(gauge("node_filesystem_free_bytes", "Filesystem free space in bytes."), static_cast<double>(fs.f_bfree) * block, labels);
    sink.put(gauge("node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes."), static_cast<double>(fs.f_bavail) * block, labels);
    sink.put(gauge("node_filesystem_files", "Filesystem total file nodes."), static_cast<double>(fs.f_files), labels);
    sink.put(gauge("node_filesystem_files_free", "Filesystem total free file nodes."), static_cast<double>(fs.f_ffree), labels);
    sink.put(gauge("node_filesystem_mount_info", "Filesystem mount information."), 1,
             {{"device", mount.device}, {"major", mount.major}, {"minor", mount.minor}, {"mountpoint", mount.mount_point}});
  }
}

}  // namespace pharos::scrape::host
