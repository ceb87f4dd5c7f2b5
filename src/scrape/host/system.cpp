#include <sys/timex.h>
#include <sys/utsname.h>

#include <algorithm>
#include <ctime>

#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"

namespace pharos::scrape::host {
namespace {

constexpr auto kGauge = MetricType::gauge;
constexpr std::size_t kChipsMax = 64, kSensorsMax = 256;

// node_exporter's spelling of chip names: lower case, other characters are '_'.
std::string clean(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':';
    if (plain || (!out.empty() && out.back() != '_')) out += plain ? c : '_';
  }
  while (out.ends_with('_')) out.pop_back();
  return out;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string chip_name(HostFiles& files, const std::string& chip) {
  const auto device = files.link(chip + "/device");
  if (!device.empty()) {
    const auto bus = files.link(chip + "/device/subsystem");
    const auto name = clean(base_name(device)), type = clean(base_name(bus));
    if (!name.empty()) return type.empty() ? name : type + "_" + name;
  }
  return clean(files.read(chip + "/name"));
}

struct SensorKind {
  std::string_view prefix, file_suffix;
  Metric metric;
  double factor;
};
const SensorKind kSensors[] = {
    {"temp", "_input", {"node_hwmon_temp_celsius", kGauge, "Hardware monitor for temperature (input)"}, .001},
    {"temp", "_max", {"node_hwmon_temp_max_celsius", kGauge, "Hardware monitor for temperature (max)"}, .001},
    {"temp", "_crit", {"node_hwmon_temp_crit_celsius", kGauge, "Hardware monitor for temperature (crit)"}, .001},
    {"temp", "_crit_alarm", {"node_hwmon_temp_crit_alarm_celsius", kGauge, "Hardware monitor for temperature (crit_alarm)"}, .001},
    {"fan", "_input", {"node_hwmon_fan_rpm", kGauge, "Hardware monitor for fan revolutions per minute (input)"}, 1},
    {"in", "_input", {"node_hwmon_in_volts", kGauge, "Hardware monitor for voltage (input)"}, .001},
    {"curr", "_input", {"node_hwmon_curr_amps", kGauge, "Hardware monitor for current (input)"}, .001},
    {"power", "_average", {"node_hwmon_power_average_watt", kGauge, "Hardware monitor for power usage in watts (average)"}, 1e-6},
    {"power", "_input", {"node_hwmon_power_watt", kGauge, "Hardware monitor for power usage in watts (input)"}, 1e-6},
    {"energy", "_input", {"node_hwmon_energy_joule_total", MetricType::counter, "Hardware monitor for joules used so far (input)"}, 1e-6},
};

}  // namespace

void read_file_nr(std::string_view text, HostSink& sink) {
  Fields fields(text);
  if (fields.empty()) return;
  const double allocated = fields.number();
  fields.skip(1);
  sink.put({"node_filefd_allocated", kGauge, "File descriptor statistics: allocated."}, allocated);
  sink.put({"node_filefd_maximum", kGauge, "File descriptor statistics: maximum."}, fields.number());
}

void read_os_release(std::string_view text, HostSink& sink) {
  static constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
      {"BUILD_ID", "build_id"}, {"ID", "id"}, {"ID_LIKE", "id_like"}, {"IMAGE_ID", "image_id"}, {"IMAGE_VERSION", "image_version"}, {"NAME", "name"},
      {"PRETTY_NAME", "pretty_name"}, {"VARIANT", "variant"}, {"VARIANT_ID", "variant_id"}, {"VERSION", "version"},
      {"VERSION_CODENAME", "version_codename"}, {"VERSION_ID", "version_id"}};
  std::vector<LabelView> labels;
  for (Lines lines(text); lines.next();) {
    const auto equals = lines.line().find('=');
    if (equals == std::string_view::npos) continue;
    const auto key = lines.line().substr(0, equals);
    auto value = lines.line().substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) value = value.substr(1, value.size() - 2);
    for (const auto& [name, label] : kKeys)
      if (name == key) labels.push_back({label, value});
  }
  if (labels.empty()) return;
  const auto of = [&](std::string_view name) {
    for (const auto& label : labels)
      if (label.name == name) return label.value;
    return std::string_view{};
  };
  sink.put({"node_os_info", kGauge,
            "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, name, pretty_name, variant, variant_id, "
            "version, version_codename, version_id."}, 1, labels);
  if (const auto version = of("version_id"); !version.empty() && version[0] >= '0' && version[0] <= '9')
    sink.put({"node_os_version", kGauge, "Metric containing the major.minor part of the OS version."}, Fields::to_number(version),
             {{"id", of("id")}, {"id_like", of("id_like")}, {"name", of("name")}});
}

void read_uname(HostFiles& files, HostSink& sink) {
  utsname own{};
  if (files.is_real_root() && ::uname(&own) != 0) return;
  const auto text = [&](const char* path, const char* fallback) {
    const auto value = std::string(files.read(path));
    return value.empty() ? std::string(fallback) : value;
  };
  const auto node = text("/proc/sys/kernel/hostname", own.nodename), domain = text("/proc/sys/kernel/domainname", own.domainname);
  const auto release = text("/proc/sys/kernel/osrelease", own.release), version = text("/proc/sys/kernel/version", own.version);
  const auto system = text("/proc/sys/kernel/ostype", own.sysname);
  if (node.empty() && release.empty()) return;
  sink.put({"node_uname_info", kGauge, "Labeled system information as provided by the uname system call."}, 1,
           {{"domainname", domain}, {"machine", own.machine}, {"nodename", node}, {"release", release}, {"sysname", system}, {"version", version}});
}

