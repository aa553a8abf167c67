#include "tools/check/operation_check.h"

#include <fmt/format.h>

#include <ATen/ops/addcmul.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>

#include <functional>

#include "engine/nn/attention.h"
#include "engine/nn/head_layer_norm.h"
#include "engine/nn/heads.h"
#include "engine/nn/joint.h"
#include "engine/nn/linear.h"
#include "engine/nn/norm.h"
#include "engine/nn/residual.h"
#include "engine/nn/rope.h"
#include "engine/nn/row_heads.h"
#include "engine/nn/swiglu.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr double kOperationBound = 2e-5;
/// A result of bf16 is off by up to 2^-9; chains of two or three roundings stay below this.
constexpr double kBf16Bound = 1e-2;
/// LibTorch's layer norm on a CPU sums the gradients of gain and bias in bf16.
constexpr double kBf16SumBound = 4e-2;
/// Where all roundings agree but for values between two neighbors.
constexpr double kSameRoundingBound = 1e-3;

/// How a tensor enters an operation.
enum class Role { kActivation, kWide, kWeight };

struct Input {
  Role role;
  std::vector<int64_t> shape;
};

struct Operation {
  std::string name;
  std::vector<Input> inputs;  ///< all are differentiated
  std::function<Tensors(const Tensors&)> ours, plain;
  /// Attention kernels round where they like.
  bool same_rounding = true;
  double bf16_gradient_bound = kBf16Bound;
};

// The plain formulas, for stock autograd to differentiate.

at::Tensor plain_by_run(const at::Tensor& x, int64_t runs) {
  return x.unflatten(1, {runs, x.size(1) / runs});
}

at::Tensor plain_modulated_norm(const at::Tensor& x, const at::Tensor& shift,
                                const at::Tensor& scale) {
  const at::Tensor xhat = at::layer_norm(to_fp32(x), {x.size(-1)}, {}, {}, kNormEpsilon);
  return at::addcmul(shift.unsqueeze(2), plain_by_run(xhat, shift.size(1)), scale.unsqueeze(2) + 1)
      .flatten(1, 2)
      .to(x.scalar_type());
}

at::Tensor plain_layer_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias) {
  return at::layer_norm(to_fp32(x), {x.size(-1)}, to_fp32(gain), to_fp32(bias), kNormEpsilon)
      .to(x.scalar_type());
}

at::Tensor plain_gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y) {
  return at::addcmul(to_fp32(plain_by_run(x, gate.size(1))), gate.unsqueeze(2),
                     to_fp32(plain_by_run(y, gate.size(1))))
      .flatten(1, 2)
      .to(x.scalar_type());
}

at::Tensor plain_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                       const at::Tensor& rope) {
  const at::Tensor normed = rms_norm(split_heads(x, heads), gain);
  return rope.defined() ? apply_rope(normed, rope) : normed;
}

at::Tensor plain_row_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                           const at::Tensor& rope) {
  const at::Tensor normed = split_heads(rms_norm(x, gain), heads);
  return rope.defined() ? apply_rope(normed, rope) : normed;
}

at::Tensor plain_layer_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                             const at::Tensor& bias, const at::Tensor& rope) {
  return apply_rope(at::layer_norm(split_heads(x, heads), gain.sizes(), gain, bias, kNormEpsilon),
                    rope);
}

at::Tensor plain_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                           int64_t clean) {
  const auto attend = [](const at::Tensor& a, const at::Tensor& b, const at::Tensor& c) {
    const double scale = 1 / std::sqrt(static_cast<double>(a.size(-1)));
    return to_fp32(a)
        .matmul(to_fp32(b).transpose(-2, -1))
        .mul(scale)
        .softmax(-1)
        .matmul(to_fp32(c));
  };
  const int64_t noisy = q.size(2) - clean;
  return at::cat({attend(q.narrow(2, 0, clean), k.narrow(2, 0, clean), v.narrow(2, 0, clean)),
                  attend(q.narrow(2, clean, noisy), k, v)},
                 2)
      .to(q.scalar_type());
}

