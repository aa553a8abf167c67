#include "engine/nn/column_maxima.h"

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"

namespace cox::engine {

ColumnMaxima column_maxima(const at::Tensor& x) {
  return runs_fused(x) && x.size(0) <= fused::kMostSamples ? fused::column_maxima(x)
                                                           : formula::column_maxima(x);
}

}  // namespace cox::engine
