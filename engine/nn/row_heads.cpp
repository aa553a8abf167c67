#include "engine/nn/row_heads.h"

#include "engine/nn/heads.h"
#include "engine/nn/norm.h"
#include "engine/nn/rope.h"

namespace cox::engine {

at::Tensor row_normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain, double eps,
                            const at::Tensor& rope) {
  const at::Tensor normed = split_heads(rms_norm(x, gain, eps), heads);
  return rope.defined() ? apply_rope(normed, rope) : normed;
}

}  // namespace cox::engine
