#include "engine/engine_state.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/backbones/generation_products.h"
#include "engine/device/cuda.h"
#include "engine/failure.h"
#include "engine/nn/device_attention.h"
#include "engine/stages/adapt.h"
#include "engine/stages/control.h"
#include "engine/stages/external.h"
#include "engine/stages/generate.h"
#include "engine/stages/settle.h"
#include "engine/stages/write.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

std::string host_name() {
  std::array<char, 256> name = {};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// Throws unless the file is the one that was planned.
void check_video_digest(const JobInput& input, const std::string& digest) {
  if (input.video.digest.empty() || input.video.digest == digest) return;
  throw EngineError(
      FailureCause::kData,
      fmt::format("video {}: expected digest {}, got {}; the file changed since it was indexed",
                  input.video.path, input.video.digest, digest),
      "video_digest");
}

std::string kernels_of(const Backbone& backbone) {
  return kernels_on(backbone.device(), backbone.compute_dtype(), backbone.shape().head);
}

DeviceFacts facts_of(c10::Device device) {
  DeviceFacts facts;
  facts.name = device_name(device);
  facts.machine_memory_bytes = device_memory(c10::Device(c10::kCPU)).total_bytes;
  if (!device.is_cpu()) facts.gpu_memory_bytes = device_memory(device).total_bytes;
  return facts;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// States are continued only where they would be computed with the same bits: on this machine, by
/// this build, with as many threads.
StateSaving saving_of(const EngineOptions& options, c10::Device device, const DeviceFacts& facts) {
  return {options.states,
          fmt::format("{}\n{} {} {}\n{} {} {}\n{} {}", host_name(), device.str(), facts.name,
                      driver_version(device), options.threads, options.deterministic,
                      options.kernels, engine_build(), torch_version()),
          options.save_every_s};
}

/// Names the generation that a result was scored on: results with equal names have equal frames.
std::string generation_node(const JobInput& input, std::int64_t step,
                            const std::string& video_digest) {
  if (input.share.generation.empty()) return "";
  const sharing::StateId state = sharing::state_id(input.share.trajectory, step);
  return sha256_of(fmt::format("cox-generation-node/1\n{}\nstate {} {}\nvideo {} {}\nprompt {}\n",
                               input.share.generation, state.trajectory, state.step,
                               json_quoted(input.video.id), video_digest,
                               json_quoted(input.prompt)));
}

}  // namespace

/// One job, ready to adapt and generate.
struct Engine::State::Task {
  const JobInput& input;
  const JobPlan& plan;
  const SourceFrames& source;
  const EncodedJob& encoded;
  const Model& model;
  AdaptedModel& adapted;
  StageClock& clock;
  JobOutput& output;
};

Engine::State::State(const EngineOptions& engine_options, c10::Device chosen, bool first)
    : options(engine_options),
      device(chosen),
      leads(first),
      facts(facts_of(chosen)),
      models(chosen),
      work(models, saving_of(engine_options, chosen, facts), engine_options.max_state_bytes),
      scores(chosen) {}

/// Discards encodings of another video: they would only take memory.
void Engine::State::enter_video(const std::string& digest) {
  if (digest == video_digest) return;
  video_digest = digest;
  work.leave_video();
  sources.clear();
  encodings.posteriors.clear();
  scores.clear_references();
}

Model& Engine::State::load_model(const JobInput& input, const JobPlan& plan,
                                 StageTimings& timings) {
  const ModelKey key{input.model.backbone, input.model.directory, input.model.digest,
                     plan.run.compute.precision};
  const Stopwatch watch(timings.load_model_s, device);
  if (!models.holds(key)) encodings.clear();
  Model& model = models.get(key, input.model.loras);
  require_products(plan.run.compute, *model.backbone);
  model.backbone->set_group(groups.all);
  model.parts = groups;
  return model;
}

Provenance Engine::State::provenance(const JobInput& input, const JobPlan& plan) const {
  Provenance from;
  from.machine = host_name();
  from.device = device.is_cpu() ? "cpu" : "cuda";
  from.device_name = facts.name;
  from.driver = driver_version(device);
  from.gpus = facts.gpus;
  from.threads = options.threads;
  from.dtype = compute_type_name(plan.run.compute);
  from.engine_build = engine_build();
  from.torch_version = torch_version();
  from.model_digest = input.model.digest;
  from.video_digest = video_digest;
  return from;
}

Provenance Engine::State::provenance(const JobInput& input, const JobPlan& plan, const Model& model,
                                     const AdaptationSummary& adaptation) const {
  Provenance from = provenance(input, plan);
  from.kernels = kernels_of(*model.backbone);
  from.backbone_checksum = model.checksum;
  from.trajectory = input.share.trajectory;
  from.generation = generation_node(input, adaptation.best_step, video_digest);
  return from;
}

/// A device that fails here also fails the next job, which then reports it.
std::vector<std::size_t> Engine::State::begin_bundle(const std::vector<JobInput>& jobs) {
  try {
    work.end();
  } catch (const std::exception& error) {
    log(LogLevel::kError, "engine", "cannot verify that the model is unchanged",
        {{"error", error.what()}});
  }
  if (options.sharing) return work.expect(jobs);
  std::vector<std::size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

/// Makes the next job independent of what went wrong in this one. Devices that do jobs together
/// must agree on what is left, so each gets the failure of all.
void Engine::State::recover(const JobInput& input, JobFailure& failure) {
  if (failure.detail == kWriteFailure) failure.poisoned = true;
  try {
    work.fail(input, failure, /*alone=*/groups.all == nullptr);
    if (failure.cause == FailureCause::kOom) {
      sources.clear();
      encodings.clear();
      scores.clear_references();
    }
    synchronize(device);
    if (!work.is_in_place()) models.drop_if_changed();
    release_cached_memory(device);
  } catch (const std::exception&) {
    failure.poisoned = true;
  }
}

at::Tensor Engine::State::generate_frames(const Task& task) {
  StageClock& clock = task.clock;
  clock.count(&StageTimings::train_s, 0,
              task.adapted.place(task.output.adaptation.best_step, clock.monitor()));
  const at::Tensor latents = clock.measure("generate", &StageTimings::generate_s, [&] {
    return task.adapted.in_generation(task.plan.adaptation, [&](const Adapter& adapter) {
      return generate(task.plan, task.encoded, task.model, adapter, clock.monitor());
    });
  });
  task.output.peak_memory_bytes = work.peak_with(device_memory(device).peak_bytes);
  work.leave(task.input);
  return clock.measure("latent_decode", &StageTimings::latent_decode_s, [&] {
    return decode_latents(task.plan, task.encoded, latents, task.model);
  });
}

/// The scored frames of a control, whose cost counts as that of decoding.
at::Tensor Engine::State::make_control_frames(const Task& task) {
  at::Tensor frames = task.clock.measure("latent_decode", &StageTimings::latent_decode_s, [&] {
    return control_frames(task.adapted.scored_frames(), task.plan, task.source, task.model);
  });
  task.output.peak_memory_bytes = work.peak_with(device_memory(device).peak_bytes);
  work.leave(task.input);
  return frames;
}

/// The scored frames that another job generated from an equal state, at the price that it paid.
at::Tensor Engine::State::reuse_frames(const Task& task, const Generation& made) {
  JobOutput& output = task.output;
  output.peak_memory_bytes =
      std::max(work.peak_with(device_memory(device).peak_bytes), made.peak_memory_bytes);
  work.leave(task.input);
  task.clock.count(&StageTimings::generate_s, made.generate_s);
  task.clock.count(&StageTimings::latent_decode_s, made.decoding_s);
  add_once(output.shared_with, made.job);
  return made.frames.to(device);
}

/// The scored frames of the job: adapted, generated and decoded.
at::Tensor Engine::State::continue_video(const Task& task) {
  if (task.adapted.scored_frames() != ScoredFrames::kGenerated) {
    if (!task.plan.has_reference()) {
      throw user_error(fmt::format("task {}: method '{}' scores frames of the "
                                   "video, which this task does not use",
                                   task_name(task.plan.run.task), task.input.method),
                       "parameter");
    }
    return make_control_frames(task);
  }
  JobOutput& output = task.output;
  Reached reached = task.adapted.reach(task.input.job_id, task.clock.monitor());
  task.clock.count(&StageTimings::train_s, reached.alone.train_s, reached.spent.train_s);
  task.clock.count(&StageTimings::early_stop_s, reached.alone.early_stop_s,
                   reached.spent.early_stop_s);
  output.adaptation = std::move(reached.summary);
  output.shared_with = work.companions(task.input);

  const std::string name = work.generation_name(task.input, output.adaptation.best_step);
  if (name.empty()) return generate_frames(task);
  if (const auto made = work.generations().find(name)) return reuse_frames(task, *made);
  const at::Tensor frames = generate_frames(task);
  work.generations().add(
      name, {frames.to(at::kCPU), output.timings.generate_s, output.timings.latent_decode_s,
             output.peak_memory_bytes, task.input.job_id});
  return frames;
}

/// A job reads like this: decode, encode, adapt, generate, decode latents, score, write.
JobOutput Engine::State::run(const JobInput& input, JobMonitor& monitor) {
  reset_peak_memory(device);
  JobOutput output;
  StageClock clock(output.timings, monitor, device);

  ParameterReader parameters(input.parameters);
  JobPlan plan = plan_job(input, parameters);
  require_products(plan.run.compute, device);
  if (leads) scores.prepare(plan, input);
  if (plan.decoded.count > 0 && input.video.is_prompt()) {
    throw user_error(fmt::format("task {}: expected a video, got the prompt '{}'",
                                 task_name(plan.run.task), input.video.id),
                     "item");
  }
  // A job that reads no frame does not open the file.
  const std::string digest =
      plan.decoded.count > 0 ? digests.of(input.video.path) : input.video.digest;
  check_video_digest(input, digest);
  enter_video(digest);
  if (plan.decoded.count > 0) settle_by_video(plan, input.video.path);
  work.make_way(input);
  double reused_s = 0;
  const auto source = clock.measure("decode", &StageTimings::decode_s, [&] {
    return decode_source(plan, input.video.path, sources, &reused_s);
  });
  clock.count(&StageTimings::decode_s, reused_s);
  if (plan.external) {
    parameters.finish();
    if (!leads) return output;
    score_external(input, plan, *source, clock, output);
    return output;
  }
  Model& model = load_model(input, plan, output.timings);
  const EncodedJob encoded = clock.measure("encode", &StageTimings::encode_s, [&] {
    return encode(plan, *source, input.prompt, model, encodings);
  });
  clock.count(&StageTimings::encode_s, encoded.reused_s);
  AdaptedModel& adapted = work.enter(input, plan, encoded, model, parameters);
  const at::Tensor frames =
      continue_video({input, plan, *source, encoded, model, adapted, clock, output});
  if (!leads) return output;
  score_and_write(input, plan, *source, frames, clock, output);
  output.provenance = provenance(input, plan, model, output.adaptation);
  return output;
}

/// Another program adapted and generated. The file's digest names its generation, and no model
/// takes part.
void Engine::State::score_external(const JobInput& input, const JobPlan& plan,
                                   const SourceFrames& source, StageClock& clock,
                                   JobOutput& output) {
  const ExternalFrames made = clock.measure("decode", &StageTimings::decode_s, [&] {
    return read_external_frames(plan, input.video.id);
  });
  score_and_write(input, plan, source, made.frames.to(device), clock, output);
  output.provenance = provenance(input, plan);
  output.provenance.generation = made.digest;
}

/// The end of every job.
void Engine::State::score_and_write(const JobInput& input, const JobPlan& plan,
                                    const SourceFrames& source, const at::Tensor& frames,
                                    StageClock& clock, JobOutput& output) {
  clock.measure("metrics", &StageTimings::metrics_s, [&] {
    output.metrics = scores.score(plan, input, source, frames);
    output.reference_digest = scores.reference_digest(plan, source);
  });
  const WrittenVideos written = clock.measure("write", &StageTimings::write_s, [&] {
    return write_videos(plan, input, source, video_digest, frames);
  });
  output.generated_path = written.generated_path;
  output.reference_path = written.reference_path;
  output.scored_frames = static_cast<int>(plan.scored.count);
  output.peak_memory_bytes = std::max(output.peak_memory_bytes, device_memory(device).peak_bytes);
  clock.finish();
}

}  // namespace cox::engine
