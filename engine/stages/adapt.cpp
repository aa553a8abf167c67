#include "engine/stages/adapt.h"

#include <fmt/format.h>

#include <set>

#include "base/digest.h"
#include "engine/adaptation/random_direction.h"
#include "engine/device/cuda.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Fraction of the free memory that activations may use.
constexpr double kUsableMemory = 0.9;
/// Latent pixels of one token.
constexpr std::int64_t kLatentsPerToken = 4;

/// Whether training writes to parameters of the backbone itself.
bool shares_tensors(const std::vector<ParameterGroup>& groups, Backbone& backbone) {
  std::set<const void*> own;
  for (const NamedTensor& parameter : backbone.parameters()) {
    own.insert(parameter.tensor.unsafeGetTensorImpl());
  }
  for (const ParameterGroup& group : groups) {
    for (const TrainedTensor& tensor : group.tensors) {
      if (own.count(tensor.leaf.unsafeGetTensorImpl()) != 0) return true;
    }
  }
  return false;
}

}  // namespace

namespace {

/// Names everything that the raw outputs of a job's training and checks follow from.
std::string raw_content(const JobPlan& plan, const EncodedJob& encoded, const std::string& model) {
  const auto bytes_of = [](const at::Tensor& tensor) {
    if (!tensor.defined()) return std::string();
    const at::Tensor flat = tensor.to(at::kCPU).contiguous();
    return std::string(static_cast<const char*>(flat.data_ptr()), flat.nbytes());
  };
  const VideoRandom& random = plan.run.random;
  return fmt::format("model {} {}\nvideo {} seed {} {}\nsplit {} {} {}\nlatents {}\ntext {} {}",
                     model, precision_name(plan.run.compute.precision), random.video_id,
                     random.seed, random.replicate, plan.split.context, plan.split.train,
                     plan.split.held_out, sha256_of(bytes_of(encoded.window)),
                     sha256_of(bytes_of(encoded.prompt.states)),
                     sha256_of(bytes_of(encoded.prompt.mask)));
}

/// Parts whose free memory differs must still make equal passes.
bool on_any_part(const Backbone& backbone, bool holds) {
  Group* group = backbone.group();
  if (group == nullptr) return holds;
  const at::Tensor parts =
      at::full({1}, holds ? 1 : 0, at::TensorOptions(backbone.device()).dtype(at::kFloat));
  group->sum(parts);
  return parts.item<float>() > 0;
}

}  // namespace

bool needs_recompute(const Backbone& backbone, const at::Tensor& latents, bool trains_linear_layers,
                     std::int64_t first_block, std::int64_t reserved_bytes) {
  const BackboneShape shape = backbone.shape();
  const std::int64_t parts = backbone.group() == nullptr ? 1 : backbone.group()->size();
  const std::int64_t per_frame = latents.size(3) * latents.size(4) / kLatentsPerToken;
  const std::int64_t tokens =
      latents.size(2) * ((per_frame + parts - 1) / parts) + shape.joined_text_tokens;
  const double values = shape.kept_values + (trains_linear_layers ? shape.kept_linear_inputs : 0);
  const double needed = values * static_cast<double>(c10::elementSize(backbone.compute_dtype())) *
                        static_cast<double>(tokens) * static_cast<double>(shape.hidden) *
                        static_cast<double>(shape.blocks - first_block);
  const DeviceMemory memory = device_memory(backbone.device());
  const double left = static_cast<double>(memory.available_bytes - reserved_bytes);
  return on_any_part(backbone, needed > kUsableMemory * left);
}

std::int64_t gradient_bytes(const std::vector<ParameterGroup>& groups) {
  std::int64_t bytes = 0;
  for (const ParameterGroup& group : groups) {
    for (const TrainedTensor& tensor : group.tensors) {
      bytes += tensor.value.numel() * static_cast<std::int64_t>(tensor.leaf.element_size());
    }
  }
  return bytes;
}

