#include "tools/check/fp8_check.h"

#include <fmt/format.h>

#include "engine/backbones/fp8_products.h"
#include "engine/nn/fp8.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"
#include "tools/check/random_model.h"

namespace cox::engine {
namespace {

/// Tensor cores sum products of e4m3 in fewer bits than fp32.
constexpr double kFp8ProductBound = 5e-3;
/// Where the devices' bf16 values differ, some are rounded to another e4m3 value.
constexpr double kFp8ModelBound = 5e-2;

struct ProductSize {
  int64_t rows, in, out;
};
constexpr ProductSize kFp8Sizes[] = {{37, 96, 48}, {300, 4096, 512}, {64, 11008, 4096}};

void add_product(c10::Device device, const ProductSize& size, std::vector<Comparison>& all) {
  const auto add = [&](const char* what, double distance, double bound) {
    all.push_back(
        {fmt::format("fp8 {} {}x{}x{}", what, size.rows, size.in, size.out), distance, bound});
  };
  const at::Tensor x = check_draw({size.rows, size.in}, 21).to(at::kBFloat16);
  const at::Tensor w = check_draw({size.out, size.in}, 22).to(at::kBFloat16);
  const at::Tensor bias = check_draw({size.out}, 23).to(at::kBFloat16);
  const Fp8Rows x_cpu = to_fp8_rows(x), w_cpu = to_fp8_rows(w);
  const Fp8Rows x_own = to_fp8_rows(x.to(device)), w_own = to_fp8_rows(w.to(device));
  const auto wide = [](const Fp8Rows& rows) { return to_fp32(rows.values) * rows.scales; };
  add("rounding of x", relative_distance(wide(x_own), wide(x_cpu)), 0);
  add("rounding of w", relative_distance(wide(w_own), wide(w_cpu)), 0);
  const at::Tensor once = fp8_product(x_own, w_own, bias.to(device));
  add("product", relative_distance(once, fp8_product(x_cpu, w_cpu, bias)), kFp8ProductBound);
  add("product, repeated", relative_distance(fp8_product(x_own, w_own, bias.to(device)), once), 0);
}

at::Tensor evaluation(const Backbone& model, const ModelSizes& sizes) {
  constexpr int64_t kFrames = 2;
  BackboneInput input;
  input.latents =
      check_draw({1, kCheckLatentChannels, kFrames, sizes.side, sizes.side}, 24).to(model.device());
  input.timestep = at::full({1, kFrames}, 640, at::kFloat).to(model.device());
  input.text = check_text(model, 25);
  const Adapter unchanged;
  return model.forward(input, Fp8Products(unchanged));
}

}  // namespace

std::vector<Comparison> check_fp8(c10::Device device) {
  const at::NoGradGuard no_grad;
  std::vector<Comparison> all;
  for (const ProductSize& size : kFp8Sizes) add_product(device, size, all);
  for (const ModelSizes& sizes : {small_model_sizes(), published_model_sizes()}) {
    const RandomModel model(sizes);
    const at::Tensor got = evaluation(*model.on(device, Precision::kBf16), sizes);
    const at::Tensor expected = evaluation(*model.on(at::kCPU, Precision::kBf16), sizes);
    all.push_back({fmt::format("fp8 model {}", sizes.name), relative_distance(got, expected),
                   kFp8ModelBound});
  }
  return all;
}

}  // namespace cox::engine
