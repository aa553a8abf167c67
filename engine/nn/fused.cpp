#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

// The structures below are those of engine/nn/kernels/*.cuh, member for member.

namespace cox::engine::fused {
namespace {

constexpr int64_t kChunk = 8;
constexpr int64_t kWarp = 32;
constexpr int64_t kMaxHeadDim = kChunk * kWarp;
/// Rows that one block sums before its result goes to memory: enough blocks to fill a GPU, few
/// enough that their results are small beside the rows.
constexpr int64_t kRowsPerStrip = 14;
constexpr int64_t kElementThreads = 256;

struct Rows {
  long long batch_stride;
  int tokens, hidden;
};

struct RunVectors {
  long long batch_stride, run_stride;
  int tokens_per_run, head_tokens;
};

struct RowFactors {
  const void *scale, *shift;
  RunVectors vectors;
  float added_to_scale, eps;
};

struct HeadLayout {
  long long batch_stride, token_stride, head_stride;
};

struct RowLayout {
  long long batch_stride, token_stride;
};

struct HeadSizes {
  int tokens, heads, head_dim, lanes;
};

struct TokenSizes {
  int tokens, hidden, head_dim;
};

int64_t divided_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

void require(bool condition, const char* what, const at::Tensor& x) {
  if (condition) return;
  throw std::invalid_argument(
      fmt::format("fused kernels: {}, got shape {} strides {}; choose --kernels stock", what,
                  shape_text(x.sizes()), shape_text(x.strides())));
}

/// Loads are 16 bytes wide.
void require_chunks(const at::Tensor& x) {
  require(x.stride(-1) == 1 && x.size(-1) % kChunk == 0 &&
              reinterpret_cast<uintptr_t>(x.data_ptr()) % 16 == 0,
          "the last dimension must be contiguous, aligned and a multiple of 8", x);
  for (int64_t axis = 0; axis + 1 < x.dim(); ++axis) {
    require(x.stride(axis) % kChunk == 0, "strides must be multiples of 8", x);
  }
}

std::string kernel(const char* name, const at::Tensor& x) {
  return fmt::format("{}{}", name, x.scalar_type() == at::kBFloat16 ? "_bf16" : "_float");
}

/// x [B, N, D] whose tokens follow each other.
Rows rows_of(const at::Tensor& x) {
  require_chunks(x);
  require(x.dim() == 3 && x.stride(1) == x.size(2) && x.size(2) <= kMaxFusedHidden,
          "expected [B, N, D] with D at most 8192", x);
  return {x.stride(0), static_cast<int>(x.size(1)), static_cast<int>(x.size(2))};
}

/// v [B, T, D] for N tokens, of which the first vector serves `head_tokens`.
RunVectors vectors_of(const at::Tensor& v, int64_t tokens, int64_t head_tokens = 0) {
  require_chunks(v);
  const int64_t runs = v.size(1) - (head_tokens > 0 ? 1 : 0), tail = tokens - head_tokens;
  require(v.scalar_type() == at::kFloat && runs > 0 && tail > 0 && tail % runs == 0,
          "a scale, shift or gate must be fp32 with runs that divide the tokens", v);
  return {v.stride(0), v.stride(1), static_cast<int>(tail / runs), static_cast<int>(head_tokens)};
}

RowFactors factors_of(const at::Tensor& shift, const at::Tensor& scale, const RunVectors& vectors,
                      double added, double eps) {
  require(shift.strides() == scale.strides() && shift.sizes() == scale.sizes(),
          "shift and scale must have equal strides", shift);
  require_chunks(shift);
  return {scale.const_data_ptr(), shift.const_data_ptr(), vectors, static_cast<float>(added),
          static_cast<float>(eps)};
}

constexpr int64_t kNormThreads = 128;

/// The kernel of a norm for rows of `hidden` values: `name` with the chunks that each thread holds.
std::string norm_kernel(const char* name, const at::Tensor& x) {
  int64_t chunks = 1;
  while (chunks * kNormThreads * kChunk < x.size(2)) chunks *= 2;
  return kernel(fmt::format("{}_{}", name, chunks).c_str(), x);
}

/// Threads for 8 columns each.
int64_t threads_for(int64_t hidden) { return divided_up(hidden / kChunk, kWarp) * kWarp; }

/// Sums partial [groups, strips, columns] over its strips: [groups, columns].
at::Tensor sum_strips(const at::Tensor& partial) {
  const int64_t groups = partial.size(0), columns = partial.size(2);
  const at::Tensor out = at::empty({groups, columns}, partial.options());
  fused_program().launch("sum_strips", partial.device(),
                         {divided_up(columns, kElementThreads), groups, kElementThreads},
                         partial.const_data_ptr<float>(), static_cast<int>(partial.size(1)),
                         static_cast<long long>(columns), out.mutable_data_ptr<float>());
  return out;
}

HeadLayout layout_of(const at::Tensor& x) {
  require_chunks(x);
  return {x.stride(0), x.stride(1), x.stride(2)};
}

HeadSizes sizes_of(const at::Tensor& x) {
  const int64_t head_dim = x.size(3);
  require(x.dim() == 4 && head_dim <= kMaxHeadDim, "expected [B, N, H, d] with d at most 256", x);
  int lanes = 1;
  while (lanes * kChunk < head_dim) lanes *= 2;
  return {static_cast<int>(x.size(1)), static_cast<int>(x.size(2)), static_cast<int>(head_dim),
          lanes};
}

const void* table_of(const at::Tensor& rope) {
  if (!rope.defined()) return nullptr;
  require(rope.is_contiguous(), "the RoPE table must be contiguous", rope);
  return rope.const_data_ptr();
}

/// x [B, N, H, d] whose heads follow each other: rows of H d values.
RowLayout token_rows_of(const at::Tensor& x) {
  require_chunks(x);
  require(x.dim() == 4 && x.stride(2) == x.size(3), "expected [B, N, H, d] with whole tokens", x);
  return {x.stride(0), x.stride(1)};
}

/// x [B, N, H, d] whose tokens one block each serves.
TokenSizes token_sizes_of(const at::Tensor& x) {
  require(x.dim() == 4 && x.size(2) * x.size(3) <= kMaxFusedHidden,
          "expected [B, N, H, d] with H d at most 8192", x);
  return {static_cast<int>(x.size(1)), static_cast<int>(x.size(2) * x.size(3)),
          static_cast<int>(x.size(3))};
}

/// dy with whole chunks, however its heads lie.
at::Tensor chunked(const at::Tensor& dy) { return dy.stride(-1) == 1 ? dy : dy.contiguous(); }

/// Tokens that one block of a backward pass over heads serves.
constexpr int64_t kHeadTokensPerBlock = 4;

/// The dtype's values that one of our pointers points to are known to the kernel by its name.
const void* in(const at::Tensor& x) { return x.const_data_ptr(); }
void* out(const at::Tensor& x) { return x.mutable_data_ptr(); }

/// A norm over heads as its backward kernel takes it.
struct HeadNorm {
  const char* backward_kernel;
  int64_t parameters;  ///< gradients of head_dim values that the kernel sums
  const at::Tensor &gain, &rope;
  double eps;
};

/// Writes the gradient of x [B, N, H, d] to dx and returns those of the norm's parameters,
/// [parameters, d] fp32; undefined unless they are wanted.
at::Tensor heads_backward(const HeadNorm& norm, const at::Tensor& dy, const at::Tensor& x,
                          bool wants_parameters, const at::Tensor& dx) {
  const at::Tensor wide_gain = to_fp32(norm.gain).contiguous();
  const at::Tensor upstream = chunked(dy);
  const HeadSizes sizes = sizes_of(x);
  const int64_t blocks = divided_up(x.size(1), kHeadTokensPerBlock), samples = x.size(0);
  const int64_t columns = norm.parameters * x.size(3);
  at::Tensor partial;
  if (wants_parameters) partial = at::empty({1, samples * blocks, columns}, wide_gain.options());
  const int64_t shared =
      kElementThreads / sizes.lanes * columns * static_cast<int64_t>(sizeof(float));
  void* sums = wants_parameters ? out(partial) : nullptr;
  fused_program().launch(kernel(norm.backward_kernel, x), x.device(),
                         {blocks, samples, kElementThreads, shared}, in(upstream),
                         layout_of(upstream), in(x), layout_of(x), in(wide_gain),
                         table_of(norm.rope), static_cast<float>(norm.eps), sizes,
                         static_cast<int>(kHeadTokensPerBlock), out(dx), layout_of(dx), sums);
  return wants_parameters ? sum_strips(partial).view({norm.parameters, x.size(3)}) : at::Tensor();
}

}  // namespace

RunNormed run_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,
                   double added, double eps, int64_t head_tokens) {
  const Rows rows = rows_of(x);
  const RunVectors vectors = vectors_of(scale, x.size(1), head_tokens);
  RunNormed result;
  result.y = at::empty(x.sizes(), x.options());
  result.mean = at::empty({x.size(0), x.size(1)}, x.options().dtype(at::kFloat));
  result.rstd = at::empty_like(result.mean);
  fused_program().launch(norm_kernel("norm_forward", x), x.device(),
                         {x.size(1), x.size(0), kNormThreads}, in(x), rows,
                         factors_of(shift, scale, vectors, added, eps), out(result.y),
                         out(result.mean), out(result.rstd));
  return result;
}

