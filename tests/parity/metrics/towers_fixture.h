#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_map.h"
#include "engine/metrics/metric.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

/// tests/parity/fixtures/towers/NAME.
std::string towers_file(const std::string& name);

/// A tensor of tests/parity/fixtures/towers/clips.safetensors (make_towers.py).
at::Tensor towers_tensor(const std::string& name);
double towers_value(const std::string& name);

/// The clip of the fixture as the engine has it: [F, 3, H, W] fp32 in [0, 1].
at::Tensor towers_clip();

/// The tensors of the small networks of make_towers.py.
std::vector<ExpectedTensor> small_dino();
std::vector<ExpectedTensor> small_clip();
/// Both towers of CLIP, the text tower for the tokens of prompt_fixture().
std::vector<ExpectedTensor> small_clip_with_text();

/// tests/parity/fixtures/text/clip_tokenizer.json: a tokenizer and prompts.
struct PromptFixture {
  std::map<std::string, std::string> tokenizer;  ///< contents of vocab.json and merges.txt
  std::int64_t tokens = 0;
  std::vector<std::string> prompts;
};
const PromptFixture& prompt_fixture();

/// A safetensors file that is removed again.
class TowersFile {
 public:
  TowersFile(const std::map<std::string, at::Tensor>& tensors,
             const std::map<std::string, std::string>& metadata);
  ~TowersFile();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// |a - b| / |b|
double relative_l2(const at::Tensor& a, const at::Tensor& b);

/// What the metric says of `clip`, with these weights.
MetricValue measured_clip(const std::string& metric, const std::string& weights,
                          const at::Tensor& clip, const ClipFacts& facts = {});

/// The message with which the metric refuses.
std::string refusal_of(const std::string& metric, const std::string& weights,
                       const at::Tensor& clip, const std::string& prompt = "");

}  // namespace cox::engine
