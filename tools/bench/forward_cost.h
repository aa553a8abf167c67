#pragma once

#include <cstdint>

#include "record/latent_split.h"

namespace cox::engine {

/// Floating-point operations of a stage; a multiply and an add count as two.
struct StageCost {
  double matmul = 0;
  double attention_forward = 0;
  double attention_backward = 0;

  double total() const { return matmul + attention_forward + attention_backward; }
  StageCost operator*(double factor) const {
    return {matmul * factor, attention_forward * factor, attention_backward * factor};
  }
  StageCost operator+(const StageCost& other) const {
    return {matmul + other.matmul, attention_forward + other.attention_forward,
            attention_backward + other.attention_backward};
  }
};

/// Returns the seconds that one H200 needs at the highest rates measured: 790 TFLOP/s in matrix
/// products, 620 in attention forward, 480 backward (docs/benchmarks.md).
double limit_seconds(const StageCost& cost);

struct ModelCost {
  std::int64_t hidden = 0;
  std::int64_t blocks = 0;
  std::int64_t tokens_per_frame = 0;
  std::int64_t text_tokens = 0;
};

struct Generation {
  std::int64_t condition = 0;  ///< latent frames
  std::int64_t generated = 0;  ///< latent frames
  int evaluations = 0;
  bool guidance = false;  ///< two branches
};

/// Costs of the blocks only: embedders and the final layer add less than a thousandth.
StageCost training_step_cost(const ModelCost& model, const LatentSplit& split, bool recompute);
/// Assumes that the conditioning latents' keys and values are cached.
StageCost generation_cost(const ModelCost& model, const Generation& generation);

}  // namespace cox::engine
