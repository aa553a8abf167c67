#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// The diagonal Gaussian that the encoder gives for each latent value.
struct Posterior {
  at::Tensor mean;    ///< [B, z, T, h, w]
  at::Tensor logvar;  ///< [B, z, T, h, w], clamped to [-30, 20]

  /// mean + exp(logvar / 2) * noise, in the posterior's dtype. Throws std::invalid_argument when
  /// `noise` has another shape.
  at::Tensor sample(const at::Tensor& noise) const;
};

/// Splits the encoder's output [B, 2z, T, h, w]: mean first, then logvar.
Posterior split_moments(const at::Tensor& moments);

}  // namespace cox::engine
