#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace cox::engine {

/// Keeps the last `limit` values that were made, by name. Values are shared: one that is in use
/// outlives its place here. Owned by one thread.
template <typename T>
class BoundedCache {
 public:
  explicit BoundedCache(std::size_t limit) : limit_(limit) {}

  template <typename Make>
  std::shared_ptr<const T> get_or_make(const std::string& name, Make make) {
    if (const auto found = values_.find(name); found != values_.end()) return found->second;
    auto value = std::make_shared<const T>(make());
    if (order_.size() == limit_) {
      values_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(name);
    values_.emplace(name, value);
    return value;
  }

  void clear() {
    values_.clear();
    order_.clear();
  }

 private:
  std::size_t limit_;
  std::map<std::string, std::shared_ptr<const T>> values_;
  std::deque<std::string> order_;  ///< oldest first
};

}  // namespace cox::engine
