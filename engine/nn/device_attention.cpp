#include "engine/nn/device_attention.h"

#include <ATen/Context.h>
#include <ATen/ops/_scaled_dot_product_cudnn_attention.h>
#include <ATen/ops/_scaled_dot_product_cudnn_attention_backward.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include <tuple>

#include "engine/device/cuda_driver.h"
#include "engine/nn/heads.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kMaxAttentionHeadDim = 128;
constexpr int kFirstCapability = 9;

struct Device {
  int capability = 0;
  int multiprocessors = 0;
};

const Device& gpu_of(at::Device device) {
  static const std::vector<Device> devices = [] {
    std::vector<Device> found;
    constexpr int kMostDevices = 64;
    const CudaDriver& driver = *cuda_driver();
    for (int i = 0, handle = 0; i < kMostDevices; ++i) {
      if (driver.get_device(&handle, i) != CudaDriver::kSuccess) break;
      found.push_back({driver.attribute(i, CudaDriver::kCapabilityMajor),
                       driver.attribute(i, CudaDriver::kMultiprocessors)});
    }
    return found;
  }();
  return devices.at(static_cast<size_t>(device.index()));
}

/// Attention of some queries over some keys, with what its backward pass needs.
struct Part {
  at::Tensor q, k, v, out, lse;
  at::Tensor seed, offset;
};

struct PartGradients {
  at::Tensor q, k, v;
};

Part forward_part(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto made = at::_scaled_dot_product_cudnn_attention(
      q, k, v, {}, /*compute_log_sumexp=*/true, /*dropout_p=*/0.0, /*is_causal=*/false,
      /*return_debug_mask=*/false);
  return {q, k, v, std::get<0>(made), std::get<1>(made), std::get<6>(made), std::get<7>(made)};
}

PartGradients fast_backward(const at::Tensor& dout, const Part& part) {
  const auto [dq, dk, dv] = at::_scaled_dot_product_cudnn_attention_backward(
      dout, part.q, part.k, part.v, part.out, part.lse, part.seed, part.offset, {}, {}, {},
      part.q.size(2), part.k.size(2), /*dropout_p=*/0.0, /*is_causal=*/false);
  return {dq, dk, dv};
}

/// Into how many groups the queries of one sample go, so that the flash kernel's blocks fill the
/// GPU: deterministic, it starts ceil(multiprocessors / (groups heads)) blocks for each group and
/// head, all of one length, and a last wave of few blocks takes as long as a full one.
int64_t query_groups(int64_t queries, int64_t heads, int64_t multiprocessors) {
  constexpr int64_t kMostGroups = 8;
  int64_t best = 1;
  double best_rate = 0;
  for (int64_t groups = 1; groups <= kMostGroups; ++groups) {
    if (queries % groups != 0) continue;
    const int64_t rows = groups * heads;
    const int64_t blocks = (multiprocessors + rows - 1) / rows * rows;
    const int64_t waves = (blocks + multiprocessors - 1) / multiprocessors;
    const double rate = static_cast<double>(blocks) / static_cast<double>(waves);
    if (rate > best_rate) {
      best = groups;
      best_rate = rate;
    }
  }
  return best;
}

/// The groups become samples that share their keys; the gradients of keys and values are summed
/// over them, in their order.
PartGradients deterministic_backward(const at::Tensor& dout, const Part& part) {
  const int64_t batch = part.q.size(0), heads = part.q.size(1), queries = part.q.size(2);
  const int64_t groups =
      batch == 1 ? query_groups(queries, heads, gpu_of(part.q.device()).multiprocessors) : 1;
  const auto grouped = [&](const at::Tensor& x) {  // [B, H, Q, ...] as [groups B, H, Q / groups]
    if (groups == 1) return x;
    return x.squeeze(0).unflatten(1, {groups, queries / groups}).transpose(0, 1);
  };
  const auto shared = [&](const at::Tensor& x) {
    return groups == 1 ? x : x.expand({groups, -1, -1, -1});
  };
  const at::Tensor no_dropout = at::zeros({2}, part.q.options().dtype(at::kUInt64));
  const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_backward(
      grouped(dout), grouped(part.q), shared(part.k), shared(part.v), grouped(part.out),
      grouped(part.lse.squeeze(-1)).contiguous(), {}, {}, queries / groups, part.k.size(2),
      /*dropout_p=*/0.0, /*is_causal=*/false, no_dropout, no_dropout);
  if (groups == 1) return {dq, dk, dv};
  const auto summed = [](const at::Tensor& x) {  // token by token in memory, as it is
    return x.transpose(1, 2).sum(0, /*keepdim=*/true).transpose(1, 2);
  };
  return {dq.transpose(0, 1).flatten(1, 2).unsqueeze(0), summed(dk), summed(dv)};
}

PartGradients backward_part(const at::Tensor& dout, const Part& part) {
  return at::globalContext().deterministicAlgorithms() ? deterministic_backward(dout, part)
                                                       : fast_backward(dout, part);
}

struct DeviceAttention : torch::autograd::Function<DeviceAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k,
                            const at::Tensor& v, int64_t clean) {
    const Part noisy = forward_part(q.narrow(2, clean, q.size(2) - clean), k, v);
    Part first;
    if (clean > 0) {
      first = forward_part(q.narrow(2, 0, clean), k.narrow(2, 0, clean), v.narrow(2, 0, clean));
    }
    const at::Tensor out = clean == 0 ? noisy.out : join_tokens(first.out, noisy.out);
    context->saved_data["clean"] = clean;
    context->save_for_backward({q, k, v, out, noisy.lse, noisy.seed, noisy.offset, first.lse});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3];
    const int64_t clean = context->saved_data["clean"].toInt(), noisy = q.size(2) - clean;
    const at::Tensor& dout = gradients[0];
    const PartGradients d = backward_part(
        dout.narrow(2, clean, noisy), {q.narrow(2, clean, noisy), k, v, out.narrow(2, clean, noisy),
                                       saved[4], saved[5], saved[6]});
    if (clean == 0) return {d.q, d.k, d.v, {}};
    const auto head = [&](const at::Tensor& x) { return x.narrow(2, 0, clean); };
    const PartGradients first = backward_part(
        head(dout), {head(q), head(k), head(v), head(out), saved[7], saved[5], saved[6]});
    head(d.k).add_(first.k);
    head(d.v).add_(first.v);
    return {join_tokens(first.q, d.q), d.k, d.v, {}};
  }
};

}  // namespace

bool device_attention_serves(at::Device device, at::ScalarType dtype, int64_t head_size) {
  return kernel_path_on(device) == KernelPath::kFused && dtype == at::kBFloat16 &&
         head_size <= kMaxAttentionHeadDim && head_size % 8 == 0 && cuda_driver() != nullptr &&
         gpu_of(device).capability >= kFirstCapability;
}

bool device_attention_serves(const at::Tensor& q) {
  return device_attention_serves(q.device(), q.scalar_type(), q.size(-1));
}

std::string kernels_on(at::Device device, at::ScalarType dtype, int64_t head_size) {
  const std::string path = kernel_path_name(kernel_path_on(device));
  return device_attention_serves(device, dtype, head_size) ? path + "+cudnn" : path;
}

at::Tensor device_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            int64_t clean) {
  return DeviceAttention::apply(q, k, v, clean);
}

}  // namespace cox::engine
