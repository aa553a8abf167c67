#include "coordinator/service/submission.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/value.h"
#include "coordinator/service/definition.h"
#include "proto/values.h"

namespace cox::service {

namespace {

constexpr int kDigestCharacters = 64;
constexpr std::int64_t kMostJobsInSubmission = 2'000'000;  ///< applied in one step: about 16 s
constexpr std::int64_t kLongestBackoffMs = 24LL * 3600 * 1000;

std::string labels_json(const std::map<std::string, std::string>& labels) {
  std::vector<std::string> pairs;
  for (const auto& [name, text] : labels) {
    pairs.push_back(concat(json_quoted(name), ':', json_quoted(text)));
  }
  return "{" + join(pairs, ",") + "}";
}

/// Canonical: keys sorted, values as typed.
std::string parameters_json(const Parameters& parameters) {
  std::vector<std::string> pairs;
  for (const auto& [name, value] : parameters) {
    pairs.push_back(concat(json_quoted(name), ':', canonical_text(value)));
  }
  return "{" + join(pairs, ",") + "}";
}

template <typename Texts>
std::string texts_json(const Texts& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(json_quoted(text));
  return "[" + join(quoted, ",") + "]";
}

std::string tables_json(const v1::SubmitRequest& request) {
  std::vector<std::string> tables;
  for (const v1::ResultTable& table : request.tables()) {
    tables.push_back(concat("{\"title\":", json_quoted(table.title()),
                            ",\"rows\":", texts_json(table.rows()),
                            ",\"columns\":", texts_json(table.columns()), "}"));
  }
  return "[" + join(tables, ",") + "]";
}

bool is_digest(const std::string& text) {
  return text.size() == kDigestCharacters &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Status check_digest(const std::string& what, const std::string& digest) {
  if (is_digest(digest)) return Status::ok();
  return invalid_argument(
      concat(what, " is '", digest, "'; expected 64 lower-case hexadecimal characters"));
}

Status check_loras(const v1::Run& run) {
  for (const v1::Lora& lora : run.loras()) {
    COX_RETURN_IF_ERROR(check_digest("the LoRA file's digest", lora.digest()));
    if (lora.multiplier() == 0 || !std::isfinite(lora.multiplier())) {
      return invalid_argument(concat("the LoRA file ", lora.path(), " has the multiplier ",
                                     lora.multiplier(), "; expected a finite number other than 0"));
    }
  }
  return Status::ok();
}

/// The run as the spec knows it, its digest checked against its fields.
Result<sweep::Run> checked_run(const std::string& name, const v1::Run& message) {
  if (name.empty()) return invalid_argument("a run has no name");
  COX_RETURN_IF_ERROR(check_digest("the digest", message.digest()));
  COX_RETURN_IF_ERROR(check_digest("the model's digest", message.model_digest()));
  COX_RETURN_IF_ERROR(check_loras(message));
  sweep::Run run;
  run.name = name;
  run.method = message.method();
  COX_ASSIGN_OR_RETURN(run.parameters, parameters_from_proto(message.parameters()));
  run.digest = sweep::run_digest(run, model_of(message));
  if (run.digest != message.digest()) {
    return invalid_argument(concat(
        "the digest ", message.digest(), " is not that of the run's fields, which is ", run.digest,
        "; submit with the version of cox that the coordinator has, and do not edit runs"));
  }
  return run;
}

/// The same bytes for the same fields: a definition that changed must be told from one that did
/// not.
std::string bytes_of(const v1::Run& run) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  const bool written = run.SerializeToCodedStream(&coded);
  COX_CHECK(written, "a message in memory can be serialized");
  return bytes;
}

core::SubmittedRun submitted_run(const sweep::Run& run, const v1::Run& definition,
                                 const v1::NamedRun& named) {
  return {.name = run.name,
          .labels_json = named.labels_json().empty() ? "{}" : named.labels_json(),
          .digest = run.digest,
          .method = run.method,
          .backbone = definition.backbone(),
          .model_digest = definition.model_digest(),
          .parameters_json = parameters_json(run.parameters),
          .definition = bytes_of(definition),
          .lora_digest = sweep::lora_identity(model_of(definition)),
          .lpips_weights_digest =
              sweep::asks_for_lpips(run.parameters) ? definition.lpips_weights_digest() : "",
          .origins_json = named.origins_json()};
}

Status check_video(const v1::Video& video, std::set<std::string>& ids) {
  if (video.id().empty()) return invalid_argument("a video has no id");
  if (!ids.insert(video.id()).second) {
    return invalid_argument(concat("video '", video.id(), "' is given twice"));
  }
  if (video.path().empty() || video.path().front() != '/') {
    return invalid_argument(concat("video '", video.id(), "': the path is '", video.path(),
                                   "'; expected an absolute one, for workers anywhere"));
  }
  return check_digest(concat("video '", video.id(), "': the digest"), video.digest());
}

Result<std::vector<core::SubmittedVideo>> submitted_videos(const v1::SubmitRequest& request) {
  if (request.videos().empty()) return invalid_argument("the submission has no videos");
  std::set<std::string> ids;
  std::set<std::string> expected(request.expected_failures().begin(),
                                 request.expected_failures().end());
  std::vector<core::SubmittedVideo> videos;
  for (const v1::Video& video : request.videos()) {
    COX_RETURN_IF_ERROR(check_video(video, ids));
    videos.push_back(
        {video.id(), video.path(), video.digest(), video.prompt(), expected.erase(video.id()) > 0});
  }
  if (!expected.empty()) {
    return invalid_argument(
        concat("the expected failure '", *expected.begin(), "' is no video of the submission"));
  }
  return videos;
}

Result<core::RetryLimits> retry_of(const v1::RetryLimits& limits) {
  if (limits.backoff_base_ms() < 0 || limits.backoff_max_ms() < limits.backoff_base_ms() ||
      limits.backoff_max_ms() > kLongestBackoffMs) {
    return invalid_argument(concat("the retry backoff is ", limits.backoff_base_ms(), " to ",
                                   limits.backoff_max_ms(),
                                   " ms; expected 0 <= base <= max <= ", kLongestBackoffMs));
  }
  return core::RetryLimits{limits.crash(), limits.oom(), limits.lost(),
                           limits.backoff_base_ms() * kMillisecondUs,
                           limits.backoff_max_ms() * kMillisecondUs};
}

Result<core::Resources> needs_of(const v1::Resources& resources) {
  if (resources.gpus() > 1 || resources.gpu_memory_bytes() < 0 || resources.memory_bytes() < 0) {
    return invalid_argument(
        concat("a job needs ", resources.gpus(), " GPUs, ", resources.gpu_memory_bytes(),
               " bytes of GPU memory and ", resources.memory_bytes(),
               " bytes of memory; expected at most one GPU, which is what a worker drives, and "
               "sizes of 0 or more"));
  }
  return core::Resources{resources.gpus(), resources.gpu_memory_bytes(), resources.memory_bytes()};
}

sweep::Video spec_video(const v1::Video& message) {
  sweep::Video video;
  video.id = message.id();
  video.path = message.path();
  video.digest = message.digest();
  video.caption = message.prompt();
  return video;
}

Result<std::vector<core::JobDigest>> digests_of(const std::vector<sweep::Run>& runs,
                                                const v1::SubmitRequest& request) {
  std::vector<sweep::Video> videos;
  for (const v1::Video& video : request.videos()) videos.push_back(spec_video(video));
  std::vector<core::JobDigest> jobs;
  jobs.reserve(runs.size() * videos.size());
  for (const sweep::Run& run : runs) {
    for (const sweep::Video& video : videos) {
      COX_ASSIGN_OR_RETURN(const core::JobDigest digest,
                           core::JobDigest::parse(sweep::job_digest(run, video)));
      jobs.push_back(digest);
    }
  }
  return jobs;
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
    *named.mutable_run() = definition_of(run, plan.model);
    named.set_labels_json(labels_json(run.labels));
    named.set_origins_json(sweep::origins_json(run));
  }
  for (const sweep::Video& video : plan.dataset.videos) {
    v1::Video& message = *request.add_videos();
    message.set_id(video.id);
    message.set_path(video.path);
    message.set_digest(video.digest);
    message.set_prompt(video.caption);
  }
  for (const std::string& id : plan.dataset.expected_failures) request.add_expected_failures(id);
  request.set_baseline(plan.baseline);
  for (const sweep::Table& table : plan.tables) {
    v1::ResultTable& message = *request.add_tables();
    message.set_title(table.title);
    message.mutable_rows()->Add(table.rows.begin(), table.rows.end());
    message.mutable_columns()->Add(table.columns.begin(), table.columns.end());
  }
  request.set_priority(plan.priority);
  request.mutable_retry()->set_crash(plan.retry.crash);
  request.mutable_retry()->set_oom(plan.retry.oom);
  request.mutable_retry()->set_lost(plan.retry.lost);
  request.mutable_retry()->set_backoff_base_ms(plan.retry.backoff_base_ms);
  request.mutable_retry()->set_backoff_max_ms(plan.retry.backoff_max_ms);
  request.mutable_policy()->set_fail_fast(plan.policy.fail_fast);
  request.mutable_policy()->set_max_failed_jobs(plan.policy.max_failed_jobs);
  request.mutable_resources()->set_gpus(plan.resources.gpus);
  request.mutable_resources()->set_gpu_memory_bytes(plan.resources.gpu_memory_bytes);
  request.mutable_resources()->set_memory_bytes(plan.resources.memory_bytes);
  return request;
}

Result<core::Submitted> event_of(const v1::SubmitRequest& request) {
  if (request.series().empty()) return invalid_argument("the series has no name");
  if (request.runs().empty()) return invalid_argument("the submission has no runs");
  const std::int64_t jobs = std::int64_t{request.runs_size()} * request.videos_size();
  if (jobs > kMostJobsInSubmission) {
    return invalid_argument(concat("the submission has ", jobs, " jobs; expected at most ",
                                   kMostJobsInSubmission, "; split the sweep"));
  }
  core::Submitted event;
  event.series = request.series();
  event.series_number = request.number();
  event.title = request.title();
  event.labels_json = labels_json({request.labels().begin(), request.labels().end()});
  event.sweep_text = request.sweep_text();
  event.baseline = request.baseline();
  event.tables_json = tables_json(request);
  event.dataset = request.dataset();
  event.dataset_digest = request.dataset_digest();
  event.priority = request.priority();
  event.policy = {request.policy().fail_fast(), request.policy().max_failed_jobs()};
  COX_ASSIGN_OR_RETURN(event.retry, retry_of(request.retry()));
  COX_ASSIGN_OR_RETURN(event.needs, needs_of(request.resources()));
  COX_ASSIGN_OR_RETURN(event.videos, submitted_videos(request));

  std::set<std::string> names;
  std::vector<sweep::Run> runs;
  for (const v1::NamedRun& named : request.runs()) {
    v1::Run definition = named.run();
    modernize(definition);
    Result<sweep::Run> run = checked_run(named.name(), definition);
    if (!run.is_ok()) return run.status().with_context(concat("run '", named.name(), "'"));
    if (!names.insert(named.name()).second) {
      return invalid_argument(concat("run '", named.name(), "' is given twice"));
    }
    event.runs.push_back(submitted_run(*run, definition, named));
    runs.push_back(std::move(run).value());
  }
  COX_ASSIGN_OR_RETURN(event.jobs, digests_of(runs, request));
  return event;
}

}  // namespace cox::service
