#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "coordinator/sweep/read_sections.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

// "80GiB", "80 GB", "512MiB": whole numbers, so that nobody wonders how a part was rounded
void read_size(const Node& map, const char* key, std::int64_t& bytes, Diagnostics& diagnostics) {
  const Node* node = map.find(key);
  if (node == nullptr) return;
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {{"MB", 1'000'000},
                                                                  {"GB", 1'000'000'000},
                                                                  {"TB", 1'000'000'000'000},
                                                                  {"MiB", std::int64_t{1} << 20},
                                                                  {"GiB", std::int64_t{1} << 30},
                                                                  {"TiB", std::int64_t{1} << 40}};
  std::int64_t number = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, number);
  const std::string written = trim(std::string_view(stop, static_cast<size_t>(end - stop)));
  for (const auto& [unit, factor] : kUnits) {
    if (error != std::errc() || written != unit) continue;
    if (number < 1 || number > std::numeric_limits<std::int64_t>::max() / factor) break;
    bytes = number * factor;
    return;
  }
  diagnostics.error(node->at,
                    fmt::format("resources.{}: expected a size such as 80GB or 80GiB, got {}", key,
                                describe(*node)));
}

}  // namespace

void read_resources(const Node& node, Resources& resources, DurationUs& time_limit,
                    Diagnostics& diagnostics) {
  if (!check_keys(node, {"gpus", "gpu_memory", "memory", "time"}, "resources", diagnostics)) return;
  if (const Node* time = node.find("time")) {
    if (time->text == "none") {
      time_limit = -1;
    } else if (time->text != "auto") {
      read_duration(node, "time", time_limit, diagnostics);
      if (time_limit == 0) diagnostics.error(time->at, "resources.time: expected more than 0");
    }
  }
  const Node* gpus = node.find("gpus");
  if (gpus != nullptr && gpus->text == "any") {
    resources.gpus = 1;  // at least: a worker with several gives a job all of them
  } else if (gpus != nullptr) {
    const auto number = read_int(*gpus, "resources.gpus", 0, kMostGpusOfJob, diagnostics);
    if (number) resources.gpus = static_cast<std::uint32_t>(*number);
  }
  read_size(node, "gpu_memory", resources.gpu_memory_bytes, diagnostics);
  read_size(node, "memory", resources.memory_bytes, diagnostics);
  if (resources.gpu_memory_bytes == 0) return;
  if (gpus != nullptr && resources.gpus == 0) {
    diagnostics.error(gpus->at, "resources: gpus is 0, but gpu_memory requires a GPU",
                      "drop one of the two");
  }
  resources.gpus = std::max(resources.gpus, 1U);
}

}  // namespace cox::sweep