RunNormGradients run_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                   const at::Tensor& scale, const at::Tensor& mean,
                                   const at::Tensor& rstd, double added) {
  const Rows rows = rows_of(x);
  const RunVectors vectors = vectors_of(scale, x.size(1));
  const int64_t groups = x.size(0) * scale.size(1), hidden = x.size(2);
  const int64_t strips = divided_up(vectors.tokens_per_run, kRowsPerStrip);
  const at::Tensor upstream = dy.contiguous();
  const at::Tensor dx = at::empty(x.sizes(), x.options());
  const at::Tensor partial = at::empty({groups, strips, 2 * hidden}, mean.options());
  const int64_t threads = threads_for(hidden);
  const char* name = threads <= 512 ? "norm_backward_512" : "norm_backward_1024";
  fused_program().launch(kernel(name, x), x.device(), {strips, groups, threads}, in(upstream),
                         in(x), rows, in(mean), in(rstd), in(scale), vectors,
                         static_cast<float>(added), static_cast<int>(kRowsPerStrip), out(dx),
                         out(partial));
  const at::Tensor sums = sum_strips(partial).view({x.size(0), scale.size(1), 2, hidden});
  return {dx, sums.select(2, 1), sums.select(2, 0)};
}

at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y,
                          int64_t head_tokens) {
  const Rows rows = rows_of(x);
  const at::Tensor branch = y.contiguous();
  require_chunks(branch);
  const at::Tensor result = at::empty(x.sizes(), x.options());
  fused_program().launch(kernel("gated_residual_forward", x), x.device(),
                         {x.size(1), x.size(0), threads_for(x.size(2))}, in(x), rows, in(gate),
                         vectors_of(gate, x.size(1), head_tokens), in(branch), out(result));
  return result;
}

