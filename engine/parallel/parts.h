#pragma once

#include <memory>
#include <vector>

#include "engine/parallel/group.h"

namespace cox::engine {

/// The groups that one part of a job belongs to. Null where it would be alone.
struct PartGroups {
  Group* all = nullptr;       ///< every part
  Group* branch = nullptr;    ///< the parts of its guidance branch: the first or the second half
  Group* branches = nullptr;  ///< itself and its counterpart in the other half; null for an odd
                              ///< number of parts, which all work on every branch
};

/// The groups of all parts of a job: through NCCL between GPUs, through memory on a processor.
/// Thread-safe.
class Parts {
 public:
  /// One part for each device; all of one kind. Throws EngineError(kUser) for GPUs of different
  /// models and for one that is named twice.
  explicit Parts(const std::vector<at::Device>& devices);

  int size() const { return size_; }
  PartGroups groups(int rank) const;
  /// Ends every call that a part waits in, and all later ones.
  void abort() noexcept;

 private:
  using Groups = std::vector<std::unique_ptr<Group>>;

  int half() const { return size_ / 2; }

  int size_;
  Groups all_;
  Groups branch_[2];           ///< by half
  std::vector<Groups> pairs_;  ///< by position within a half
};

}  // namespace cox::engine
