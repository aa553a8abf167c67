#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cox::engine {

/// Statistics of one block's output in one evaluation.
struct BlockActivations {
  std::int64_t block = 0;
  double largest = 0;              ///< max |h| over visual tokens and channels
  double median = 0;               ///< of |h|
  double ratio = 0;                ///< largest over median
  std::vector<std::int64_t> dims;  ///< the channels with the largest maxima, ascending
  std::vector<double> dim_max;     ///< max |h| over visual tokens, for each channel
  std::vector<double> token_max;   ///< max |h| over `dims`, for each visual token
  double first_mean = 0;           ///< of token_max over latent frame 0
  double boundary_mean = 0;        ///< over the first and last token of the other latent frames
  double interior_mean = 0;        ///< over all others; 0 for an empty set
};

/// Draws the ratio by block, and token_max of the block with the largest ratio.
std::string activation_svg(const std::vector<BlockActivations>& blocks,
                           std::int64_t tokens_of_frame);

}  // namespace cox::engine
