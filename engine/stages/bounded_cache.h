#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"

namespace cox::engine {

/// Keeps the last `limit` values that were made, by name. Values are shared: a value in use
/// survives its removal from the cache. Owned by one thread.
template <typename T>
class BoundedCache {
 public:
  explicit BoundedCache(std::size_t limit) : limit_(limit) {}

  /// `make` must leave its device idle. If the value was cached, adds the seconds that making it
  /// had taken to `reused_s`.
  template <typename Make>
  std::shared_ptr<const T> get_or_make(const std::string& name, Make make,
                                       double* reused_s = nullptr) {
    if (const auto found = entries_.find(name); found != entries_.end()) {
      if (reused_s != nullptr) *reused_s += found->second.seconds;
      return found->second.value;
    }
    const double start = monotonic_seconds();
    auto value = std::make_shared<const T>(make());
    if (order_.size() == limit_) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(name);
    entries_.emplace(name, Entry{value, monotonic_seconds() - start});
    return value;
  }

  void clear() {
    entries_.clear();
    order_.clear();
  }

 private:
  struct Entry {
    std::shared_ptr<const T> value;
    double seconds = 0;  ///< taken to make it
  };

  std::size_t limit_;
  std::map<std::string, Entry> entries_;
  std::deque<std::string> order_;  ///< oldest first
};

}  // namespace cox::engine
