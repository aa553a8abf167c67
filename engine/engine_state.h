#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/parallel/parts.h"
#include "engine/stage_clock.h"
#include "engine/stages/decode.h"
#include "engine/stages/encode.h"
#include "engine/stages/model.h"
#include "engine/stages/plan.h"
#include "engine/stages/score.h"
#include "engine/stages/shared_work.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

/// The state of one device. If several devices share a job, each does every stage on its share of
/// the tokens; the first also scores, writes and answers.
struct Engine::State {
  struct Task;

  State(const EngineOptions& engine_options, c10::Device chosen, bool first);

  std::vector<std::size_t> begin_bundle(const std::vector<JobInput>& jobs);
  JobOutput run(const JobInput& input, JobMonitor& monitor);
  at::Tensor continue_video(const Task& task);
  at::Tensor generate_frames(const Task& task);
  at::Tensor make_control_frames(const Task& task);
  at::Tensor reuse_frames(const Task& task, const Generation& made);
  void score_external(const JobInput& input, const JobPlan& plan, const SourceFrames& source,
                      StageClock& clock, JobOutput& output);
  void score_and_write(const JobInput& input, const JobPlan& plan, const SourceFrames& source,
                       const at::Tensor& frames, StageClock& clock, JobOutput& output);
  void enter_video(const std::string& digest);
  Model& load_model(const JobInput& input, const JobPlan& plan, StageTimings& timings);
  void recover(const JobInput& input, JobFailure& failure);
  Provenance provenance(const JobInput& input, const JobPlan& plan) const;
  Provenance provenance(const JobInput& input, const JobPlan& plan, const Model& model,
                        const AdaptationSummary& adaptation) const;

  static constexpr std::size_t kMaxSources = 4;

  EngineOptions options;
  c10::Device device;
  bool leads;
  PartGroups groups;
  DeviceFacts facts;
  ModelCache models;
  SharedWork work;  ///< of one bundle; ends before the model that it acts on
  FileDigest digests;
  std::string video_digest;  ///< of the video that the caches below belong to
  SourceCache sources{kMaxSources};
  EncodingCache encodings;
  ScoreBoard scores;
};

}  // namespace cox::engine
