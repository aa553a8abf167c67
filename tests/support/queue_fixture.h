#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/core/core.h"

// Small makers of the core's events, for tests of what stands around the core.

namespace cox::test {

/// A submission of `runs` x `videos`; configurations are told apart by the run's name.
inline core::Submitted submission(const std::string& series, const std::vector<std::string>& runs,
                                  const std::vector<std::string>& videos) {
  core::Submitted event;
  event.series = series;
  event.sweep_text = "version: 1\n";
  event.dataset = "clips";
  for (const std::string& id : videos) {
    event.videos.push_back({{id, "/videos/" + id, sha256_of(id), "a caption"}, false});
    event.dataset_digest = sha256_of(event.dataset_digest + id);
  }
  for (const std::string& name : runs) {
    const std::string digest = sha256_of("run " + name);
    event.runs.push_back({name, "{}", digest, "none", "toy", sha256_of("model"),
                          R"({"gen_start_frame":32,"replicate":0,"seed":42})", "bytes of " + name});
    for (const std::string& id : videos) {
      event.jobs.push_back(core::JobDigest::parse(sha256_of(digest + id)).value());
    }
  }
  return event;
}

inline core::WorkerJoined worker(const std::string& name) {
  return {name, "host", 1, "cpu", "a processor", "0.1.0+abc", {0, 0, std::int64_t{1} << 34}};
}

/// What a worker hands in, as the core takes it.
inline std::variant<core::JobResult, JobFailure> reported(
    std::variant<JobOutput, JobFailure> outcome) {
  if (auto* output = std::get_if<JobOutput>(&outcome)) return core::JobResult(std::move(*output));
  return std::get<JobFailure>(std::move(outcome));
}

/// A result with every field set.
inline JobOutput result(double psnr) {
  JobOutput result;
  result.metrics = {{"psnr", psnr, {psnr - 1, psnr + 1}}, {"ssim", 0.5, {0.25, 0.75}}};
  result.timings = {1, 2, 3, 4, 5, 6, 7, 8, 9, 45.5, 30.5};
  result.adaptation = {1024, 10, 8, true, {0.5, 0.25}, {0.75, 0.5}, 0.125};
  result.provenance = {"host",
                       "cpu",
                       "a processor",
                       "",
                       "fp32",
                       "0.1.0+abc",
                       "2.11.0",
                       sha256_of("model"),
                       sha256_of("v1"),
                       0xfedcba9876543210,
                       1,
                       4,
                       "fused",
                       "states",
                       "frames"};
  result.generated_path = "/out/a/v1.mkv";
  result.reference_path = "/out/reference/v1.mkv";
  result.reference_digest = sha256_of("frames of v1");
  result.scored_frames = 2;
  result.peak_memory_bytes = 1 << 20;
  result.shared_with = {"one", "two"};
  return result;
}

}  // namespace cox::test
