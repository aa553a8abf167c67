#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// Conditions a forward pass on a prompt: the output of a text encoder and an input of a
/// backbone.
struct TextStates {
  at::Tensor states;       ///< [B, 1, L, C] as the text encoder gave them, rows of padding included
  at::Tensor mask;         ///< [B, L] int64, 1 for real tokens and 0 for padding
  at::Tensor pooled = {};  ///< [B, P] of a second encoder; undefined for families without one
};

}  // namespace cox::engine
