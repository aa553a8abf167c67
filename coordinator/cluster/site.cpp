#include "coordinator/cluster/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "coordinator/cluster/time_text.h"
#include "coordinator/sweep/diagnostics.h"

namespace cox::cluster {

namespace {

/// "gpu:h200:8(S:0-1)", "gpu:4", "(null)" or others of a list of generic resources.
std::vector<NodeGpus> read_gpus(const std::string& text) {
  std::string plain;  // without the parts in parentheses, which may contain commas
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (depth == 0) plain += c;
    if (c == ')') --depth;
  }
  std::vector<NodeGpus> found;
  for (const std::string& entry : split(plain, ',')) {
    const std::vector<std::string> parts = split(entry, ':');
    if (parts.size() < 2 || parts.front() != "gpu") continue;
    NodeGpus gpus{.type = parts.size() > 2 ? parts[1] : "", .count = 0};
    const std::string& number = parts.back();
    std::from_chars(number.data(), number.data() + number.size(), gpus.count);
    found.push_back(std::move(gpus));
  }
  return found;
}

Partition& partition_named(std::vector<Partition>& partitions, const std::string& name) {
  for (Partition& partition : partitions) {
    if (partition.name == name) return partition;
  }
  return partitions.emplace_back(Partition{.name = name, .longest = {}, .gpus = {}});
}

std::vector<std::string> names_of(const std::vector<Partition>& partitions) {
  std::vector<std::string> names;
  for (const Partition& partition : partitions) names.push_back(partition.name);
  return names;
}

std::string gpus_text(const Partition& partition) {
  std::vector<std::string> texts;
  for (const NodeGpus& gpus : partition.gpus) {
    std::string text = fmt::format("{} {} in a node", gpus.count,
                                   gpus.type.empty() ? "of no named type" : gpus.type);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
  }
  return texts.empty() ? "none" : join(texts, ", ");
}

/// Slurm takes a type without regard to case.
bool has_gpus(const Partition& partition, const SlurmSettings& settings) {
  return std::any_of(partition.gpus.begin(), partition.gpus.end(), [&](const NodeGpus& gpus) {
    const bool is_type =
        settings.gpu_type.empty() || lower_case(gpus.type) == lower_case(settings.gpu_type);
    return is_type && gpus.count >= settings.gpus;
  });
}

Status check_partition(const SlurmSettings& settings, const Partition& partition) {
  if (!partition.is_up) {
    return failed_precondition(
        fmt::format("partition '{}' is down: nothing would start", partition.name));
  }
  if (partition.longest && settings.time > *partition.longest) {
    return invalid_argument(fmt::format("time: {} is more than partition '{}' allows ({})",
                                        time_limit_text(settings.time), partition.name,
                                        time_limit_text(*partition.longest)));
  }
  if (settings.gpus > 0 && !has_gpus(partition, settings)) {
    return invalid_argument(fmt::format(
        "gpus: no node of partition '{}' has {} {}GPUs; it has: {}", partition.name, settings.gpus,
        settings.gpu_type.empty() ? "" : settings.gpu_type + " ", gpus_text(partition)));
  }
  return Status::ok();
}

}  // namespace

Result<std::vector<Partition>> read_site(const std::string& text) {
  std::vector<Partition> partitions;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string> fields = split(line, '|');
    if (fields.size() != 4) {
      return internal_error(fmt::format("sinfo: expected 4 fields between '|', got '{}'",
                                        abbreviated(escaped(line), 200)));
    }
    const bool is_default = ends_with(fields[0], "*");
    Partition& partition =
        partition_named(partitions, fields[0].substr(0, fields[0].size() - (is_default ? 1 : 0)));
    partition.is_default = is_default;
    partition.is_up = fields[1] == "up";
    partition.longest = parse_time_limit(fields[2]);  // "infinite" is none
    for (NodeGpus& gpus : read_gpus(fields[3])) partition.gpus.push_back(std::move(gpus));
  }
  return partitions;
}

Status check_site(const SlurmSettings& settings, const std::vector<Partition>& partitions) {
  if (settings.partition.empty()) {
    for (const Partition& partition : partitions) {
      if (partition.is_default) return check_partition(settings, partition);
    }
    return invalid_argument(
        fmt::format("partition: missing, and this cluster has no default; it has: {}",
                    join(names_of(partitions), ", ")));
  }
  // A list of partitions takes the first in which a job can start: one that fits is enough.
  Status first_error;
  for (const std::string& name : split(settings.partition, ',')) {
    const auto partition = std::find_if(partitions.begin(), partitions.end(),
                                        [&](const Partition& p) { return p.name == name; });
    if (partition == partitions.end()) {
      const std::vector<std::string> names = names_of(partitions);
      return not_found(fmt::format("partition: this cluster has no '{}'{}; it has: {}", name,
                                   sweep::did_you_mean(name, names), join(names, ", ")));
    }
    const Status status = check_partition(settings, *partition);
    if (status.is_ok()) return status;
    if (first_error.is_ok()) first_error = status;
  }
  return first_error;
}

}  // namespace cox::cluster