/// A sum and the norm of it, with a gate and without.
std::vector<Operation> residual_norm_operations(const Input& x, const Input& run_vector,
                                                const Input& vector) {
  return {{"residual_norm with a gate",
           {x, run_vector, x, vector, vector},
           [](const Tensors& in) -> Tensors {
             const NormedSum made = residual_norm(in[0], in[1], in[2],
                                                  layer_norm_factors(in[0].size(0), in[3], in[4]));
             return {made.sum, made.normed};
           },
           [](const Tensors& in) -> Tensors {
             const at::Tensor sum = plain_gated_residual(in[0], in[1], in[2]);
             return {sum, plain_layer_norm(sum, in[3], in[4])};
           }},
          {"residual_norm",
           {x, x, run_vector, run_vector},
           [](const Tensors& in) -> Tensors {
             const NormedSum made = residual_norm(in[0], {}, in[1], {in[2], in[3]});
             return {made.sum, made.normed};
           },
           [](const Tensors& in) -> Tensors {
             const at::Tensor sum = in[0] + in[1];
             return {sum, plain_modulated_norm(sum, in[2], in[3])};
           }}};
}

/// Text tokens and latent tokens in one sequence: the first `text` have vectors of their own.
std::vector<Operation> joint_operations(const Input& x, const Input& vector, int64_t text) {
  const Input both{Role::kWide, {x.shape[0], 2, x.shape[2]}};
  const auto parts = [text](const at::Tensor& tokens) {
    return Tensors{tokens.narrow(1, 0, text), tokens.narrow(1, text, tokens.size(1) - text)};
  };
  return {
      {"joint_modulated_affine_norm",
       {x, vector, vector, both, both},
       [=](const Tensors& in) -> Tensors {
         const Tensors shift = in[3].chunk(2, 1), scale = in[4].chunk(2, 1);
         return {joint_modulated_affine_norm(
             in[0], in[1], in[2], {shift[0], scale[0], shift[1], scale[1]}, kNormEpsilon, text)};
       },
       [=](const Tensors& in) -> Tensors {
         Tensors out;
         for (int64_t i = 0; i < 2; ++i) {
           const at::Tensor part = parts(in[0])[static_cast<size_t>(i)];
           const at::Tensor affine = at::layer_norm(to_fp32(part), {part.size(-1)}, to_fp32(in[1]),
                                                    to_fp32(in[2]), kNormEpsilon);
           out.push_back((affine * (in[4].narrow(1, i, 1) + 1) + in[3].narrow(1, i, 1))
                             .to(part.scalar_type()));
         }
         return {at::cat(out, 1)};
       }},
      {"joint_gated_residual",
       {x, both, x},
       [=](const Tensors& in) -> Tensors {
         const Tensors gate = in[1].chunk(2, 1);
         return {joint_gated_residual(in[0], gate[0], gate[1], in[2], text)};
       },
       [=](const Tensors& in) -> Tensors {
         const Tensors a = parts(in[0]), b = parts(in[2]);
         return {at::cat({plain_gated_residual(a[0], in[1].narrow(1, 0, 1), b[0]),
                          plain_gated_residual(a[1], in[1].narrow(1, 1, 1), b[1])},
                         1)};
       }}};
}

Operation heads_operation(const OperationSizes& s, const at::Tensor& rope) {
  const int64_t tokens = s.runs * s.tokens_per_run, hidden = s.heads * s.head_dim;
  return {"self_attention_heads",
          {{Role::kActivation, {s.batch, tokens, 3 * hidden}},
           {Role::kWeight, {s.head_dim}},
           {Role::kWeight, {s.head_dim}}},
          [=](const Tensors& in) -> Tensors {
            const HeadTensors made = self_attention_heads(in[0], {s.heads, in[1], in[2], rope});
            return {made.queries, made.keys, made.values};
          },
          [=](const Tensors& in) -> Tensors {
            const Tensors parts = in[0].chunk(3, -1);
            return {plain_heads(parts[0], s.heads, in[1], rope),
                    plain_heads(parts[1], s.heads, in[2], rope), split_heads(parts[2], s.heads)};
          }};
}

