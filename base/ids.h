#pragma once

#include <compare>
#include <cstdint>
#include <functional>
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

using RunId = Id<struct RunTag>;        ///< the run's digest, 64 hexadecimal characters
using JobId = Id<struct JobTag>;        ///< the job's digest, 64 hexadecimal characters
using VideoId = Id<struct VideoTag>;    ///< the manifest's name of a video
using WorkerId = Id<struct WorkerTag>;  ///< given by the coordinator at registration
using LeaseId = Id<struct LeaseTag>;    ///< one grant of a bundle to a worker

/// The n-th try of a job, from 1; 0 means never tried. A higher attempt fences out a lower one.
enum class Attempt : std::uint32_t {};

constexpr Attempt next_attempt(Attempt attempt) {
  return static_cast<Attempt>(static_cast<std::uint32_t>(attempt) + 1);
}

}  // namespace cox

template <typename Tag>
struct std::hash<cox::Id<Tag>> {
  std::size_t operator()(const cox::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.text);
  }
};