NormedSum residual_norm(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y,
                        const at::Tensor& shift, const at::Tensor& scale, double added,
                        double eps) {
  const Rows rows = rows_of(x);
  const at::Tensor branch = y.contiguous();
  require_chunks(branch);
  const NormedSum result = {at::empty(x.sizes(), x.options()), at::empty(x.sizes(), x.options())};
  const bool gated = gate.defined();
  const RunVectors vectors = vectors_of(scale, x.size(1));
  fused_program().launch(
      norm_kernel("residual_norm_forward", x), x.device(), {x.size(1), x.size(0), kNormThreads},
      in(x), rows, gated ? in(gate) : nullptr, gated ? vectors_of(gate, x.size(1)) : RunVectors{},
      in(branch), factors_of(shift, scale, vectors, added, eps), out(result.sum),
      out(result.normed));
  return result;
}

GateGradients gated_residual_backward(const at::Tensor& dout, const at::Tensor& gate,
                                      const at::Tensor& y) {
  const at::Tensor upstream = dout.contiguous(), branch = y.contiguous();
  const Rows rows = rows_of(upstream);
  const RunVectors vectors = vectors_of(gate, y.size(1));
  const int64_t groups = y.size(0) * gate.size(1), hidden = y.size(2);
  const int64_t strips = divided_up(vectors.tokens_per_run, kRowsPerStrip);
  const at::Tensor dy = at::empty(y.sizes(), y.options());
  const at::Tensor partial = at::empty({groups, strips, hidden}, gate.options());
  fused_program().launch(kernel("gated_residual_backward", y), y.device(),
                         {strips, groups, threads_for(hidden)}, in(upstream), in(branch),
                         rows.tokens, rows.hidden, in(gate), vectors,
                         static_cast<int>(kRowsPerStrip), out(dy), out(partial));
  return {sum_strips(partial).view({y.size(0), gate.size(1), hidden}), dy};
}

void head_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope, double eps,
               const at::Tensor& result) {
  const at::Tensor wide_gain = to_fp32(gain).contiguous();
  const HeadSizes sizes = sizes_of(x);
  fused_program().launch(kernel("heads_forward", x), x.device(),
                         {x.size(1), x.size(0), kElementThreads}, in(x), layout_of(x),
                         in(wide_gain), table_of(rope), static_cast<float>(eps), sizes, out(result),
                         layout_of(result));
}

