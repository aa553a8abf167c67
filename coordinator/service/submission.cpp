#include "coordinator/service/submission.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "coordinator/service/definition.h"
#include "coordinator/service/share.h"
#include "coordinator/sweep/added_parameters.h"
#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/tasks.h"
#include "proto/convert.h"
#include "record/limits.h"
#include "record/value.h"
#include "schemas/metric_schema.h"

namespace cox::service {

namespace {

constexpr int kDigestCharacters = 64;
/// One event of the core, during which nobody else is answered: about 16 s.
constexpr std::int64_t kMostJobsInSubmission = 2'000'000;
constexpr DurationUs kLongestBackoff = 24 * 3600 * kSecondUs;

std::string labels_json(const std::map<std::string, std::string>& labels) {
  return labels.empty() ? "{}" : nlohmann::json(labels).dump();
}

std::string tables_json(const v1::SubmitRequest& request) {
  nlohmann::ordered_json tables = nlohmann::ordered_json::array();
  for (const v1::ResultTable& message : request.tables()) {
    const auto table = from_proto<ResultTable>(message);
    tables.push_back({{"title", table.title}, {"rows", table.rows}, {"columns", table.columns}});
  }
  return tables.dump();
}

/// How reports read the series: {"controls": [run, ...], "equivalence": {metric: margin, ...}}.
std::string report_settings_json(const v1::SubmitRequest& request) {
  nlohmann::ordered_json json = {{"controls", nlohmann::json::array()},
                                 {"equivalence", nlohmann::json::object()}};
  for (const std::string& control : request.controls()) json["controls"].push_back(control);
  for (const v1::EquivalenceMargin& margin : request.equivalence()) {
    json["equivalence"][margin.metric()] = margin.margin();
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// kInvalidArgument for an unknown metric and for a margin that is not a finite number above 0.
Status check_equivalence(const v1::SubmitRequest& request) {
  for (const v1::EquivalenceMargin& margin : request.equivalence()) {
    if (find_metric(margin.metric()) != nullptr && std::isfinite(margin.margin()) &&
        margin.margin() > 0) {
      continue;
    }
    return invalid_argument(
        fmt::format("equivalence: expected a metric and a margin above 0, got '{}' and {}",
                    margin.metric(), margin.margin()));
  }
  return Status::ok();
}

bool is_digest(const std::string& text) {
  return text.size() == kDigestCharacters &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Status check_digest(const std::string& what, const std::string& digest) {
  if (is_digest(digest)) return Status::ok();
  return invalid_argument(
      fmt::format("{}: expected 64 lower-case hexadecimal characters, got '{}'", what, digest));
}

Status check_files(const ModelFiles& files) {
  COX_RETURN_IF_ERROR(check_digest("the model's digest", files.digest));
  for (const WeightFile& lora : files.loras) {
    COX_RETURN_IF_ERROR(check_digest("the LoRA file's digest", lora.digest));
    if (lora.multiplier == 0 || !std::isfinite(lora.multiplier)) {
      return invalid_argument(
          fmt::format("LoRA file {}: multiplier: expected a finite number other than 0, got {}",
                      lora.path, lora.multiplier));
    }
  }
  for (const auto& [metric, weights] : files.metric_weights) {
    COX_RETURN_IF_ERROR(
        check_digest(fmt::format("the digest of {}'s weights", metric), weights.digest));
  }
  return Status::ok();
}

/// The run as the sweep has it, its digest checked against its fields.
Result<sweep::Run> checked_run(const std::string& name, const v1::Run& message,
                               const ModelFiles& files) {
  if (name.empty()) return invalid_argument("a run has no name");
  COX_RETURN_IF_ERROR(check_digest("the digest", message.digest()));
  COX_RETURN_IF_ERROR(check_files(files));
  sweep::Run run;
  run.name = name;
  run.method = message.method();
  COX_ASSIGN_OR_RETURN(run.parameters, parameters_from(message.parameters()));
  run.digest = sweep::run_digest(run, files);
  if (run.digest != message.digest()) {
    return invalid_argument(
        fmt::format("digest: expected {}, computed from the run's fields, got {}; submit with the "
                    "version of cox that the coordinator has, and do not edit runs",
                    run.digest, message.digest()));
  }
  run.parameters.merge(sweep::added_parameters(run.method, files.backbone));
  return run;
}

std::map<std::string, std::string> digests_of_weights(const ModelFiles& files) {
  std::map<std::string, std::string> digests;
  for (const auto& [metric, file] : files.metric_weights) digests[metric] = file.digest;
  return digests;
}

core::SubmittedRun submitted_run(const sweep::Run& run, const ModelFiles& files,
                                 const v1::NamedRun& named) {
  return {.name = run.name,
          .labels_json = named.labels_json().empty() ? "{}" : named.labels_json(),
          .digest = run.digest,
          .method = run.method,
          .backbone = files.backbone,
          .model_digest = files.digest,
          .parameters_json = canonical_parameters(run.parameters),
          .definition = definition_of(named.run().model()),
          .lora_digest = sweep::lora_identity(files),
          .metric_weights = digests_of_weights(files),
          .origins_json = named.origins_json(),
          .share = share_keys_of(run.method, run.parameters, files),
          .videos = named.videos()};
}

/// Checks how many videos each run takes, and gives runs over fewer the digest of theirs.
Status take_parts(core::Submitted& event) {
  std::map<std::size_t, std::string> digests;
  for (core::SubmittedRun& run : event.runs) {
    if (run.videos == 0) continue;
    if (run.videos >= event.videos.size()) {
      return invalid_argument(
          fmt::format("run '{}': videos: expected 0 for all, or fewer than the {} of the "
                      "submission, got {}",
                      run.name, event.videos.size(), run.videos));
    }
    std::string& digest = digests[run.videos];
    if (digest.empty()) {
      const auto end = event.videos.begin() + static_cast<std::ptrdiff_t>(run.videos);
      digest = sweep::dataset_digest({event.videos.begin(), end});
    }
    run.dataset_digest = digest;
  }
  return Status::ok();
}

/// How many jobs the submission has, whatever its runs and videos are.
std::int64_t count_jobs(const v1::SubmitRequest& request) {
  std::int64_t jobs = 0;
  for (const v1::NamedRun& run : request.runs()) {
    jobs += run.videos() == 0 ? request.videos_size() : std::int64_t{run.videos()};
  }
  return jobs;
}

Status check_video(const v1::Video& video, std::set<std::string>& ids) {
  if (video.id().empty()) return invalid_argument("a video has no id");
  if (!ids.insert(video.id()).second) {
    return invalid_argument(fmt::format("duplicate video '{}'", video.id()));
  }
  if (video.path().empty() && video.digest().empty() && !video.caption().empty()) {
    return Status::ok();  // a prompt
  }
  if (video.path().empty() || video.path().front() != '/') {
    return invalid_argument(
        fmt::format("video '{}': expected an absolute path, valid on every worker, got '{}'",
                    video.id(), video.path()));
  }
  return check_digest(fmt::format("video '{}': digest", video.id()), video.digest());
}

Result<std::vector<core::SubmittedVideo>> submitted_videos(const v1::SubmitRequest& request) {
  if (request.videos().empty()) return invalid_argument("the submission has no videos");
  std::set<std::string> ids;
  std::set<std::string> expected(request.expected_failures().begin(),
                                 request.expected_failures().end());
  std::vector<core::SubmittedVideo> videos;
  for (const v1::Video& video : request.videos()) {
    COX_RETURN_IF_ERROR(check_video(video, ids));
    videos.push_back({from_proto<Video>(video), expected.erase(video.id()) > 0});
  }
  if (!expected.empty()) {
    return invalid_argument(
        fmt::format("expected failure '{}' is not a video of the submission", *expected.begin()));
  }
  return videos;
}

Status check_retry(const RetryLimits& limits) {
  if (limits.backoff_base_us >= 0 && limits.backoff_max_us >= limits.backoff_base_us &&
      limits.backoff_max_us <= kLongestBackoff) {
    return Status::ok();
  }
  return invalid_argument(fmt::format(
      "the retry backoff: expected 0 <= base <= max <= {} us, got base {} us and max {} us",
      kLongestBackoff, limits.backoff_base_us, limits.backoff_max_us));
}

Status check_needs(const Resources& needs) {
  if (needs.gpus <= kMostGpusOfJob && needs.gpu_memory_bytes >= 0 && needs.memory_bytes >= 0) {
    return Status::ok();
  }
  return invalid_argument(
      fmt::format("resources: expected at most {} GPUs and sizes of 0 or more; got {} GPUs, {} "
                  "bytes of GPU memory and {} bytes of memory",
                  kMostGpusOfJob, needs.gpus, needs.gpu_memory_bytes, needs.memory_bytes));
}

Status check_policy(const FailurePolicy& policy) {
  if (std::isfinite(policy.max_gpu_hours) && policy.max_gpu_hours >= 0) return Status::ok();
  return invalid_argument(
      fmt::format("policy.max_gpu_hours: expected 0 or more hours, got {}", policy.max_gpu_hours));
}

Status check_stop_rule(const StopRule& rule) {
  if (!rule.is_set()) return Status::ok();
  const bool is_asha = rule.kind == "asha";
  if ((is_asha || rule.kind == "median") && !rule.metric.empty() && rule.min_items >= 1 &&
      (!is_asha || rule.factor >= 2)) {
    return Status::ok();
  }
  return invalid_argument(
      fmt::format("stop_rule: expected median or asha with a metric, min_items of 1 or more and, "
                  "for asha, a factor of 2 or more; got '{}', '{}', {} and {}",
                  rule.kind, rule.metric, rule.min_items, rule.factor));
}

/// An item that cannot serve a run's task would fail on every worker.
Status check_items(const std::vector<sweep::Run>& runs, const core::Submitted& event) {
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const sweep::Run& run = runs[r];
    const sweep::ItemCheck check(run.parameters);
    for (std::size_t v = 0; v < event.videos_of(event.runs[r]); ++v) {
      const Video& item = event.videos[v];
      const std::string fault = check.fault(item);
      if (fault.empty()) continue;
      return invalid_argument(fmt::format("run '{}', item '{}': {}", run.name, item.id, fault));
    }
  }
  return Status::ok();
}

Result<std::vector<core::JobDigest>> digests_of(const std::vector<sweep::Run>& runs,
                                                const core::Submitted& event) {
  std::vector<core::JobDigest> jobs;
  jobs.reserve(event.first_jobs().back());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (std::size_t v = 0; v < event.videos_of(event.runs[r]); ++v) {
      COX_ASSIGN_OR_RETURN(const core::JobDigest digest,
                           core::JobDigest::parse(sweep::job_digest(runs[r], event.videos[v])));
      jobs.push_back(digest);
    }
  }
  return jobs;
}

v1::Run run_message(const sweep::Run& run, const ModelFiles& model) {
  v1::Run message;
  message.set_digest(run.digest);
  message.set_method(run.method);
  message.set_parameters(canonical_parameters(run.parameters));
  *message.mutable_model() = to_proto<v1::ModelFiles>(sweep::files_of(run.parameters, model));
  return message;
}

}  // namespace

v1::SubmitRequest submit_request_of(const sweep::SweepPlan& plan) {
  v1::SubmitRequest request;
  request.set_series(plan.series.name);
  request.set_number(plan.series.number);
  request.set_title(plan.series.title);
  request.mutable_labels()->insert(plan.series.labels.begin(), plan.series.labels.end());
  request.set_sweep_text(plan.text);
  request.set_dataset(plan.dataset.name);
  request.set_dataset_digest(plan.dataset.digest);
  for (const sweep::Run& run : plan.runs) {
    v1::NamedRun& named = *request.add_runs();
    named.set_name(run.name);
    *named.mutable_run() = run_message(run, plan.model);
    named.set_labels_json(labels_json(run.labels));
    named.set_origins_json(sweep::origins_json(run.origins));
    const std::size_t videos = plan.dataset.videos_of(run).size();
    if (videos < plan.dataset.videos.size()) named.set_videos(static_cast<std::uint32_t>(videos));
  }
  for (const Video& video : plan.dataset.videos) {
    *request.add_videos() = to_proto<v1::Video>(video);
  }
  for (const std::string& id : plan.dataset.expected_failures) request.add_expected_failures(id);
  request.set_baseline(plan.baseline);
  for (const std::string& control : plan.controls) request.add_controls(control);
  for (const EquivalenceMargin& margin : plan.equivalence) {
    *request.add_equivalence() = to_proto<v1::EquivalenceMargin>(margin);
  }
  for (const ResultTable& table : plan.tables) {
    *request.add_tables() = to_proto<v1::ResultTable>(table);
  }
  request.set_keep_json(retention_json(plan.keep));
  request.set_priority(plan.priority);
  *request.mutable_retry() = to_proto<v1::RetryLimits>(plan.retry);
  *request.mutable_policy() = to_proto<v1::FailurePolicy>(plan.policy);
  *request.mutable_resources() = to_proto<v1::Resources>(plan.resources);
  request.set_job_time_limit_us(plan.job_time_limit_us);
  *request.mutable_stop_rule() = to_proto<v1::StopRule>(plan.stop_rule);
  return request;
}

Result<core::Submitted> event_of(const v1::SubmitRequest& request) {
  if (request.series().empty()) return invalid_argument("the series has no name");
  if (request.runs().empty()) return invalid_argument("the submission has no runs");
  const std::int64_t jobs = count_jobs(request);
  if (jobs > kMostJobsInSubmission) {
    return invalid_argument(
        fmt::format("expected at most {} jobs in a submission, got {}: split the "
                    "sweep",
                    kMostJobsInSubmission, jobs));
  }
  core::Submitted event;
  event.dry_run = request.dry_run();
  event.series = request.series();
  event.series_number = request.number();
  event.title = request.title();
  event.labels_json = labels_json({request.labels().begin(), request.labels().end()});
  event.sweep_text = request.sweep_text();
  event.baseline = request.baseline();
  event.tables_json = tables_json(request);
  COX_RETURN_IF_ERROR(check_equivalence(request));
  event.report_settings_json = report_settings_json(request);
  if (!request.keep_json().empty()) event.keep_json = request.keep_json();
  event.dataset = request.dataset();
  event.dataset_digest = request.dataset_digest();
  event.priority = request.priority();
  event.policy = from_proto<FailurePolicy>(request.policy());
  event.retry = from_proto<RetryLimits>(request.retry());
  event.needs = from_proto<Resources>(request.resources());
  COX_RETURN_IF_ERROR(check_retry(event.retry));
  COX_RETURN_IF_ERROR(check_needs(event.needs));
  event.job_time_limit = request.job_time_limit_us();
  event.stop_rule = from_proto<StopRule>(request.stop_rule());
  COX_RETURN_IF_ERROR(check_policy(event.policy));
  COX_RETURN_IF_ERROR(check_stop_rule(event.stop_rule));
  COX_ASSIGN_OR_RETURN(event.videos, submitted_videos(request));

  std::set<std::string> names;
  std::vector<sweep::Run> runs;
  for (const v1::NamedRun& named : request.runs()) {
    const ModelFiles files = from_proto<ModelFiles>(named.run().model());
    Result<sweep::Run> run = checked_run(named.name(), named.run(), files);
    if (!run.is_ok()) return run.status().with_context(fmt::format("run '{}'", named.name()));
    if (!names.insert(named.name()).second) {
      return invalid_argument(fmt::format("duplicate run '{}'", named.name()));
    }
    event.runs.push_back(submitted_run(*run, files, named));
    runs.push_back(std::move(run).value());
  }
  COX_RETURN_IF_ERROR(take_parts(event));
  COX_RETURN_IF_ERROR(check_items(runs, event));
  COX_ASSIGN_OR_RETURN(event.jobs, digests_of(runs, event));
  return event;
}

}  // namespace cox::service