void require_training_memory(const Backbone& backbone, const std::vector<ParameterGroup>& groups,
                             const std::vector<MemberSettings>& members) {
  const std::int64_t gradients = gradient_bytes(groups);
  std::int64_t states = 0;
  for (const ParameterGroup& group : groups) {
    states += optimizer_state_bytes(members.at(group.member).optimizer, group);
  }
  const std::int64_t available = device_memory(backbone.device()).available_bytes;
  if (gradients + states <= available) return;
  constexpr double kGigabyte = 1e9;
  throw EngineError(
      FailureCause::kOom,
      fmt::format("training needs {:.1f} GB for the optimizer's state and {:.1f} GB for gradients, "
                  "but {:.1f} GB are free on {}; use more GPUs for the job, another optimizer (sgd "
                  "without momentum has no state) or a method that trains less",
                  static_cast<double>(states) / kGigabyte,
                  static_cast<double>(gradients) / kGigabyte,
                  static_cast<double>(available) / kGigabyte, backbone.device().str()),
      "out_of_memory");
}

AdaptedModel::AdaptedModel(const JobPlan& plan, const EncodedJob& encoded, Model& model,
                           ParameterReader& parameters, std::int64_t max_state_bytes,
                           const SharedRaw* raw)
    : random_(plan.run.random) {
  const std::vector<MemberSettings> members =
      plan.adaptation ? plan.adaptation->members : std::vector<MemberSettings>{{}};
  std::vector<at::ScalarType> dtypes;
  for (const MemberSettings& member : members) dtypes.push_back(member.trained_dtype);
  adaptation_ = make_adaptation(plan.method, parameters, *model.backbone, random_, dtypes);
  parameters.finish();
  parameters_read_ = parameters.names_read();
  if (!plan.adaptation) return;
  const std::vector<ParameterGroup> groups = adaptation_->groups();
  trains_backbone_ = shares_tensors(groups, *model.backbone);
  require_training_memory(*model.backbone, groups, members);
  rule_ = plan.recipe->training_rule(model);
  const AdaptationProblem problem{*model.backbone, encoded.window, plan.split,
                                  encoded.prompt,  random_,        *rule_};
  trajectory_.emplace(problem, *adaptation_, *plan.adaptation, max_state_bytes,
                      raw_outputs(plan, encoded, raw));
  // Only now, after the memory of the optimizer's state is allocated.
  model.backbone->set_recompute(
      plan.recompute ||
      needs_recompute(*model.backbone, encoded.window, adaptation_->trains_linear_layers(),
                      adaptation_->first_block(), gradient_bytes(groups)));
}

/// Those of the store if they are of this content, else new ones in their place; nullptr for a
/// method that does not act on the output only.
RawOutputs* AdaptedModel::raw_outputs(const JobPlan& plan, const EncodedJob& encoded,
                                      const SharedRaw* raw) const {
  if (raw == nullptr || !adaptation_->acts_on_output_only()) return nullptr;
  const std::string content = raw_content(plan, encoded, raw->model);
  if (!raw->store || raw->store->content() != content) raw->store.emplace(content);
  return &*raw->store;
}

void AdaptedModel::accept(ParameterReader& parameters) const {
  parameters.accept(parameters_read_);
  parameters.finish();
}

void AdaptedModel::watch(const std::string& job, const sharing::JobShape& shape) {
  if (trajectory_) trajectory_->watch(job, shape);
}

void AdaptedModel::save_to(StateSaving saving) {
  if (trajectory_) trajectory_->save_to(std::move(saving));
}

Reached AdaptedModel::reach(const std::string& job, JobMonitor& monitor) {
  return trajectory_ ? trajectory_->reach(job, monitor) : Reached{};
}

at::Tensor AdaptedModel::in_generation(const std::optional<AdaptationSettings>& settings,
                                       const std::function<at::Tensor(const Adapter&)>& generate) {
  if (!settings || !settings->random_direction) return generate(adapter());
  return in_random_direction(*adaptation_, random_, [&] { return generate(adapter()); });
}

double AdaptedModel::place(std::int64_t step, JobMonitor& monitor) {
  return trajectory_ ? trajectory_->place(step, monitor) : 0;
}

void AdaptedModel::leave(const std::string& job) {
  if (trajectory_) trajectory_->leave(job);
}

}  // namespace cox::engine