Operation attention_operation(const OperationSizes& s) {
  const int64_t tokens = s.runs * s.tokens_per_run;
  const std::vector<int64_t> shape = {s.batch, tokens, s.heads, s.head_dim};
  const auto heads = [](const at::Tensor& x) { return x.transpose(1, 2); };
  return {
      "clean_first_attention",
      {{Role::kActivation, shape}, {Role::kActivation, shape}, {Role::kActivation, shape}},
      [=](const Tensors& in) -> Tensors {
        return {clean_first_attention(heads(in[0]), heads(in[1]), heads(in[2]), s.tokens_per_run)};
      },
      [=](const Tensors& in) -> Tensors {
        return {plain_attention(heads(in[0]), heads(in[1]), heads(in[2]), s.tokens_per_run)};
      },
      /*same_rounding=*/false};
}

/// Norms of queries and keys by themselves, with RoPE and without.
std::vector<Operation> head_norm_operations(const OperationSizes& s, const Input& x,
                                            const at::Tensor& rope) {
  return {
      {"normed_heads",
       {x, {Role::kWeight, {s.head_dim}}},
       [=](const Tensors& in) -> Tensors { return {normed_heads(in[0], s.heads, in[1])}; },
       [=](const Tensors& in) -> Tensors { return {plain_heads(in[0], s.heads, in[1], {})}; }},
      {"row_normed_heads",
       {x, {Role::kWeight, {s.heads * s.head_dim}}},
       [=](const Tensors& in) -> Tensors {
         return {row_normed_heads(in[0], s.heads, in[1], kNormEpsilon)};
       },
       [=](const Tensors& in) -> Tensors { return {plain_row_heads(in[0], s.heads, in[1], {})}; }},
      {"row_normed_heads with rope",
       {x, {Role::kWeight, {s.heads * s.head_dim}}},
       [=](const Tensors& in) -> Tensors {
         return {row_normed_heads(in[0], s.heads, in[1], kNormEpsilon, rope)};
       },
       [=](const Tensors& in) -> Tensors {
         return {plain_row_heads(in[0], s.heads, in[1], rope)};
       }},
      {"layer_normed_heads",
       {x, {Role::kWeight, {s.head_dim}}, {Role::kWeight, {s.head_dim}}},
       [=](const Tensors& in) -> Tensors {
         return {layer_normed_heads(in[0], s.heads, in[1], in[2], kNormEpsilon, rope)};
       },
       [=](const Tensors& in) -> Tensors {
         return {plain_layer_heads(in[0], s.heads, in[1], in[2], rope)};
       },
       /*same_rounding=*/true,
       kBf16SumBound}};
}

/// Products that do more than W x + b.
std::vector<Operation> product_operations(const OperationSizes& s, const Input& x) {
  return {{"gelu_linear",
           {x, {Role::kWeight, {s.ffn_hidden, x.shape[2]}}, {Role::kWeight, {s.ffn_hidden}}},
           [](const Tensors& in) -> Tensors {
             return {gelu_linear({in[1] / in[1].size(1), in[2]}, in[0])};
           },
           [](const Tensors& in) -> Tensors {
             return {at::gelu(at::linear(in[0], in[1] / in[1].size(1), in[2]), "tanh")};
           },
           /*same_rounding=*/false},
          {"linear_fp32",
           {{Role::kWide, {s.batch, s.runs, 4 * s.head_dim}},
            {Role::kWeight, {s.ffn_hidden, 4 * s.head_dim}},
            {Role::kWeight, {s.ffn_hidden}}},
           [](const Tensors& in) -> Tensors {
             return {linear_fp32({in[1], in[2]}, in[0])};
           },
           [](const Tensors& in) -> Tensors {
             return {at::linear(in[0], to_fp32(in[1]), to_fp32(in[2]))};
           }}};
}

