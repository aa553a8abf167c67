#pragma once

#include <compare>
#include <string>
#include <utility>

namespace cox {

/// A name that cannot be mistaken for another kind of name.
template <typename Tag>
struct Id {
  std::string text;

  Id() = default;
  explicit Id(std::string value) : text(std::move(value)) {}
  bool empty() const { return text.empty(); }
  auto operator<=>(const Id&) const = default;
};

using WorkerId = Id<struct WorkerTag>;  ///< given by the coordinator at registration
using LeaseId = Id<struct LeaseTag>;    ///< one grant of a bundle to a worker

}  // namespace cox
