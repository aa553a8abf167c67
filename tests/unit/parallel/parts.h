#pragma once

#include <exception>
#include <functional>
#include <vector>

#include "engine/parallel/part_threads.h"
#include "engine/parallel/parts.h"
#include "engine/parallel/thread_group.h"
#include "engine/tensors/torch.h"

/// Runs a test's work in several parts, each on a thread of its own.
namespace cox::engine::test {

/// Returns what `work` returned on each part.
template <typename Value>
std::vector<Value> on_parts(Parts& parts, const std::function<Value(PartGroups)>& work) {
  std::vector<Value> values(static_cast<size_t>(parts.size()));
  run_parts(parts, [&](int rank) { values[static_cast<size_t>(rank)] = work(parts.groups(rank)); });
  return values;
}

/// Likewise with the group of all parts, and for one part too.
template <typename Value>
std::vector<Value> on_group(int size, const std::function<Value(Group&)>& work) {
  const auto groups = make_thread_groups(size);
  std::vector<Value> values(groups.size());
  std::vector<std::exception_ptr> errors(groups.size());
  PartThreads threads(size);
  threads.run([&](int rank) {
    const auto index = static_cast<size_t>(rank);
    try {
      values[index] = work(*groups[index]);
    } catch (const std::exception&) {
      errors[index] = std::current_exception();
      groups[index]->abort();
    }
  });
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  return values;
}

}  // namespace cox::engine::test
