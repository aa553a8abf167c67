#include "engine/parallel/parts.h"

#include <fmt/format.h>

#include <cstdlib>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "engine/device/cuda.h"
#include "engine/parallel/nccl_group.h"
#include "engine/parallel/thread_group.h"
#include "engine/tensors/error.h"
#include "record/limits.h"

namespace cox::engine {
namespace {

/// Between two looks at what the parts wait for.
constexpr std::chrono::milliseconds kLookEvery{250};

/// Parts that wait for each other are as slow as the slowest, and must round alike.
void check_alike(const std::vector<at::Device>& devices) {
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

Parts::Backends usual_backends(const Parts::Devices& devices, const PartBounds& bounds) {
  if (!devices.front().is_cpu()) return make_nccl_groups(devices, bounds.to_connect);
  return make_thread_groups(static_cast<int>(devices.size()), bounds.to_arrive);
}

double seconds(std::chrono::milliseconds bound) {
  return std::chrono::duration<double>(bound).count();
}

}  // namespace

std::vector<at::Device> parse_devices(const std::string& text, int count) {
  std::vector<at::Device> devices;
  for (const std::string& one : split(text, ',')) devices.push_back(parse_device(one));
  if (count > 1 && devices.size() > 1) {
    throw user_error(
        fmt::format("devices: expected one, to count {} from, or a list without a "
                    "count, got '{}'",
                    count, text));
  }
  const at::Device first = devices.front();
  while (static_cast<int>(devices.size()) < count) {
    const auto next = device_index(first) + static_cast<int>(devices.size());
    devices.push_back(first.is_cpu() ? first : parse_device(fmt::format("cuda:{}", next)));
  }
  if (devices.size() <= kMostGpusOfJob) return devices;
  throw user_error(
      fmt::format("devices: expected at most {}, got {}", kMostGpusOfJob, devices.size()));
}

Parts::Parts(const Devices& devices, PartBounds bounds, MakeBackends make)
    : size_(static_cast<int>(devices.size())),
      devices_(devices),
      bounds_(std::move(bounds)),
      make_(std::move(make)) {
  check_alike(devices);
  if (!make_) make_ = [this](const Devices& of) { return usual_backends(of, bounds_); };
  if (!bounds_.give_up) bounds_.give_up = [] { std::_Exit(EXIT_FAILURE); };
  if (size_ == 1) return;
  {
    const MutexLock lock(groups_mutex_);
    connect_all();
  }
  watcher_ = std::jthread([this] { watch(); });
}

Parts::~Parts() {
  const MutexLock lock(mutex_);
  closing_ = true;
  changed_.notify_all();
}

/// The first time makes the groups; later gives each a new backend.
void Parts::connect(Groups& groups, const Devices& devices) const {
  Backends backends = make_(devices);
  for (size_t i = 0; i < backends.size(); ++i) {
    if (i < groups.size()) {
      groups[i]->replace(std::move(backends[i]));
    } else {
      groups.push_back(std::make_unique<WatchedGroup>(std::move(backends[i]), devices[i]));
    }
  }
}

void Parts::connect_all() {
  connect(all_, devices_);
  if (size_ == 2 || size_ % 2 != 0) return;
  for (int branch : {0, 1}) {
    const auto first = devices_.begin() + branch * half();
    connect(branch_[branch], Devices(first, first + half()));
  }
  pairs_.resize(static_cast<size_t>(half()));
  for (size_t place = 0; place < pairs_.size(); ++place) {
    connect(pairs_[place], {devices_[place], devices_[place + pairs_.size()]});
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

void Parts::abort(int rank) noexcept {
  {
    const MutexLock lock(mutex_);
    if (!ended_) {
      ended_ = Clock::now();
      failed_rank_ = rank;
    }
  }
  end_calls();
}

bool Parts::ended() const {
  const MutexLock lock(mutex_);
  return ended_.has_value();
}

std::optional<int> Parts::failed_rank() const {
  const MutexLock lock(mutex_);
  return failed_rank_;
}

std::string Parts::watch_reason() const {
  const MutexLock lock(mutex_);
  return watch_reason_;
}

void Parts::reconnect() {
  const MutexLock of_groups(groups_mutex_);
  if (size_ > 1) connect_all();
  const MutexLock lock(mutex_);
  ended_.reset();
  failed_rank_.reset();
  watch_reason_.clear();
}

void Parts::end_calls() noexcept {
  const auto end = [](const Groups& groups) {
    for (const auto& group : groups) group->abort();
  };
  end(all_);
  for (const Groups& groups : branch_) end(groups);
  for (const Groups& groups : pairs_) end(groups);
}

void Parts::watch() {
  while (true) {
    {
      const MutexLock lock(mutex_);
      if (!closing_) changed_.wait_for(mutex_, kLookEvery);
      if (closing_) return;
    }
    look();
  }
}

/// Ends calls that last too long, and the process when a part does not leave in spite of that.
void Parts::look() {
  const MutexLock of_groups(groups_mutex_);
  {
    const MutexLock lock(mutex_);
    if (ended_) {
      if (Clock::now() - *ended_ < bounds_.to_leave) return;
      log(LogLevel::kError, "engine", "a part of a failed job did not end; the process exits",
          {{"waited_s", fmt::to_string(seconds(bounds_.to_leave))}});
      bounds_.give_up();
      ended_.reset();
      return;
    }
  }
  std::string fault;
  const auto inspect = [&](const Groups& groups) {
    for (const auto& group : groups) {
      if (fault.empty()) fault = fault_of(*group);
    }
  };
  inspect(all_);
  for (const Groups& groups : branch_) inspect(groups);
  for (const Groups& groups : pairs_) inspect(groups);
  if (fault.empty()) return;
  {
    const MutexLock lock(mutex_);
    if (ended_) return;
    ended_ = Clock::now();
    watch_reason_ = fault;
  }
  log(LogLevel::kError, "engine", "the parts of a job lost contact", {{"reason", fault}});
  end_calls();
}

std::string Parts::fault_of(WatchedGroup& group) const {
  try {
    group.check();
    if (group.waiting() <= bounds_.to_arrive) return "";
  } catch (const std::exception& error) {
    return error.what();
  }
  return fmt::format("part {} of {} waited {} s for the others: another part hangs or is lost",
                     group.rank() + 1, group.size(), seconds(bounds_.to_arrive));
}

}  // namespace cox::engine
