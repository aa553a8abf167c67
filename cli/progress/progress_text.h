#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cox/v1/sweep.pb.h"

namespace cox::cli {

/// Jobs that only a person can change: done, failed and cancelled.
std::uint64_t finished_jobs(const v1::ProgressReply& reply);
std::uint64_t total_jobs(const v1::ProgressReply& reply);
/// True when nothing is queued and nothing runs.
bool is_complete(const v1::ProgressReply& reply);

struct Pace {
  std::optional<double> jobs_per_second;
  std::optional<double> eta_s;
};

/// "12 of 27 jobs, 1 failed, 2 with workers, 3.4 jobs/min, about 4 min 20 s left"
std::string progress_line(const v1::ProgressReply& reply, const Pace& pace);

/// "adasteer on clip-002: psnr 23.41, ssim 0.8123", "failed adasteer on clip-003: ..."
std::string event_text(const v1::ProgressEvent& event);

/// True for events that a person should see at once.
bool is_trouble(const v1::ProgressEvent& event);

/// "local-0: adasteer on clip-003, generate 12/56"
std::string activity_text(const v1::WorkerActivity& activity);

/// "[=====     ]", `width` characters in all; full only when everything is finished.
std::string progress_bar(const v1::ProgressReply& reply, int width);

}  // namespace cox::cli
