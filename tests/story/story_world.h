#pragma once

#include <map>
#include <string>

#include "coordinator/core/core.h"
#include "tests/story/story_file.h"

namespace cox::story {

/// Where a story's clock starts; what it prints counts from there.
constexpr TimeUs kStart = 1'000'000 * kSecondUs;

/// A core, its clock, and the names that a story gives to things.
class World {
 public:
  /// Runs one command and returns what it printed. Checks the core's invariants after it.
  std::string run(const Command& command);

 private:
  std::string apply(core::Event event);
  std::string submit(const Command& command);
  std::string report(const Command& command);
  std::string retry(const Command& command);
  std::string counts(const Command& command) const;
  std::string configure(const Command& command);
  std::string restart();

  std::string render(const core::Effects& effects) const;
  std::string render(const core::Save& save) const;
  std::string render(const core::Answer& answer) const;
  std::string job_name(core::JobNumber job) const;
  std::string job_name(const core::JobDigest& job) const;
  core::JobDigest job_named(const std::string& name) const;
  WorkerId worker_named(const std::string& name) const;
  std::string status_text(const core::JobStatus& status) const;

  core::CoreConfig config_{.backoff_jitter_percent = 0};  ///< so that waits equal the limits
  core::Core core_{config_};
  TimeUs now_ = kStart;
  std::map<core::JobDigest, std::string> job_names_;  ///< "configuration/video"
  std::map<core::JobNumber, core::JobDigest> job_digests_;
  std::map<std::string, std::string> worker_ids_;  ///< newest id by name
};

}  // namespace cox::story
