#include "engine/engine.h"

#include <fmt/format.h>

#include <unistd.h>

#include <array>

#include "base/clock.h"
#include "cox_version.h"
#include "engine/device/cuda.h"
#include "engine/failure.h"
#include "engine/nn/device_attention.h"
#include "engine/nn/kernels.h"
#include "engine/stages/adapt.h"
#include "engine/stages/decode.h"
#include "engine/stages/encode.h"
#include "engine/stages/generate.h"
#include "engine/stages/model.h"
#include "engine/stages/plan.h"
#include "engine/stages/score.h"
#include "engine/stages/write.h"
#include "engine/stopwatch.h"
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

}  // namespace

struct Engine::State {
  State(const EngineOptions& engine_options, c10::Device chosen)
      : options(engine_options),
        device(chosen),
        facts(facts_of(chosen)),
        models(chosen),
        scores(chosen) {}

  JobOutput run(const JobInput& input, JobMonitor& monitor);
  void enter_video(const std::string& digest);
  Model& load_model(const JobInput& input, const JobPlan& plan, StageTimings& timings);
  void recover(JobFailure& failure);
  Provenance provenance(const JobInput& input, const JobPlan& plan, const Model& model) const;

  static constexpr std::size_t kMaxSources = 4;

  EngineOptions options;
  c10::Device device;
  DeviceFacts facts;
  ModelCache models;
  FileDigest digests;
  std::string video_digest;  ///< of the video that the caches below belong to
  SourceCache sources{kMaxSources};
  EncodingCache encodings;
  ScoreBoard scores;
};

/// Discards encodings of another video: they would only take memory.
void Engine::State::enter_video(const std::string& digest) {
  if (digest == video_digest) return;
  video_digest = digest;
  sources.clear();
  encodings.posteriors.clear();
  scores.clear_references();
}

Model& Engine::State::load_model(const JobInput& input, const JobPlan& plan,
                                 StageTimings& timings) {
  const ModelKey key{input.model.backbone, input.model.directory, input.model.digest,
                     plan.run.precision};
  const Stopwatch watch(timings.load_model_s, device);
  if (!models.holds(key)) encodings.clear();
  return models.get(key, input.model.loras);
}

Provenance Engine::State::provenance(const JobInput& input, const JobPlan& plan,
                                     const Model& model) const {
  Provenance from;
  from.machine = host_name();
  from.device = device.is_cpu() ? "cpu" : "cuda";
  from.device_name = facts.name;
  from.driver = driver_version(device);
  from.threads = options.threads;
  from.kernels = kernels_of(*model.backbone);
  from.dtype = precision_name(plan.run.precision);
  from.engine_build = engine_build();
  from.torch_version = torch_version();
  from.model_digest = input.model.digest;
  from.video_digest = video_digest;
  from.backbone_checksum = model.checksum;
  return from;
}

/// Restores a state in which the next job does not depend on what failed in this one.
void Engine::State::recover(JobFailure& failure) {
  if (failure.detail == kWriteFailure) failure.poisoned = true;
  if (failure.cause == FailureCause::kOom) {
    sources.clear();
    encodings.clear();
    scores.clear_references();
  }
  try {
    synchronize(device);
    models.drop_if_changed();
    release_cached_memory(device);
  } catch (const std::exception&) {
    failure.poisoned = true;
  }
}

/// Runs a job: decode, encode, adapt, generate, decode latents, score, write.
JobOutput Engine::State::run(const JobInput& input, JobMonitor& monitor) {
  const double start = monotonic_seconds();
  reset_peak_memory(device);
  JobOutput output;
  StageTimings& timings = output.timings;
  const auto timed = [&](const char* stage, double& seconds, const auto& work) {
    monitor.progress(stage, 0, 1);
    const Stopwatch watch(seconds, device);
    return work();
  };

  ParameterReader parameters(input.parameters);
  const JobPlan plan = plan_job(input, parameters);
  scores.prepare(plan, input);
  check_video_digest(input, digests.of(input.video.path));
  enter_video(digests.of(input.video.path));
  const auto source = timed("decode", timings.decode_s,
                            [&] { return decode_source(plan, input.video.path, sources); });
  Model& model = load_model(input, plan, timings);
  const EncodedJob encoded = timed("encode", timings.encode_s, [&] {
    return encode(plan, *source, input.prompt, model, encodings);
  });
  at::Tensor latents;
  {
    const AdaptedModel adapted = adapt(plan, encoded, model, parameters, monitor);
    output.adaptation = adapted.summary;
    timings.train_s = adapted.timings.train_s;
    timings.early_stop_s = adapted.timings.early_stop_s;
    latents = timed("generate", timings.generate_s,
                    [&] { return generate(plan, encoded, model, adapted.adapter(), monitor); });
  }
  if (plan.adaptation) models.require_unchanged();
  const at::Tensor frames = timed("latent_decode", timings.latent_decode_s,
                                  [&] { return decode_latents(plan, encoded, latents, model); });
  timed("metrics", timings.metrics_s, [&] {
    output.metrics = scores.score(plan, input, *source, frames);
    output.reference_digest = scores.reference_digest(plan, *source);
  });
  const WrittenVideos written = timed("write", timings.write_s, [&] {
    return write_videos(plan, input, *source, video_digest, frames);
  });

  output.generated_path = written.generated_path;
  output.reference_path = written.reference_path;
  output.scored_frames = static_cast<int>(plan.scored.count);
  output.provenance = provenance(input, plan, model);
  output.peak_memory_bytes = device_memory(device).peak_bytes;
  timings.total_s = monotonic_seconds() - start;
  return output;
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(const EngineOptions& options) {
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return invalid_argument(
        fmt::format("threads: expected 1 to {}, got {}", kMaxThreads, options.threads));
  }
  try {
    const c10::Device device = parse_device(options.device);
    choose_kernels(parse_kernel_path(options.kernels));
    configure_tensor_library(options.threads, options.deterministic);
    prepare_kernels(device);
    return std::unique_ptr<Engine>(new Engine(std::make_unique<State>(options, device)));
  } catch (const std::exception&) {
    return failed_precondition(failure_of(std::current_exception()).message);
  }
}

const DeviceFacts& Engine::device() const { return state_->facts; }

JobOutcome Engine::run(const JobInput& input, Sink& sink) {
  try {
    JobMonitor monitor(sink);
    return state_->run(input, monitor);
  } catch (const std::exception&) {
    JobFailure failure = failure_of(std::current_exception());
    state_->recover(failure);
    return failure;
  } catch (...) {
    return JobFailure{FailureCause::kCrash, "unknown exception", "exception", true};
  }
}

int gpu_count() { return cuda_device_count(); }

std::string engine_build() { return COX_BUILD_TEXT; }

}  // namespace cox::engine
