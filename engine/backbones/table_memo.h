#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <map>

namespace cox::engine {

/// Keeps the tables of a pure function by key; emptied when it is full. Owned by one thread.
template <typename Key>
class TableMemo {
 public:
  /// Returns the table of `key`, from `make()` the first time.
  template <typename Make>
  at::Tensor table(const Key& key, const Make& make) {
    const auto found = tables_.find(key);
    if (found != tables_.end()) return found->second;
    if (tables_.size() >= kMostTables) tables_.clear();
    return tables_.emplace(key, make()).first->second;
  }

 private:
  static constexpr std::size_t kMostTables = 8;
  std::map<Key, at::Tensor> tables_;
};

}  // namespace cox::engine
