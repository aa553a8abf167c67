#include "engine/nn/fp8.h"

#include <fmt/format.h>

#include <ATen/ops/_scaled_mm.h>
#include <ATen/ops/matmul.h>

#include "engine/device/cuda.h"
#include "engine/device/cuda_driver.h"
#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/error.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr int kLeastCapability = 89;  ///< major and minor

at::Tensor plain_product(const Fp8Rows& x, const Fp8Rows& w, const at::Tensor& bias) {
  const at::Tensor sums = at::matmul(to_fp32(x.values), to_fp32(w.values).t());
  const at::Tensor y = sums * x.scales * w.scales.t();
  return (bias.defined() ? y + to_fp32(bias) : y).to(at::kBFloat16);
}

at::Tensor device_product(const Fp8Rows& x, const Fp8Rows& w, const at::Tensor& bias) {
  const std::optional<at::Tensor> added =
      bias.defined() ? std::optional(bias) : std::optional<at::Tensor>();
  return at::_scaled_mm(x.values, w.values.t(), x.scales, w.scales.t(), added,
                        /*scale_result=*/{}, at::kBFloat16, /*use_fast_accum=*/true);
}

}  // namespace

bool has_fp8(at::Device device) {
  if (!device.is_cuda()) return true;
  const CudaDriver& driver = *cuda_driver();
  const int index = device_index(device);
  return 10 * driver.attribute(index, CudaDriver::kCapabilityMajor) +
             driver.attribute(index, CudaDriver::kCapabilityMinor) >=
         kLeastCapability;
}

void require_fp8(at::Device device) {
  if (has_fp8(device)) return;
  throw user_error(fmt::format("dtype fp8: expected a GPU of compute capability 8.9 or more, got "
                               "{}; use dtype: bf16",
                               device_name(device)),
                   "parameter");
}

Fp8Rows to_fp8_rows(const at::Tensor& x) {
  return runs_fused(x) ? fused::to_fp8_rows(x) : formula::to_fp8_rows(x);
}

at::Tensor fp8_product(const Fp8Rows& x, const Fp8Rows& w, const at::Tensor& bias) {
  return x.values.is_cuda() ? device_product(x, w, bias) : plain_product(x, w, bias);
}

}  // namespace cox::engine
