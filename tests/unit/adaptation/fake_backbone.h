#pragma once

#include <string>
#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"

namespace cox::engine::test {

/// A smooth small function with every seam of a backbone, in any dtype: fp64 makes finite
/// differences sharp. Its context reaches the noise frames through one mean vector.
class FakeBackbone : public Backbone {
 public:
  static constexpr int64_t kChannels = 16;

  explicit FakeBackbone(at::ScalarType dtype, int64_t blocks = 4, std::uint64_t seed = 1)
      : dtype_(dtype), shape_{blocks, 12, 10, kChannels} {
    add("embed", {shape_.latent_channels, shape_.hidden}, seed);
    add("time", {1, shape_.time_embedding}, seed);
    add("text", {8, shape_.hidden}, seed);
    for (int64_t block = 0; block < blocks; ++block) {
      add(concat_name(block, "adaln"), {shape_.time_embedding, 6 * shape_.hidden}, seed);
      add(concat_name(block, "attn.qkv"), {shape_.hidden, shape_.hidden}, seed);
      for (const NormSite& site : norm_sites_of(block)) add(site.key, {shape_.hidden}, seed);
    }
    add("final", {shape_.hidden + shape_.time_embedding, shape_.latent_channels}, seed);
  }

  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override {
    const int64_t context = input.condition_latent_frames;
    at::Tensor h = tokens(input.latents);
    const at::Tensor memory = input.cache != nullptr ? input.cache->keys.at(0)
                              : context > 0
                                  ? h.narrow(1, 0, context).mean({1, 2, 3}, true)
                                  : at::zeros_like(h.narrow(1, 0, 1).mean({1, 2, 3}, true));
    h = h + memory +
        input.text.states.to(dtype_).mean({1, 2}).matmul(get("text")).view({1, 1, 1, 1, -1});
    const at::Tensor t = adapter.time_embedding(embed_time(input.timestep));
    for (int64_t block = 0; block < shape_.blocks; ++block) {
      h = run_block(static_cast<int>(block), h, t, adapter);
    }
    h = adapter.final_hidden(h);
    const at::Tensor last = adapter.final_time_embedding(t).unsqueeze(2).unsqueeze(2).expand(
        {h.size(0), h.size(1), h.size(2), h.size(3), shape_.time_embedding});
    const at::Tensor v = at::cat({h, last}, -1).matmul(get("final"));
    return adapter.output(v.permute({0, 4, 1, 2, 3}));
  }

  ConditionCache prefill(const at::Tensor& latents, const Adapter&) const override {
    return {{tokens(latents).mean({1, 2, 3}, true)}, {}, latents.size(2)};
  }

  BackboneShape shape() const override { return shape_; }
  std::vector<LinearSiteShape> linear_sites() const override {
    std::vector<LinearSiteShape> sites;
    for (int64_t block = 0; block < shape_.blocks; ++block) {
      sites.push_back({qkv_site(static_cast<int>(block)), shape_.hidden, shape_.hidden});
    }
    return sites;
  }
  std::vector<NormSiteShape> norm_sites() const override {
    std::vector<NormSiteShape> sites;
    for (int64_t block = 0; block < shape_.blocks; ++block) {
      for (const NormSite& site : norm_sites_of(block)) sites.push_back({site, shape_.hidden});
    }
    return sites;
  }
  std::vector<NamedTensor> parameters() override { return parameters_; }
  at::ScalarType compute_dtype() const override { return dtype_; }
  at::Device device() const override { return at::kCPU; }

 private:
  static LinearSite qkv_site(int block) {
    return {block, LinearKind::kQueryKeyValue, "attn.qkv", concat_name(block, "attn.qkv")};
  }
  /// The gain of queries and keys, then gain and bias before cross-attention.
  static std::vector<NormSite> norm_sites_of(int64_t block) {
    return {{NormKind::kQueryKey, concat_name(block, "attn.q_norm.weight")},
            {NormKind::kBeforeCrossAttention, concat_name(block, "cross_norm.weight")},
            {NormKind::kBeforeCrossAttention, concat_name(block, "cross_norm.bias")}};
  }

  static std::string concat_name(int64_t block, const std::string& name) {
    return "blocks." + std::to_string(block) + "." + name;
  }

  void add(const std::string& name, std::vector<int64_t> shape, std::uint64_t seed) {
    RandomStream stream({seed, 0, name, Purpose::kRandomModel, 0});
    parameters_.push_back({name, (stream.normal(shape) * 0.3).to(dtype_)});
  }

  const at::Tensor& get(const std::string& name) const {
    for (const NamedTensor& parameter : parameters_) {
      if (parameter.name == name) return parameter.tensor;
    }
    throw std::logic_error("no parameter " + name);
  }

  /// [B, C, T, H, W] -> [B, T, H, W, D]
  at::Tensor tokens(const at::Tensor& latents) const {
    return latents.to(dtype_).permute({0, 2, 3, 4, 1}).matmul(get("embed"));
  }

  at::Tensor embed_time(const at::Tensor& timestep) const {
    return (timestep.to(dtype_).unsqueeze(-1) / 500).matmul(get("time")).sin();
  }

  at::Tensor run_block(int block, const at::Tensor& h, const at::Tensor& t,
                       const Adapter& adapter) const {
    const at::Tensor seen = at::silu(adapter.block_time_embedding(block, t));
    const at::Tensor modulation =
        adapter.block_modulation(block, seen.matmul(get(concat_name(block, "adaln"))));
    const auto parts = modulation.unsqueeze(2).unsqueeze(2).chunk(6, -1);
    std::vector<at::Tensor> norms;
    for (const NormSite& site : norm_sites_of(block)) {
      norms.push_back(adapter.norm_parameter(site, get(site.key)));
    }
    const at::Tensor x = (h * (norms[0] + norms[1]) + norms[2]) * (parts[1] + 1) + parts[0];
    const LinearSite site = qkv_site(block);
    const at::Tensor y = adapter.linear(site, x, x.matmul(get(site.key))).tanh();
    return adapter.block_output(block, h + (parts[2] + parts[5]) * y * (parts[4] + 1) + parts[3]);
  }

  at::ScalarType dtype_;
  BackboneShape shape_;
  std::vector<NamedTensor> parameters_;
};

}  // namespace cox::engine::test
