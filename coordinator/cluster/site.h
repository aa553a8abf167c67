#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/cluster/settings.h"

namespace cox::cluster {

/// GPUs of one type in one node; the type is "" where the site names none.
struct NodeGpus {
  std::string type;
  int count = 0;
};

/// A partition, put together from the kinds of nodes in it.
struct Partition {
  std::string name;
  bool is_default = false;
  bool is_up = true;
  std::optional<std::chrono::seconds> longest;  ///< of a job; unset = no limit
  std::vector<NodeGpus> gpus;                   ///< of each kind of node that has any
};

/// Reads what `sinfo --format=kSiteFormat` prints.
inline constexpr const char* kSiteFormat = "%P|%a|%l|%G";
Result<std::vector<Partition>> read_site(const std::string& text);

/// Tells at once what would otherwise wait for ever: a partition that does not exist or is down, a
/// time limit above its own, GPUs that no node of it has.
Status check_site(const SlurmSettings& settings, const std::vector<Partition>& partitions);

}  // namespace cox::cluster
