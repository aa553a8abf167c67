#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace cox::engine {

/// Returns the content that save_safetensors writes to a file.
std::string safetensors_bytes(const std::map<std::string, at::Tensor>& tensors);

/// Returns copies of the tensors in such content, in host memory. Throws EngineError (cause user)
/// for content that is damaged; `origin` names it in messages.
std::map<std::string, at::Tensor> tensors_in(const std::string& bytes, const std::string& origin);

}  // namespace cox::engine
