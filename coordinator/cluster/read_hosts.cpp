#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "coordinator/cluster/hosts.h"
#include "coordinator/cluster/keys.h"
#include "record/limits.h"

namespace cox::cluster {

namespace {

/// A name is a word of the ssh command and part of file and worker names.
bool is_host_name(const std::string& name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@";
  return !name.empty() && name.front() != '-' && name.size() <= 200 &&
         name.find_first_not_of(kAllowed) == std::string::npos;
}

void read_host(const sweep::Node& node, std::vector<Host>& hosts, sweep::Diagnostics& diagnostics) {
  Host host;
  Keys keys(diagnostics);
  keys.text("name", host.name);
  keys.integer("gpus", 0, kMaxWorkersOnHost, host.gpus);
  keys.integer("workers", 1, kMaxWorkersOnHost, host.workers);
  keys.read(node, "a host");
  if (!node.is_map()) return;
  if (!is_host_name(host.name)) {
    diagnostics.error(
        node.at, fmt::format("name: expected the name of a host, got '{}'", escaped(host.name)));
  }
  hosts.push_back(std::move(host));
}

void check_names(const sweep::Node& node, const std::vector<Host>& hosts,
                 sweep::Diagnostics& diagnostics) {
  std::set<std::string> names;
  for (const Host& host : hosts) {
    if (names.insert(host.name).second) continue;
    diagnostics.error(node.at, fmt::format("host '{}' is listed twice", host.name));
  }
}

}  // namespace

Result<HostsFile> read_hosts(const std::string& path) {
  HostsFile file;
  sweep::Diagnostics diagnostics;
  Keys keys(diagnostics);
  keys.texts("ssh", file.ssh);
  keys.text("worker", file.worker);
  keys.texts("worker_options", file.worker_options);
  keys.integer("gpus_per_job", 1, kMostGpusOfJob, file.gpus_per_job);
  keys.integer("health_port", 1, 65'535 - kMaxWorkersOnHost, file.health_port);
  keys.text("out", file.out);
  keys.text("coordinator", file.coordinator);
  keys.text("ca_file", file.ca_file);
  keys.text("token_file", file.token_file);
  keys.list("hosts", [&](const sweep::Node& node) {
    read_host(node, file.hosts, diagnostics);
    check_names(node, file.hosts, diagnostics);
  });
  COX_RETURN_IF_ERROR(read_keys(path, keys, diagnostics));
  if (file.hosts.empty()) return invalid_argument(fmt::format("{}: hosts: missing", path));
  if (file.ssh.empty()) return invalid_argument(fmt::format("{}: ssh: empty", path));
  for (const Host& host : file.hosts) {
    if (host.gpus % file.gpus_per_job == 0) continue;
    return invalid_argument(fmt::format(
        "{}: gpus_per_job: expected a divisor of the {} GPUs of host '{}', got {}; a GPU that is "
        "left over would be idle",
        path, host.gpus, host.name, file.gpus_per_job));
  }
  if (file.worker.empty()) {
    return invalid_argument(
        fmt::format("{}: worker: missing; give the path of cox-worker on the hosts", path));
  }
  return file;
}

std::vector<std::string> worker_names(const HostsFile& file, const Host& host) {
  std::vector<std::string> names;
  const int count = host.gpus > 0 ? host.gpus / file.gpus_per_job : host.workers;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("{}-{}", host.name, i));
  return names;
}

}  // namespace cox::cluster
