#include "tools/parity/families/stas.h"

#include "engine/steering/stas.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

VisualRows read_visual_rows(ParityJob& job) {
  const auto grid = job.param<std::vector<int64_t>>("grid");
  if (grid.size() != 3) job.reject("grid", "expected [frames, rows, columns]");
  for (const int64_t size : grid) {
    if (size < 1) job.reject("grid", "expected positive sizes");
  }
  return {{grid[0], grid[1], grid[2]}, job.param_or<int64_t>("text_tokens", 0)};
}

DimChoice read_dim_choice(ParityJob& job) {
  std::vector<DimChoice> choices;
  if (job.has_param("dims")) choices.push_back(DimList{job.param<std::vector<int64_t>>("dims")});
  if (job.has_param("top_k")) choices.push_back(TopDims{job.param<int64_t>("top_k")});
  if (job.has_param("rule")) {
    const auto rule = job.param<std::map<std::string, double>>("rule");
    if (rule.size() != 2 || rule.count("abs_min") == 0 || rule.count("median_ratio") == 0) {
      job.reject("rule", "expected {\"abs_min\": number, \"median_ratio\": number}");
    }
    choices.push_back(DimRule{rule.at("abs_min"), rule.at("median_ratio")});
  }
  if (choices.size() != 1) job.reject("dims", "expected exactly one of dims, top_k and rule");
  return choices.front();
}

StasTokens read_stas_tokens(ParityJob& job) {
  StasTokens tokens;
  tokens.first_frame = job.param_or<bool>("first_frame", true);
  tokens.head = job.param_or<double>("b_head", tokens.head);
  tokens.tail = job.param_or<double>("b_tail", tokens.tail);
  const auto boundary = job.param_or<std::string>("boundary", "none");
  if (boundary == "rows") {
    tokens.boundary = StasBoundary::kRows;
  } else if (boundary == "frames") {
    tokens.boundary = StasBoundary::kFrames;
  } else if (boundary != "none") {
    job.reject("boundary", "expected none, rows or frames, got " + boundary);
  }
  // Only whole frames form runs.
  const bool needs_chunk = tokens.boundary == StasBoundary::kFrames;
  tokens.chunk = needs_chunk ? job.param<int64_t>("chunk") : job.param_or<int64_t>("chunk", 1);
  return tokens;
}

StasReference read_stas_reference(ParityJob& job) {
  const auto reference = job.param<std::string>("reference");
  if (reference != "layer" && reference != "dim") {
    job.reject("reference", "expected layer or dim, got " + reference);
  }
  return reference == "layer" ? StasReference::kLayer : StasReference::kDim;
}

void set_if_defined(ParityJob& job, const std::string& name, const at::Tensor& tensor) {
  if (tensor.defined()) job.set_output(name, tensor);
}

void parity_stas(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const at::Tensor hidden = job.tensor("hidden");
  const VisualRows rows = read_visual_rows(job);
  const StasTokens wanted = read_stas_tokens(job);
  const StasReference reference = read_stas_reference(job);
  const StasStrength strength = {job.param<double>("alpha"), job.param<double>("lambda")};
  const at::Tensor dims = choose_dims(hidden, rows, read_dim_choice(job));
  const bool acts = stas_acts(job.param<int64_t>("step"), job.param<int64_t>("steps"),
                              job.param<double>("steps_fraction")) &&
                    dims.size(0) > 0;
  const at::Tensor tokens = steered_tokens(rows.grid, wanted);
  at::Tensor steered = hidden;
  at::Tensor touched = at::zeros({hidden.size(1)}, at::kByte);
  if (dims.size(0) > 0) {
    const at::Tensor maximum = stas_maximum(hidden, rows, dims, reference);
    job.set_output("reference", maximum);
    if (acts) {
      steered = steer_activations(hidden, rows, tokens, dims, maximum, strength);
      touched.narrow(0, rows.first, rows.grid.tokens()).copy_(tokens);
    }
  }
  job.set_output("hidden", steered);
  job.set_output("dims", dims);
  job.set_output("touched", touched);
}

void parity_stas_profile(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const at::Tensor hidden = job.tensor("hidden");
  const VisualRows rows = read_visual_rows(job);
  const StasTokens tokens = read_stas_tokens(job);
  const at::Tensor dims = choose_dims(hidden, rows, read_dim_choice(job));
  const ActivationProfile profile = profile_activations(hidden, rows, dims, tokens);
  job.set_output("dims", dims);
  job.set_output("dim_max", profile.dim_max);
  job.set_output("median", profile.median);
  job.set_output("ma_ratio", profile.ratio);
  set_if_defined(job, "token_profile", profile.token_profile);
  set_if_defined(job, "first_mean", profile.first_mean);
  set_if_defined(job, "boundary_mean", profile.boundary_mean);
  set_if_defined(job, "interior_mean", profile.interior_mean);
}

}  // namespace

ParityOps with_steering(ParityOps ops) {
  ops.emplace("stas", parity_stas);
  ops.emplace("stas-profile", parity_stas_profile);
  return ops;
}

}  // namespace cox::engine
