#include "tools/check/random_model.h"

#include <fmt/format.h>

#include "engine/families/registry.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr int64_t kTextTokens = 6, kTextChannels = 64;
constexpr uint64_t kSeed = 7;

JsonConfig config_of(const ModelSizes& sizes) {
  return JsonConfig::parse(
      fmt::format(
          R"({{"in_channels": {0}, "out_channels": {0}, "hidden_size": {1}, "depth": {2},
"num_heads": {3}, "caption_channels": {4}, "mlp_ratio": 4, "adaln_tembed_dim": {5},
"frequency_embedding_size": 64, "patch_size": [1, 2, 2], "text_tokens_zero_pad": true}})",
          kCheckLatentChannels, sizes.hidden, sizes.depth, sizes.heads, kTextChannels,
          sizes.time_embedding),
      "check");
}

}  // namespace

ModelSizes small_model_sizes() {
  return {.name = "small", .hidden = 96, .heads = 4, .depth = 6, .time_embedding = 32, .side = 8};
}
ModelSizes published_model_sizes() {
  return {.name = "published",
          .hidden = 4096,
          .heads = 32,
          .depth = 2,
          .time_embedding = 512,
          .side = 16};
}

RandomTransformer::RandomTransformer(std::string family, JsonConfig config)
    : family_(std::move(family)),
      config_(std::move(config)),
      original_(random_backbone({family_, at::kCPU, Precision::kFp32}, config_, kSeed)),
      weights_(original_->parameters()) {}

RandomModel::RandomModel(const ModelSizes& sizes)
    : RandomTransformer("longcat-video", config_of(sizes)) {}

std::unique_ptr<Backbone> RandomTransformer::on(at::Device device, Precision precision) const {
  const at::NoGradGuard no_grad;
  auto copy = random_backbone({family_, device, precision}, config_, kSeed);
  const std::vector<NamedTensor> to = copy->parameters();
  for (size_t i = 0; i < weights_.size(); ++i) to.at(i).tensor.copy_(weights_[i].tensor);
  return copy;
}

at::Tensor check_draw(at::IntArrayRef shape, uint64_t number) {
  return RandomStream({1, 0, "check", Purpose::kRandomModel, number}).normal(shape);
}

TextStates check_text(const Backbone& model, uint64_t number) {
  return {check_draw({1, 1, kTextTokens, kTextChannels}, number).to(model.device()),
          at::ones({1, kTextTokens}, at::kLong).to(model.device())};
}

}  // namespace cox::engine
