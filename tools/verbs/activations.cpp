#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "engine/device/cuda.h"
#include "engine/stages/generate.h"
#include "engine/stages/settle.h"
#include "engine/steering/stas.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "tools/verbs/activation_svg.h"
#include "tools/verbs/job.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

using Json = nlohmann::ordered_json;

struct ActivationOptions {
  std::int64_t evaluation = 0;  ///< index of the recorded evaluation, from 0
  std::int64_t top = 4;         ///< channels of each block
  std::string json;
  std::string svg;
};

/// Measures the output of every block in one evaluation, on the branch of the prompt.
class Recorder final : public Adapter {
 public:
  explicit Recorder(const ActivationOptions& options) : options_(options) {}

  void begin_pass(const PassContext& pass) const override {
    pass_ = pass;
    records_ = pass.sampling.index == options_.evaluation && pass.sampling.prompt_row >= 0;
  }
  at::Tensor block_output(int block, at::Tensor h) const override {
    if (records_) blocks_.push_back(measured(block, h.narrow(0, pass_.sampling.prompt_row, 1)));
    return h;
  }

  const std::vector<BlockActivations>& blocks() const { return blocks_; }
  const TokenGrid& grid() const { return pass_.grid; }

 private:
  static std::vector<double> numbers(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.to(at::kCPU, at::kDouble).flatten().contiguous();
    const double* first = flat.const_data_ptr<double>();
    return {first, first + flat.numel()};
  }
  static double number(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.item<double>() : 0;
  }

  BlockActivations measured(int block, const at::Tensor& h) const {
    const VisualRows rows{pass_.grid, 0};
    const StasTokens ends{
        .first_frame = true, .boundary = StasBoundary::kRows, .head = 1, .tail = 1};
    const at::Tensor dims = choose_dims(h, rows, TopDims{options_.top});
    const ActivationProfile profile = profile_activations(h, rows, dims, ends);
    BlockActivations found;
    found.block = block;
    found.dim_max = numbers(profile.dim_max);
    found.largest = *std::max_element(found.dim_max.begin(), found.dim_max.end());
    found.median = number(profile.median);
    found.ratio = number(profile.ratio);
    for (const double dim : numbers(dims)) found.dims.push_back(static_cast<std::int64_t>(dim));
    found.token_max = numbers(profile.token_profile);
    found.first_mean = number(profile.first_mean);
    found.boundary_mean = number(profile.boundary_mean);
    found.interior_mean = number(profile.interior_mean);
    return found;
  }

  const ActivationOptions& options_;
  mutable PassContext pass_;
  mutable bool records_ = false;
  mutable std::vector<BlockActivations> blocks_;
};

/// Continues the clip, or shows the prompt, with the pretrained model and records one evaluation.
void record(const JobInput& job, const EngineOptions& engine, const Recorder& recorder) {
  const c10::Device device = parse_device(engine.device);
  configure_tensor_library(engine.threads, engine.deterministic);
  ParameterReader parameters(job.parameters);
  JobPlan plan = plan_job(job, parameters);
  if (plan.decoded.count > 0) settle_by_video(plan, job.video.path);
  SourceCache sources(1);
  const auto source = decode_source(plan, job.video.path, sources);
  ModelCache models(device);
  const Model& model = models.get(
      {job.model.backbone, job.model.directory, "", plan.run.compute.precision}, job.model.loras);
  EncodingCache encodings;
  const EncodedJob encoded = encode(plan, *source, job.prompt, model, encodings);
  NoSink sink;
  JobMonitor monitor(sink);
  generate(plan, encoded, model, recorder, monitor);
}

/// The channels with the largest maxima of any block, ascending.
std::vector<std::int64_t> common_dims(const std::vector<BlockActivations>& blocks,
                                      std::int64_t count) {
  std::vector<std::pair<double, std::int64_t>> best;
  for (std::size_t dim = 0; dim < blocks.front().dim_max.size(); ++dim) {
    double largest = 0;
    for (const BlockActivations& block : blocks) largest = std::max(largest, block.dim_max[dim]);
    best.emplace_back(-largest, static_cast<std::int64_t>(dim));
  }
  std::sort(best.begin(), best.end());
  best.resize(std::min(best.size(), static_cast<std::size_t>(count)));
  std::vector<std::int64_t> dims;
  for (const auto& [negated, dim] : best) dims.push_back(dim);
  std::sort(dims.begin(), dims.end());
  return dims;
}

Json to_json(const BlockActivations& block) {
  return {{"block", block.block},
          {"largest", block.largest},
          {"median", block.median},
          {"ratio", block.ratio},
          {"dims", block.dims},
          {"first_mean", block.first_mean},
          {"boundary_mean", block.boundary_mean},
          {"interior_mean", block.interior_mean},
          {"dim_max", block.dim_max},
          {"token_max", block.token_max}};
}

void write(const std::string& path, const std::string& text) {
  const Status written = write_file_atomically(path, text);
  if (!written.is_ok()) throw EngineError(FailureCause::kCrash, written.message(), "write");
}

void profile(const JobInput& job, const EngineOptions& engine, const ActivationOptions& options) {
  const Recorder recorder(options);
  record(job, engine, recorder);
  const std::vector<BlockActivations>& blocks = recorder.blocks();
  if (blocks.empty()) {
    throw user_error(
        fmt::format("--evaluation: expected less than the number of evaluations, got {}",
                    options.evaluation),
        "usage");
  }
  const TokenGrid& grid = recorder.grid();
  Json json = {{"model", job.model.directory},
               {"backbone", job.model.backbone},
               {"evaluation", options.evaluation},
               {"grid", {grid.frames, grid.rows, grid.columns}},
               {"dims", common_dims(blocks, options.top)}};
  for (const BlockActivations& block : blocks) json["blocks"].push_back(to_json(block));
  write(options.json, json.dump(1) + "\n");
  if (!options.svg.empty()) write(options.svg, activation_svg(blocks, grid.per_frame()));
  Json shown = {{"dims", json["dims"]}, {"output", options.json}};
  for (const BlockActivations& block : blocks) {
    shown["ratio_by_block"].push_back(block.ratio);
  }
  print_json(shown);
}

}  // namespace

void add_activations_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "activations",
               "Record the largest hidden values of every block while it continues a clip or "
               "generates from a prompt",
               "cox-engine activations --model out/model --video clip.mp4 --params plan.json "
               "--output activations.json --svg activations.svg");
  auto job = std::make_shared<JobOptions>();
  auto options = std::make_shared<ActivationOptions>();
  job->job.method = "none";
  add_job_inputs(verb, job);
  verb->add_option("--evaluation", options->evaluation, "Evaluation to record, counted from 0")
      ->check(whole_number(0, kMaxFrames));
  verb->add_option("--top", options->top,
                   "Number of channels to record per block, by largest value")
      ->check(whole_number(1, kMaxFrames));
  verb->add_option("--output", options->json, "JSON file to write")
      ->required()
      ->check(output_file());
  verb->add_option("--svg", options->svg, "SVG file to write")->check(output_file());
  verb->callback([job, options] {
    // Scores are not used: selects a metric that needs neither weights nor reference frames.
    job->overrides.push_back("metrics=[\"frame_difference\"]");
    profile(read_job(*job), job->engine, *options);
  });
}

}  // namespace cox::engine
