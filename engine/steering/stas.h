#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <variant>
#include <vector>

#include "engine/nn/rope.h"

namespace cox::engine {

// STAS: steering of massive activations. In a few channels (dims) of a transformer's hidden states,
// values are hundreds of times the median. STAS moves them towards the layer's maximum on the
// tokens of the first latent frame and at the boundaries of latent frames. Source: Cheng et
// al., STAS (arXiv 2603.17825), whose abstract gives the rule; layers, dims, factors and the
// boundary's width are ours.

/// The position of the visual tokens among the N rows of hidden states [B, N, D]: `grid.tokens()`
/// rows in (frame, row, column) order from `first` on. Other rows are never read or changed.
struct VisualRows {
  TokenGrid grid;
  int64_t first = 0;
};

/// Which tokens form the boundary of latent frames.
enum class StasBoundary {
  kNone,
  kRows,    ///< the first and last tokens of every latent frame
  kFrames,  ///< the first and last whole latent frames of every run of `chunk`
};

struct StasTokens {
  bool first_frame = true;
  StasBoundary boundary = StasBoundary::kNone;
  double head = 0;    ///< a count; for kRows, between 0 and 1, a share of a frame's tokens
  double tail = 0;    ///< likewise at the end
  int64_t chunk = 1;  ///< latent frames of a run, for kFrames; the last run may be shorter
};

/// Masks [F h w] bool of the two sets, which may overlap. Throws std::invalid_argument for a count
/// that is negative, not an integer, or larger than its frame or run.
at::Tensor first_frame_tokens(const TokenGrid& grid);
at::Tensor boundary_tokens(const TokenGrid& grid, const StasTokens& tokens);
/// Returns the tokens that STAS changes: the union of the sets in `tokens`.
at::Tensor steered_tokens(const TokenGrid& grid, const StasTokens& tokens);

/// The listed dims.
struct DimList {
  std::vector<int64_t> dims;
};
/// The `count` dims with the largest maximum over visual tokens of |h|, summed over the batch; ties
/// go to the smaller dim.
struct TopDims {
  int64_t count = 1;
};
/// The dims in which a token has |h| > abs_min and |h| >= median_ratio * the median of |h| over all
/// visual values of its sample.
struct DimRule {
  double abs_min = 100;
  double median_ratio = 1000;
};
using DimChoice = std::variant<DimList, TopDims, DimRule>;

/// Returns the dims of a choice for hidden states [B, N, D], ascending int64 [K]; K may be 0 for a
/// rule. Throws std::invalid_argument for dims out of range or listed twice.
at::Tensor choose_dims(const at::Tensor& hidden, const VisualRows& rows, const DimChoice& choice);

enum class StasReference {
  kLayer,  ///< one maximum over visual tokens and dims
  kDim,    ///< one maximum for each dim, over visual tokens
};

/// max |h| over visual tokens for each sample: fp32 [B], or [B, K] for kDim. K must not be 0.
at::Tensor stas_maximum(const at::Tensor& hidden, const VisualRows& rows, const at::Tensor& dims,
                        StasReference reference);

struct StasStrength {
  double alpha = 1;   ///< factor of the maximum that values move to
  double lambda = 1;  ///< 0 keeps the value, 1 replaces it
};

/// What a layer is steered with.
struct StasTarget {
  at::Tensor dims;     ///< of choose_dims
  at::Tensor maximum;  ///< of stas_maximum
};
/// Both for TopDims, in one reading of the hidden states.
StasTarget top_target(const at::Tensor& hidden, const VisualRows& rows, const TopDims& top,
                      StasReference reference);

/// h <- (1 - lambda) h + lambda sgn(h) alpha M on `tokens` ([F h w] bool) and `dims`, with
/// M = `maximum` of stas_maximum; computed in fp32, rounded to the dtype of `hidden`. Returns a
/// copy.
at::Tensor steer_activations(const at::Tensor& hidden, const VisualRows& rows,
                             const at::Tensor& tokens, const at::Tensor& dims,
                             const at::Tensor& maximum, const StasStrength& strength);

/// Returns the rows [T] int64 of hidden states on `device` that the tokens are.
at::Tensor rows_of_tokens(const at::Tensor& tokens, const VisualRows& rows, at::Device device);
/// The same in place, on rows of rows_of_tokens. Without autograd.
void steer_rows(const at::Tensor& hidden, const at::Tensor& steered, const StasTarget& target,
                const StasStrength& strength);

/// Returns whether the 0-based `step` is in the first `fraction` of `steps`.
bool stas_acts(int64_t step, int64_t steps, double fraction);

/// Activation statistics of one layer, for each sample. fp32; undefined for an empty set.
struct ActivationProfile {
  at::Tensor dim_max;        ///< [B, D] over visual tokens
  at::Tensor token_profile;  ///< [B, F h w] over dims
  at::Tensor first_mean;     ///< [B] of token_profile over latent frame 0,
  at::Tensor boundary_mean;  ///< over the boundary without frame 0,
  at::Tensor interior_mean;  ///< and over all other tokens
  at::Tensor median;         ///< [B] of |h| over all visual values
  at::Tensor ratio;          ///< [B], their maximum over the median
};
ActivationProfile profile_activations(const at::Tensor& hidden, const VisualRows& rows,
                                      const at::Tensor& dims, const StasTokens& tokens);

}  // namespace cox::engine
