#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "engine/engine.h"
#include "worker/executor.h"

namespace cox::worker {

/// Runs jobs in the engine of this process. Owned by the job loop's thread.
class EngineExecutor final : public Executor {
 public:
  /// `log_file` is the file of the engine's log, "" for standard error; a failure is reported with
  /// its last lines.
  EngineExecutor(std::unique_ptr<engine::Engine> engine, std::string out, std::string log_file);

  std::vector<std::size_t> begin_bundle(const v1::Bundle& bundle) override;
  void end_bundle() override { engine_->end_bundle(); }
  Outcome run(const v1::LeasedJob& job, const v1::Video& video, const CancelToken& cancel,
              ProgressListener& progress) override;
  std::string loaded_model_digest() const override { return loaded_model_digest_; }

 private:
  std::unique_ptr<engine::Engine> engine_;
  std::string out_;
  std::string log_file_;
  std::string loaded_model_digest_;
  SystemClock clock_;
};

}  // namespace cox::worker
