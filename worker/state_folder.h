#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sharing/state_store.h"

namespace cox::worker {

/// States of adaptations in progress in a folder that the workers of a machine share. A file is
/// named by the trajectory's digest and the step, and holds the digest of its content: one that is
/// damaged is deleted and its steps are computed again. The states used least recently are deleted
/// beyond `max_bytes`. Owned by one thread; any number of processes may use one folder.
class StateFolder final : public sharing::StateStore {
 public:
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{2} << 30;

  /// The folder is created when the first state is saved.
  explicit StateFolder(std::string folder, std::uint64_t max_bytes = kMaxBytes)
      : folder_(std::move(folder)), max_bytes_(max_bytes) {}

  std::vector<std::int64_t> steps(const std::string& trajectory) override;
  std::optional<std::string> load(const std::string& trajectory, std::int64_t step) override;
  void save(const std::string& trajectory, std::int64_t step, std::string_view state) override;

 private:
  std::string path_of(const std::string& trajectory, std::int64_t step) const;
  void make_room() const;

  std::string folder_;
  std::uint64_t max_bytes_;
  bool can_save_ = true;  ///< until the disk refuses
};

}  // namespace cox::worker
