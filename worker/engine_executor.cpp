#include "worker/engine_executor.h"

#include <fstream>
#include <utility>

#include "proto/convert.h"
#include "worker/convert.h"

namespace cox::worker {

namespace {

constexpr std::streamoff kLogTailBytes = 8'192;

std::string tail_of(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in.tellg();
  if (!in || size <= 0) return "";
  std::string tail(static_cast<size_t>(std::min(size, kLogTailBytes)), '\0');
  in.seekg(size - static_cast<std::streamoff>(tail.size()));
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  return tail;
}

/// Reports the engine's progress under the job's digest.
class JobSink final : public engine::Sink {
 public:
  JobSink(const std::string& job_digest, const CancelToken& cancel, ProgressListener& listener)
      : cancel_(cancel), listener_(listener) {
    progress_.set_job_digest(job_digest);
  }
  void on_progress(const std::string& stage, int done, int total) override {
    progress_.set_stage(stage);
    progress_.set_done(done);
    progress_.set_total(total);
    listener_.on_progress(progress_);
  }
  bool cancelled() const override { return cancel_.cancelled(); }

 private:
  const CancelToken& cancel_;
  ProgressListener& listener_;
  v1::JobProgress progress_;
};

}  // namespace

EngineExecutor::EngineExecutor(std::unique_ptr<engine::Engine> engine, std::string out,
                               std::string log_file)
    : engine_(std::move(engine)), out_(std::move(out)), log_file_(std::move(log_file)) {}

std::vector<std::size_t> EngineExecutor::begin_bundle(const v1::Bundle& bundle) {
  std::vector<JobInput> inputs;
  for (const v1::LeasedJob& job : bundle.jobs()) {
    // A job that cannot be read shares nothing; `run` reports its error.
    Result<JobInput> input = job_input_of(job, bundle.video(), out_);
    inputs.push_back(input.is_ok() ? std::move(input).value() : JobInput{});
  }
  return engine_->begin_bundle(inputs);
}

Executor::Outcome EngineExecutor::run(const v1::LeasedJob& job, const v1::Video& video,
                                      const CancelToken& cancel, ProgressListener& progress) {
  Outcome outcome;
  outcome.report.set_started_us(clock_.now_us());
  engine::JobOutcome result;
  if (const Result<JobInput> input = job_input_of(job, video, out_); input.is_ok()) {
    JobSink sink(job.job_digest(), cancel, progress);
    result = engine_->run(*input, sink);
    loaded_model_digest_ = job.run().model().digest();
  } else {
    result = JobFailure{FailureCause::kUser, input.status().message(), "bad_parameters"};
  }
  outcome.report.set_finished_us(clock_.now_us());

  if (const auto* output = std::get_if<JobOutput>(&result)) {
    *outcome.report.mutable_output() = to_proto<v1::JobOutput>(*output);
    return outcome;
  }
  const auto& failure = std::get<JobFailure>(result);
  outcome.cancelled = failure.cause == FailureCause::kCancelled;
  outcome.poisoned = failure.poisoned;
  if (failure.missing_input) {
    outcome.missing_input = failure.message;
  } else if (!outcome.cancelled) {
    *outcome.report.mutable_failure() = to_proto<v1::JobFailure>(failure);
    outcome.report.set_log_tail(tail_of(log_file_));
  }
  return outcome;
}

}  // namespace cox::worker