at::Tensor head_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain,
                              const at::Tensor& rope, double eps, bool wants_gain,
                              const at::Tensor& dx) {
  const HeadNorm norm{"heads_backward", /*parameters=*/1, gain, rope, eps};
  const at::Tensor sums = heads_backward(norm, dy, x, wants_gain, dx);
  return wants_gain ? sums[0] : at::Tensor();
}

bool serves_heads(const at::Tensor& x, int64_t heads) {
  return x.size(-1) % (heads * kChunk) == 0 && x.size(-1) <= kMaxFusedHidden &&
         x.size(-1) / heads <= kMaxHeadDim;
}

at::Tensor row_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope,
                    double eps) {
  const at::Tensor wide_gain = to_fp32(gain).contiguous();
  const TokenSizes sizes = token_sizes_of(x);
  const at::Tensor result = at::empty(x.sizes(), x.options());
  fused_program().launch(kernel("row_heads_forward", x), x.device(),
                         {x.size(1), x.size(0), threads_for(sizes.hidden)}, in(x), token_rows_of(x),
                         in(wide_gain), table_of(rope), static_cast<float>(eps), sizes,
                         out(result));
  return result;
}

at::Tensor row_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain,
                             const at::Tensor& rope, double eps, bool wants_gain,
                             const at::Tensor& dx) {
  const at::Tensor wide_gain = to_fp32(gain).contiguous();
  const at::Tensor upstream = chunked(dy);
  const TokenSizes sizes = token_sizes_of(x);
  const int64_t strips = divided_up(x.size(1), kRowsPerStrip), samples = x.size(0);
  require(dx.is_contiguous(), "the gradient must be contiguous", dx);
  at::Tensor partial;
  if (wants_gain) partial = at::empty({1, samples * strips, sizes.hidden}, wide_gain.options());
  void* sums = wants_gain ? out(partial) : nullptr;
  fused_program().launch(
      kernel("row_heads_backward", x), x.device(), {strips, samples, threads_for(sizes.hidden)},
      in(upstream), layout_of(upstream), in(x), token_rows_of(x), in(wide_gain), table_of(rope),
      static_cast<float>(eps), sizes, static_cast<int>(kRowsPerStrip), out(dx), sums);
  return wants_gain ? sum_strips(partial).view({sizes.hidden}) : at::Tensor();
}

at::Tensor head_layer_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias,
                           const at::Tensor& rope, double eps) {
  const at::Tensor wide_gain = to_fp32(gain).contiguous(), wide_bias = to_fp32(bias).contiguous();
  const at::Tensor result = at::empty(x.sizes(), x.options());
  fused_program().launch(kernel("layer_heads_forward", x), x.device(),
                         {x.size(1), x.size(0), kElementThreads}, in(x), layout_of(x),
                         in(wide_gain), in(wide_bias), table_of(rope), static_cast<float>(eps),
                         sizes_of(x), out(result), layout_of(result));
  return result;
}

HeadLayerNormGradients head_layer_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                                const at::Tensor& gain, const at::Tensor& rope,
                                                double eps, bool wants_parameters) {
  const HeadNorm norm{"layer_heads_backward", /*parameters=*/2, gain, rope, eps};
  HeadLayerNormGradients result;
  result.x = at::empty(x.sizes(), x.options());
  const at::Tensor sums = heads_backward(norm, dy, x, wants_parameters, result.x);
  if (!wants_parameters) return result;
  result.gain = sums[0];
  result.bias = sums[1];
  return result;
}

at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up) {
  require_chunks(gate);
  require_chunks(up);
  require(gate.is_contiguous() && up.is_contiguous(), "gate and up must be contiguous", gate);
  const at::Tensor result = at::empty_like(gate);
  const int64_t count = gate.numel();
  fused_program().launch(kernel("swiglu_forward", gate), gate.device(),
                         {divided_up(count, kElementThreads * kChunk), 1, kElementThreads},
                         in(gate), in(up), static_cast<long long>(count), out(result));
  return result;
}

SwigluGradients swiglu_backward(const at::Tensor& dout, const at::Tensor& gate,
                                const at::Tensor& up) {
  const at::Tensor upstream = dout.contiguous();
  const SwigluGradients result = {at::empty_like(gate), at::empty_like(up)};
  const int64_t count = gate.numel();
  fused_program().launch(kernel("swiglu_backward", gate), gate.device(),
                         {divided_up(count, kElementThreads * kChunk), 1, kElementThreads},
                         in(upstream), in(gate), in(up), static_cast<long long>(count),
                         out(result.gate), out(result.up));
  return result;
}

