#pragma once

#include <string>

#include "cox/v1/worker.pb.h"

namespace cox::test {

/// Adds the result of one job of a bundle to a report: a PSNR of 21.5 dB in its only frame.
inline void add_result(const std::string& worker, const v1::Bundle& bundle, int index,
                       v1::ReportRequest& request) {
  constexpr double kPsnr = 21.5;
  v1::JobReport& report = *request.add_reports();
  report.set_job_digest(bundle.jobs(index).job_digest());
  report.set_attempt(bundle.jobs(index).attempt());
  report.set_lease_id(bundle.lease_id());
  report.set_worker_id(worker);
  v1::MetricValue& psnr = *report.mutable_output()->add_metrics();
  psnr.set_name("psnr");
  psnr.set_mean(kPsnr);
  psnr.add_per_frame(kPsnr);
}

}  // namespace cox::test
