#include "engine/parallel/parts.h"

#include <fmt/format.h>

#include <set>

#include "engine/device/cuda.h"
#include "engine/parallel/nccl_group.h"
#include "engine/parallel/thread_group.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

using Devices = std::vector<at::Device>;

std::vector<std::unique_ptr<Group>> make_groups(const Devices& devices) {
  if (devices.front().is_cpu()) return make_thread_groups(static_cast<int>(devices.size()));
  return make_nccl_groups(devices);
}

/// Parts that wait for each other are as slow as the slowest, and must round alike.
void check(const Devices& devices) {
  std::set<int> seen;
  for (const at::Device& device : devices) {
    if (device.type() != devices.front().type()) {
      throw user_error("devices of one job: expected GPUs only or processors only", "several_gpus");
    }
    if (device.is_cpu()) continue;
    if (!seen.insert(device_index(device)).second) {
      throw user_error(fmt::format("devices of one job: {} is named twice", device.str()),
                       "several_gpus");
    }
    const std::string first = device_name(devices.front()), name = device_name(device);
    if (name == first) continue;
    throw user_error(
        fmt::format("devices of one job: expected GPUs of one model, got {} and {}", first, name),
        "several_gpus");
  }
}

}  // namespace

Parts::Parts(const Devices& devices) : size_(static_cast<int>(devices.size())) {
  check(devices);
  if (size_ == 1) return;
  all_ = make_groups(devices);
  if (size_ == 2 || size_ % 2 != 0) return;
  for (int branch : {0, 1}) {
    const auto first = devices.begin() + branch * half();
    branch_[branch] = make_groups(Devices(first, first + half()));
  }
  for (int place = 0; place < half(); ++place) {
    pairs_.push_back(make_groups(
        {devices[static_cast<size_t>(place)], devices[static_cast<size_t>(place + half())]}));
  }
}

PartGroups Parts::groups(int rank) const {
  if (size_ == 1) return {};
  Group* all = all_.at(static_cast<size_t>(rank)).get();
  if (size_ == 2) return {all, nullptr, all};
  if (pairs_.empty()) return {all, nullptr, nullptr};
  const auto branch = static_cast<size_t>(rank / half()),
             place = static_cast<size_t>(rank % half());
  return {all, branch_[branch].at(place).get(), pairs_.at(place).at(branch).get()};
}

void Parts::abort() noexcept {
  const auto end = [](const Groups& groups) {
    for (const auto& group : groups) group->abort();
  };
  end(all_);
  for (const Groups& groups : branch_) end(groups);
  for (const Groups& groups : pairs_) end(groups);
}

}  // namespace cox::engine