std::vector<Operation> operations(const OperationSizes& s, const at::Tensor& rope) {
  const int64_t tokens = s.runs * s.tokens_per_run, hidden = s.heads * s.head_dim;
  const Input x{Role::kActivation, {s.batch, tokens, hidden}};
  const Input run_vector{Role::kWide, {s.batch, s.runs, hidden}};
  const Input vector{Role::kWeight, {hidden}};
  const Input tail{Role::kActivation, {s.batch, s.tokens_per_run, hidden}};
  const Input ffn{Role::kActivation, {s.batch, tokens, s.ffn_hidden}};
  std::vector<Operation> all = {
      {"modulated_norm",
       {x, run_vector, run_vector},
       [](const Tensors& in) -> Tensors { return {modulated_norm(in[0], in[1], in[2])}; },
       [](const Tensors& in) -> Tensors { return {plain_modulated_norm(in[0], in[1], in[2])}; }},
      {"layer_norm",
       {x, vector, vector},
       [](const Tensors& in) -> Tensors { return {layer_norm(in[0], in[1], in[2])}; },
       [](const Tensors& in) -> Tensors { return {plain_layer_norm(in[0], in[1], in[2])}; }},
      {"gated_residual",
       {x, run_vector, x},
       [](const Tensors& in) -> Tensors { return {gated_residual(in[0], in[1], in[2])}; },
       [](const Tensors& in) -> Tensors { return {plain_gated_residual(in[0], in[1], in[2])}; }},
      {"add_to_tail",
       {x, tail},
       [](const Tensors& in) -> Tensors { return {add_to_tail(in[0], in[1])}; },
       [](const Tensors& in) -> Tensors {
         const int64_t head = in[0].size(1) - in[1].size(1);
         return {
             at::cat({in[0].narrow(1, 0, head), in[0].narrow(1, head, in[1].size(1)) + in[1]}, 1)};
       }},
      heads_operation(s, rope),
      attention_operation(s),
      {"swiglu",
       {ffn, ffn},
       [](const Tensors& in) -> Tensors { return {swiglu(in[0], in[1])}; },
       [](const Tensors& in) -> Tensors { return {at::silu(in[0]) * in[1]}; }},
  };
  for (const auto& more : {residual_norm_operations(x, run_vector, vector),
                           joint_operations(x, vector, s.tokens_per_run),
                           head_norm_operations(s, x, rope), product_operations(s, x)}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

/// Outputs and the gradients of <output, fixed random tensor> with respect to all inputs.
struct OperationAnswer {
  Tensors outputs, gradients;
};

using Function = std::function<Tensors(const Tensors&)>;

OperationAnswer operation_answer(const Function& function, const Tensors& values,
                                 const Tensors& upstream) {
  Tensors leaves;
  for (const at::Tensor& value : values) leaves.push_back(value.clone().set_requires_grad(true));
  const at::AutoGradMode with_gradients(true);
  OperationAnswer result;
  result.outputs = function(leaves);
  at::Tensor sum;
  for (size_t i = 0; i < result.outputs.size(); ++i) {
    const at::Tensor part = (to_fp32(result.outputs[i]) * to_fp32(upstream[i])).sum();
    sum = sum.defined() ? sum + part : part;
    result.outputs[i] = result.outputs[i].detach();
  }
  sum.backward();
  for (const at::Tensor& leaf : leaves) result.gradients.push_back(leaf.grad());
  return result;
}

class Checker {
 public:
  Checker(c10::Device device, const OperationSizes& sizes) : device_(device), sizes_(sizes) {}

  void check(const Operation& operation, std::vector<Comparison>& comparisons) {
    const Tensors exact = draw_inputs(operation);
    const Tensors shaped = operation.plain(exact);
    Tensors upstream;  // rounded, so that every precision gets the same
    for (const at::Tensor& output : shaped) {
      upstream.push_back(draw(output.sizes()).to(at::kBFloat16));
    }
    const auto add = [&](const char* kind, double distance, double bound) {
      comparisons.push_back(
          {fmt::format("{} {} {}", operation.name, sizes_.name, kind), distance, bound});
    };
    const OperationAnswer plain = operation_answer(operation.plain, exact, upstream);
    const OperationAnswer ours = operation_answer(operation.ours, exact, upstream);
    add("fp32 forward", largest_distance(ours.outputs, plain.outputs), kOperationBound);
    add("fp32 gradients", largest_distance(ours.gradients, plain.gradients), kOperationBound);
    // Where nothing is differentiated, some steps run as one kernel.
    add("fp32 sampling", largest_distance(operation.ours(exact), plain.outputs), kOperationBound);

    const Tensors narrow = narrowed(operation, exact);
    Tensors widened;
    for (const at::Tensor& x : narrow) widened.push_back(to_fp32(x));
    const OperationAnswer reference = operation_answer(operation.plain, widened, upstream);
    const OperationAnswer half = operation_answer(operation.ours, narrow, upstream);
    add("bf16 forward", largest_distance(half.outputs, reference.outputs), kBf16Bound);
    add("bf16 gradients", largest_distance(half.gradients, reference.gradients),
        operation.bf16_gradient_bound);
    if (operation.same_rounding) {
      const Tensors rounded = operation.plain(narrow);
      add("bf16 rounding", largest_distance(half.outputs, rounded), kSameRoundingBound);
      add("bf16 sampling", largest_distance(operation.ours(narrow), rounded), kSameRoundingBound);
    }
  }

 private:
  at::Tensor draw(at::IntArrayRef shape) {
    return RandomStream({1, 0, "check", Purpose::kRandomModel, draws_++}).normal(shape).to(device_);
  }

  /// Weights lie around one, as gains do.
  Tensors draw_inputs(const Operation& operation) {
    Tensors values;
    for (const Input& input : operation.inputs) {
      const at::Tensor value = draw(input.shape);
      values.push_back(input.role == Role::kWeight ? 1 + 0.2 * value : value);
    }
    return values;
  }

  static Tensors narrowed(const Operation& operation, const Tensors& values) {
    Tensors narrow;
    for (size_t i = 0; i < values.size(); ++i) {
      const bool wide = operation.inputs[i].role == Role::kWide;
      narrow.push_back(wide ? values[i] : values[i].to(at::kBFloat16));
    }
    return narrow;
  }

  c10::Device device_;
  const OperationSizes& sizes_;
  uint64_t draws_ = 0;
};

}  // namespace

OperationSizes small_operation_sizes() {
  return {.name = "small",
          .batch = 2,
          .runs = 3,
          .tokens_per_run = 37,
          .heads = 3,
          .head_dim = 24,
          .ffn_hidden = 40};
}
OperationSizes published_operation_sizes() {
  return {.name = "published",
          .batch = 1,
          .runs = 2,
          .tokens_per_run = 96,
          .heads = 32,
          .head_dim = 128,
          .ffn_hidden = 11008};
}

std::vector<Comparison> check_operations(c10::Device device, const OperationSizes& sizes) {
  const TokenGrid grid{sizes.runs, 1, sizes.tokens_per_run};
  const at::Tensor rope = rope_table(grid, sizes.head_dim).to(device);
  std::vector<Comparison> comparisons;
  Checker checker(device, sizes);
  for (const Operation& operation : operations(sizes, rope)) checker.check(operation, comparisons);
  return comparisons;
}

}  // namespace cox::engine
