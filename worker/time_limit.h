#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cox::worker {

/// How long a process may still compute, as in an allocation of a cluster, and which jobs end
/// before that by the times that were measured. Without a limit every job fits. Owned by one
/// thread.
class TimeLimit {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  using Duration = Clock::duration;

  TimeLimit() = default;
  /// `job_time` is what a job of an unknown run is expected to take; unset when nothing is known.
  TimeLimit(Time begin, Time end, std::optional<Duration> job_time)
      : begin_(begin), ready_(begin), end_(end), job_time_(job_time) {}

  /// The process can take jobs from now on: what came before is spent in every process.
  void ready(Time now) { ready_ = now; }

  bool is_set() const { return end_.has_value(); }
  std::optional<Time> end() const { return end_; }

  /// Whether a job of `run` that begins now ends before the limit.
  bool fits(const std::string& run, Time now) const;
  /// Whether any job does: the shortest that is known.
  bool fits_any(Time now) const;
  /// How many jobs of a usual kind end before the limit: 1 to `most`.
  std::uint32_t fitting_jobs(std::uint32_t most, Time now) const;
  /// Whether a job that began then had nearly all the time that a process has for jobs, so that it
  /// would not end in another one either: the first job, begun soon after the process was ready.
  bool had_it_all(Time job_began) const;

  /// A job of `run` took this long.
  void measured(const std::string& run, Duration took);

  /// "3600 s": the whole of it, for messages.
  std::string text() const;

  /// A job may take this much longer than others of its run did.
  static constexpr double kMargin = 1.25;
  /// The time needed to deliver the last result and to leave.
  static constexpr std::chrono::seconds kLeaveTime{2};
  /// A job whose time nobody knows begins only while this part of the time for jobs is left.
  static constexpr double kUnknownShare = 0.5;
  /// From this part on, a job had all the time there is.
  static constexpr double kWholeShare = 0.9;

 private:
  struct Measured {
    Duration took{};
    int jobs = 0;
  };

  /// The expected time of a job whose run was not measured here; unset when nothing is known.
  std::optional<Duration> usual_time() const;
  bool fits_in_rest(std::optional<Duration> expected, Time now) const;

  Time begin_{};
  Time ready_{};
  std::optional<Time> end_;
  std::optional<Duration> job_time_;
  std::map<std::string, Measured> by_run_;
};

}  // namespace cox::worker
