#include "engine/adaptation/block_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace cox::engine {

std::vector<std::int64_t> read_blocks(ParameterReader& parameters, std::int64_t depth) {
  const std::vector<std::int64_t> blocks = parameters.integers("blocks");
  std::int64_t last = -1;
  for (const std::int64_t block : blocks) {
    if (block <= last || block >= depth) {
      parameters.reject("blocks",
                        fmt::format("block numbers from 0 to {} in ascending order", depth - 1));
    }
    last = block;
  }
  return blocks;
}

BlockGroups BlockGroups::read(ParameterReader& parameters, std::int64_t depth) {
  std::vector<std::int64_t> blocks = read_blocks(parameters, depth);
  const std::int64_t most = blocks.empty() ? depth : static_cast<std::int64_t>(blocks.size());
  const std::int64_t groups = parameters.integer("groups", 1, most);
  return {std::move(blocks), groups, depth};
}

BlockGroups::BlockGroups(std::vector<std::int64_t> blocks, std::int64_t groups, std::int64_t depth)
    : count_(groups), group_of_(static_cast<std::size_t>(depth)) {
  if (blocks.empty()) {
    blocks.resize(static_cast<std::size_t>(depth));
    std::iota(blocks.begin(), blocks.end(), 0);
  }
  const auto chosen = static_cast<std::int64_t>(blocks.size());
  for (std::int64_t i = 0; i < chosen; ++i) {
    group_of_[static_cast<std::size_t>(blocks[static_cast<std::size_t>(i)])] = i * groups / chosen;
  }
}

std::int64_t BlockGroups::first_block() const {
  const auto first = std::find_if(group_of_.begin(), group_of_.end(),
                                  [](const auto& group) { return group.has_value(); });
  return first - group_of_.begin();
}

std::optional<std::int64_t> BlockGroups::of(std::int64_t block) const {
  return group_of_.at(static_cast<std::size_t>(block));
}

}  // namespace cox::engine
