// The program that the engine compiles for the GPU it finds.

#include "engine/nn/kernels/column_maxima.cuh"
#include "engine/nn/kernels/copy.cuh"
#include "engine/nn/kernels/fp8.cuh"
#include "engine/nn/kernels/heads.cuh"
#include "engine/nn/kernels/layer_heads.cuh"
#include "engine/nn/kernels/linear.cuh"
#include "engine/nn/kernels/norm.cuh"
#include "engine/nn/kernels/residual.cuh"
#include "engine/nn/kernels/row_heads.cuh"
#include "engine/nn/kernels/swiglu.cuh"
