#include "engine/backbones/fp8_products.h"

#include <ATen/ops/linear.h>

#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"
#include "small_model.h"

using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

double distance(const at::Tensor& got, const at::Tensor& expected) {
  return ((to_fp32(got) - to_fp32(expected)).norm() / to_fp32(expected).norm()).item<double>();
}

Linear layer_of(int64_t out, int64_t in, uint64_t number) {
  return {draw({out, in}, number).to(at::kBFloat16), draw({out}, number + 1).to(at::kBFloat16)};
}

/// The layer's product by the formulas, without any sharing.
at::Tensor expected_product(const Linear& layer, const at::Tensor& x) {
  return fp8_product(to_fp8_rows(x.flatten(0, -2)), to_fp8_rows(layer.weight), layer.bias)
      .unflatten(0, x.sizes().slice(0, x.dim() - 1));
}

/// Changes a value at every seam that a small model has, and counts the calls.
struct Everywhere final : Adapter {
  at::Tensor changed(at::Tensor x) const {
    ++calls;
    return x * 1.25;
  }
  at::Tensor time_embedding(at::Tensor t) const override { return changed(t); }
  at::Tensor block_time_embedding(int, at::Tensor t) const override { return changed(t); }
  at::Tensor final_time_embedding(at::Tensor t) const override { return changed(t); }
  at::Tensor block_modulation(int, at::Tensor m) const override { return changed(m); }
  at::Tensor block_output(int, at::Tensor h) const override { return changed(h); }
  at::Tensor final_hidden(at::Tensor h) const override { return changed(h); }
  bool leaves_product(const LinearSite&) const override { return false; }
  at::Tensor linear(const LinearSite&, const at::Tensor&, at::Tensor y) const override {
    return changed(y);
  }
  at::Tensor norm_parameter(const NormSite&, at::Tensor stored) const override {
    return changed(stored);
  }
  at::Tensor output(at::Tensor v) const override { return changed(v); }
  void begin_pass(const PassContext&) const override { ++calls; }
  mutable int calls = 0;
};

}  // namespace

TEST_CASE("A model in fp8 is near the model in bf16, and is another one") {
  const at::NoGradGuard no_grad;
  const auto model = small_model(Precision::kBf16);
  const Adapter unchanged;
  const at::Tensor plain = model->forward(small_input(1), unchanged);
  const at::Tensor rounded = model->forward(small_input(1), Fp8Products(unchanged));
  // One product of normal values is 0.037 away, and each of three blocks adds its own.
  CHECK(distance(rounded, plain) > 0.01);
  CHECK(distance(rounded, plain) < 0.12);
  CHECK(at::equal(rounded, model->forward(small_input(1), Fp8Products(unchanged))));
}

TEST_CASE("Every seam of a method acts in fp8 as it does in bf16") {
  const at::NoGradGuard no_grad;
  const auto model = small_model(Precision::kBf16);
  const Everywhere plain, inner;
  const at::Tensor in_bf16 = model->forward(small_input(1), plain);
  const at::Tensor in_fp8 = model->forward(small_input(1), Fp8Products(inner));
  CHECK(plain.calls > 30);
  CHECK(inner.calls == plain.calls);
  CHECK(distance(in_fp8, in_bf16) < 0.12);
  CHECK(distance(in_bf16, model->forward(small_input(1), Adapter())) > 0.2);
}

TEST_CASE("A layer's product equals that of its rounded rows, whatever was multiplied before") {
  const Adapter unchanged;
  const Fp8Products products(unchanged);
  const Linear one = layer_of(32, 48, 20), two = layer_of(16, 48, 22);
  const at::Tensor x = draw({2, 5, 48}, 24).to(at::kBFloat16);
  const at::Tensor other = draw({2, 5, 48}, 25).to(at::kBFloat16);
  CHECK(at::equal(products.product(one, x), expected_product(one, x)));
  CHECK(at::equal(products.product(two, x), expected_product(two, x)));
  CHECK(at::equal(products.product(one, other), expected_product(one, other)));
  // A view in the middle of a larger tensor, and a tensor that is changed in place.
  const at::Tensor tail = x.narrow(1, 2, 3);
  CHECK(at::equal(products.product(one, tail), expected_product(one, tail.contiguous())));
  const at::Tensor moved = x.clone();
  products.product(one, moved);
  moved.mul_(3);
  CHECK(at::equal(products.product(one, moved), expected_product(one, moved)));
}

TEST_CASE("Low-rank terms stay in bf16 next to an e4m3 product") {
  Linear layer = layer_of(32, 48, 30);
  const at::Tensor x = draw({1, 5, 48}, 32).to(at::kBFloat16);
  const at::Tensor without = expected_product(layer, x);
  layer.low_rank.push_back({draw({4, 48}, 33), {draw({32, 4}, 34)}, 0.5, 1});
  const Adapter unchanged;
  const at::Tensor with = Fp8Products(unchanged).product(layer, x);
  const at::Tensor term = linear({at::zeros_like(layer.weight), {}, layer.low_rank}, x);
  CHECK(at::equal(with, without + term));
  CHECK_FALSE(at::equal(with, without));
}

TEST_CASE("A weight is rounded as adaptation left it") {
  const at::NoGradGuard no_grad;
  const auto model = small_model(Precision::kBf16);
  const Adapter unchanged;
  const at::Tensor before = model->forward(small_input(1), Fp8Products(unchanged));
  for (const NamedTensor& parameter : model->parameters()) parameter.tensor.mul_(1.5);
  const at::Tensor adapted = model->forward(small_input(1), unchanged);
  const at::Tensor after = model->forward(small_input(1), Fp8Products(unchanged));
  CHECK(distance(after, adapted) < 0.12);
  CHECK(distance(after, before) > 0.2);
}

TEST_CASE("A value that is not finite stays so") {
  const at::NoGradGuard no_grad;
  const auto model = small_model(Precision::kBf16);
  const Adapter unchanged;
  BackboneInput input = small_input(1);
  input.latents[0][0][2][1][1] = NAN;
  CHECK(model->forward(input, Fp8Products(unchanged)).isnan().any().item<bool>());
}

TEST_CASE("Layers whose sizes have no product in e4m3 are refused by name") {
  CHECK_NOTHROW(require_fp8_layers(*small_model()));
  CHECK_NOTHROW(require_fp8(at::kCPU));
  const std::string config = R"({"in_channels": 4, "out_channels": 4, "hidden_size": 24,
      "depth": 1, "num_heads": 3, "caption_channels": 12, "mlp_ratio": 4, "adaln_tembed_dim": 16,
      "frequency_embedding_size": 16, "patch_size": [1, 2, 2], "text_tokens_zero_pad": true})";
  const auto odd = random_backbone({"longcat-video", at::kCPU, Precision::kBf16},
                                   JsonConfig::parse(config, "odd"), 7);
  CHECK_THROWS_WITH(require_fp8_layers(*odd),
                    Contains("dtype fp8: layer blocks.0.attn.qkv: expected inputs and outputs to "
                             "be multiples of 16, got 24 and 72; use dtype: bf16"));
}
