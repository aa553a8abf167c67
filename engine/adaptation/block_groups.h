#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/parameters.h"

namespace cox::engine {

/// Reads the parameter `blocks`: numbers from 0 to depth - 1 in ascending order; empty for all.
std::vector<std::int64_t> read_blocks(ParameterReader& parameters, std::int64_t depth);

/// The blocks that a method changes, in G contiguous groups: the i-th of n blocks belongs to group
/// floor(i G / n).
class BlockGroups {
 public:
  /// Returns all `depth` blocks in one group.
  explicit BlockGroups(std::int64_t depth) : BlockGroups({}, 1, depth) {}

  /// Reads `blocks` and `groups`. Throws EngineError (cause user) for more groups than blocks.
  static BlockGroups read(ParameterReader& parameters, std::int64_t depth);

  std::int64_t count() const { return count_; }
  std::int64_t first_block() const;
  /// Returns nothing for a block that the method does not change.
  std::optional<std::int64_t> of(std::int64_t block) const;

 private:
  BlockGroups(std::vector<std::int64_t> blocks, std::int64_t groups, std::int64_t depth);

  std::int64_t count_;
  std::vector<std::optional<std::int64_t>> group_of_;  ///< by block
};

}  // namespace cox::engine