at::Tensor wide_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t inputs = weight.size(1), outputs = weight.size(0), rows = x.numel() / inputs;
  if (rows > kMaxFewRows || inputs > kMaxFewRowsInputs) {
    return formula::wide_linear(x, weight, bias);
  }
  require_chunks(weight);
  const at::Tensor from = x.contiguous();
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = outputs;
  const at::Tensor y = at::empty(shape, x.options());
  constexpr int64_t kOutputsPerBlock = 64;  // eight for each of eight warps
  const void* added = bias.defined() ? in(bias) : nullptr;
  fused_program().launch(kernel("few_rows_forward", weight), weight.device(),
                         {divided_up(outputs, kOutputsPerBlock), 1, kElementThreads,
                          rows * inputs * static_cast<int64_t>(sizeof(float))},
                         in(from), static_cast<int>(rows), static_cast<int>(inputs), in(weight),
                         added, static_cast<int>(outputs), out(y));
  return y;
}

at::Tensor wide_linear_backward(const at::Tensor& dy, const at::Tensor& weight) {
  const int64_t inputs = weight.size(1), outputs = weight.size(0), rows = dy.numel() / outputs;
  if (rows > kMaxFewRows || inputs > kMaxFewRowsInputs) {
    return formula::wide_linear_backward(dy, weight);
  }
  constexpr int64_t kOutputsPerBlock = 96;
  const int64_t blocks = divided_up(outputs, kOutputsPerBlock);
  const at::Tensor from = dy.contiguous();
  const at::Tensor partial = at::empty({1, blocks, rows * inputs}, dy.options());
  fused_program().launch(kernel("few_rows_backward", weight), weight.device(),
                         {blocks, divided_up(inputs, kElementThreads), kElementThreads,
                          rows * kOutputsPerBlock * static_cast<int64_t>(sizeof(float))},
                         in(from), static_cast<int>(rows), static_cast<int>(outputs), in(weight),
                         static_cast<int>(inputs), static_cast<int>(kOutputsPerBlock),
                         out(partial));
  std::vector<int64_t> shape = dy.sizes().vec();
  shape.back() = inputs;
  return sum_strips(partial).view(shape);
}

void copy_tokens(const at::Tensor& x, const at::Tensor& result) {
  const int64_t width = x.size(2) * x.size(3);
  if (x.stride(2) != x.size(3)) return formula::copy_tokens(x, result);  // no whole rows to copy
  fused_program().launch(kernel("copy_rows", x), x.device(),
                         {x.size(1), x.size(0), std::min(threads_for(width), kElementThreads)},
                         in(x), token_rows_of(x), static_cast<int>(width), out(result),
                         token_rows_of(result));
}

Fp8Rows to_fp8_rows(const at::Tensor& x) {
  require_chunks(x);
  require(x.dim() == 2 && x.is_contiguous(), "expected contiguous rows", x);
  const at::TensorOptions options = x.options();
  const Fp8Rows rows{at::empty(x.sizes(), options.dtype(at::kFloat8_e4m3fn)),
                     at::empty({x.size(0), 1}, options.dtype(at::kFloat))};
  fused_program().launch(kernel("fp8_rows", x), x.device(),
                         {x.size(0), 1, std::min(threads_for(x.size(1)), kElementThreads)}, in(x),
                         static_cast<int>(x.size(1)), out(rows.values), out(rows.scales));
  return rows;
}

ColumnMaxima column_maxima(const at::Tensor& x) {
  constexpr int64_t kTokensPerStrip = 32;
  const Rows rows = rows_of(x);
  const int64_t samples = x.size(0), hidden = x.size(2);
  require(samples <= kMostSamples, "expected at most 4 samples", x);
  const ColumnMaxima maxima{at::zeros({samples, hidden}, x.options().dtype(at::kFloat)),
                            at::zeros({hidden}, x.options().dtype(at::kDouble))};
  const int64_t tiles = divided_up(hidden / kChunk, kElementThreads);
  const int64_t threads = divided_up(divided_up(hidden / kChunk, tiles), kWarp) * kWarp;
  fused_program().launch(kernel("column_maxima", x), x.device(),
                         {divided_up(x.size(1), kTokensPerStrip), tiles, threads}, in(x), rows,
                         static_cast<int>(samples), static_cast<int>(kTokensPerStrip),
                         out(maxima.largest), out(maxima.sums));
  return maxima;
}

}  // namespace cox::engine::fused
