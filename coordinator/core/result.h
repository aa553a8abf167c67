#pragma once

#include <span>
#include <string>

#include "record/job.h"

namespace cox::core {

/// A job's result on its way from the wire to the database. Its long series are spelled as the JSON
/// in which the database keeps them. A result has dozens of numbers, and spelling them takes a
/// third of what saving it takes: it happens where a result arrives, in parallel with others, and
/// not where all wait for the one writer. Immutable, so that both forms agree.
class JobResult {
 public:
  JobResult() : JobResult(JobOutput{}) {}
  explicit JobResult(JobOutput output);

  const JobOutput& output() const { return output_; }
  /// {"psnr":[20.5,...],...}
  const std::string& per_frame_json() const { return per_frame_json_; }
  const std::string& losses_json() const { return losses_json_; }
  const std::string& anchor_losses_json() const { return anchor_losses_json_; }
  const std::string& shared_with_json() const { return shared_with_json_; }

 private:
  JobOutput output_;
  std::string per_frame_json_;
  std::string losses_json_;
  std::string anchor_losses_json_;
  std::string shared_with_json_;
};

/// `[1.0,0.5]`: each number as the shortest text that reads back as the same double. JSON has no
/// numbers that are not finite, so those are null.
std::string json_numbers(std::span<const double> numbers);

/// One such number.
std::string json_number(double value);

}  // namespace cox::core