void read_small_files(HostFiles& files, HostSink& sink) {
  const auto put = [&](const char* path, const Metric& metric) {
    const auto text = files.read_kept(path);
    if (!text.empty()) sink.put(metric, Fields(text.substr(0, text.find('\n'))).number());
  };
  put("/proc/sys/kernel/random/entropy_avail", {"node_entropy_available_bits", kGauge, "Bits of available entropy."});
  put("/proc/sys/kernel/random/poolsize", {"node_entropy_pool_size_bits", kGauge, "Bits of entropy pool."});
  put("/proc/sys/net/netfilter/nf_conntrack_count", {"node_nf_conntrack_entries", kGauge, "Number of currently allocated flow entries for connection tracking."});
  put("/proc/sys/net/netfilter/nf_conntrack_max", {"node_nf_conntrack_entries_limit", kGauge, "Maximum size of connection tracking table."});
}

void read_clock(bool kernel_clock, UnixMillis now, HostSink& sink) {
  sink.put({"node_time_seconds", kGauge, "System time in seconds since epoch (1970)."}, static_cast<double>(now) / 1000);
  if (!kernel_clock) return;
  timex t{};
  const int state = ::adjtimex(&t);
  if (state < 0) return;
  const double divisor = (t.status & STA_NANO) != 0 ? 1e9 : 1e6;
  sink.put({"node_timex_offset_seconds", kGauge, "Time offset in between local system and reference clock."}, static_cast<double>(t.offset) / divisor);
  sink.put({"node_timex_maxerror_seconds", kGauge, "Maximum error in seconds."}, static_cast<double>(t.maxerror) / 1e6);
  sink.put({"node_timex_estimated_error_seconds", kGauge, "Estimated error in seconds."}, static_cast<double>(t.esterror) / 1e6);
  sink.put({"node_timex_frequency_adjustment_ratio", kGauge, "Local clock frequency adjustment."}, 1 + static_cast<double>(t.freq) / 65536 / 1e6);
  sink.put({"node_timex_loop_time_constant", kGauge, "Phase-locked loop time constant."}, static_cast<double>(t.constant));
  sink.put({"node_timex_status", kGauge, "Value of the status array bits."}, t.status);
  sink.put({"node_timex_sync_status", kGauge, "Is clock synchronized to a reliable server (1 = yes, 0 = no)."}, state != TIME_ERROR && t.maxerror < 16'000'000);
  sink.put({"node_timex_tai_offset_seconds", kGauge, "International Atomic Time (TAI) offset."}, t.tai);
  sink.put({"node_timex_tick_seconds", kGauge, "Seconds between clock ticks."}, static_cast<double>(t.tick) / 1e6);
}

void read_sensors(HostFiles& files, HostSink& sink) {
  auto chips = files.list("/sys/class/hwmon");
  chips.resize(std::min(chips.size(), kChipsMax));
  for (const auto& entry : chips) {
    const auto path = "/sys/class/hwmon/" + entry;
    const auto chip = chip_name(files, path);
    if (chip.empty()) continue;
    if (const auto name = clean(files.read(path + "/name")); !name.empty())
      sink.put({"node_hwmon_chip_names", kGauge, "Annotation metric for human-readable chip names"}, 1, {{"chip", chip}, {"chip_name", name}});
    auto sensors = files.list(path);
    sensors.resize(std::min(sensors.size(), kSensorsMax));
    for (const auto& file : sensors) {
      const auto underline = file.find('_');
      if (underline == file.npos) continue;
      const auto sensor = std::string_view(file).substr(0, underline), suffix = std::string_view(file).substr(underline);
      const auto kind = sensor.substr(0, sensor.find_first_of("0123456789"));
      if (suffix == "_label") {
        const std::string label(files.read(path + "/" + file));
        if (!label.empty()) sink.put({"node_hwmon_sensor_label", kGauge, "Label for given chip and sensor"}, 1, {{"chip", chip}, {"label", label}, {"sensor", sensor}});
        continue;
      }
      for (const auto& known : kSensors) {
        if (known.prefix != kind || known.file_suffix != suffix) continue;
        const auto text = files.read(path + "/" + file);
        if (!text.empty()) sink.put(known.metric, Fields::to_number(text) * known.factor, {{"chip", chip}, {"sensor", sensor}});
      }
    }
  }
  for (const auto& zone : files.list("/sys/class/thermal")) {
    if (!zone.starts_with("thermal_zone")) continue;
    const std::string type(files.read("/sys/class/thermal/" + zone + "/type"));
    const auto text = files.read("/sys/class/thermal/" + zone + "/temp");
    if (!text.empty())
      sink.put({"node_thermal_zone_temp", kGauge, "Zone temperature in Celsius"}, Fields::to_number(text) / 1000,
               {{"type", type}, {"zone", std::string_view(zone).substr(12)}});
  }
}

}  // namespace pharos::scrape::host
