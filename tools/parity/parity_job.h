#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/backbones/transformer_factory.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/precision.h"
#include "record/job.h"

namespace cox::engine {

using TensorMap = std::map<std::string, at::Tensor>;

/// The input of one call of `cox-engine parity OP`. Reads are strict: a missing tensor or parameter
/// is an error that names it, and so is a parameter that the op never reads.
struct ParityRequest {
  std::string family = "longcat-video";
  std::string op;
  std::string model_directory;
  Precision precision = Precision::kFp32;
  at::Device device = at::kCPU;
  std::map<std::string, nlohmann::json> parameters;
  TensorMap inputs;
  std::map<std::string, std::string> metric_weights;  ///< files by metric
  std::vector<WeightFile> loras;                      ///< to add to the transformer
};

class ParityJob {
 public:
  explicit ParityJob(ParityRequest request) : request_(std::move(request)) {}

  /// Returns a floating-point input as fp32, on the device. Throws if it is missing or holds
  /// integers.
  at::Tensor tensor(const std::string& name) const;
  /// Returns an input of the integer type `dtype`, unchanged, on the device.
  at::Tensor whole_tensor(const std::string& name, at::ScalarType dtype) const;
  bool has_tensor(const std::string& name) const { return request_.inputs.count(name) != 0; }
  /// Returns states and mask from the inputs `prefix` + `text_states` and `text_mask`.
  TextStates text(const std::string& prefix = "") const;

  /// Returns parameter `name` as T; throws EngineError (cause user) if it is missing or has another
  /// type.
  template <typename T>
  T param(const std::string& name) {
    const nlohmann::json& json = find(name);
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if (!json.is_number_integer()) reject(name, "expected an integer, got " + json.dump());
    }
    try {
      return json.get<T>();
    } catch (const nlohmann::json::exception& error) {
      reject(name, error.what());
    }
  }
  bool has_param(const std::string& name) const { return request_.parameters.count(name) != 0; }
  template <typename T>
  T param_or(const std::string& name, T otherwise) {
    return has_param(name) ? param<T>(name) : otherwise;
  }
  /// Returns parameters whose names begin with `prefix`, without the prefix, as JSON strings.
  std::map<std::string, std::string> params_with_prefix(const std::string& prefix);
  [[noreturn]] void reject(const std::string& name, const std::string& why) const;

  /// Reads config.json of a part of the model directory and applies `config_override.` parameters.
  JsonConfig model_config(const std::string& part);
  /// Loads the transformer of `part` with `config_override.` parameters applied.
  std::unique_ptr<Backbone> load_transformer(const TransformerFactory& factory,
                                             const std::string& part = "transformer");
  /// That of a LongCat-Video model directory, with LoRA files applied too.
  std::unique_ptr<Backbone> load_dit();
  /// Returns `request.model_directory` + "/" + `part`; throws if --model is missing.
  std::string model_part(const std::string& part) const;

  void set_output(const std::string& name, const at::Tensor& tensor);
  const TensorMap& outputs() const { return outputs_; }
  const ParityRequest& request() const { return request_; }
  /// Throws if a parameter or a LoRA file was never read.
  void finish() const;

 private:
  const at::Tensor& input(const std::string& name) const;
  const nlohmann::json& find(const std::string& name);

  ParityRequest request_;
  std::set<std::string> read_;
  bool has_loaded_dit_ = false;
  TensorMap outputs_;
};

using ParityOp = std::function<void(ParityJob&)>;

// The ops of LongCat-Video, by subject.
void parity_dit_forward(ParityJob& job);
void parity_dit_forward_cached(ParityJob& job);
void parity_loss_grad(ParityJob& job);
void parity_adamw_steps(ParityJob& job);
void parity_adamw_given_gradients(ParityJob& job);
void parity_sigma_tables(ParityJob& job);
void parity_cfg_zero(ParityJob& job);
void parity_generate_latents(ParityJob& job);
void parity_vae_encode(ParityJob& job);
void parity_vae_decode(ParityJob& job);
void parity_latents_normalize(ParityJob& job);
void parity_umt5_encode(ParityJob& job);
void parity_frame_metrics(ParityJob& job);

}  // namespace cox::engine
