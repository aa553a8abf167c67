#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

#include "tools/check/comparison.h"

namespace cox::engine {

/// Small random models of every family but LongCat-Video: presets of init_model.h.
std::vector<std::string> small_checked_models();

/// A transformer's forward pass and the gradient on its time embedding, in fp32 and bf16, on a
/// picture of few tokens. `model` is one of small_checked_models(), or a published model, of which
/// a few blocks are taken at their width. Throws EngineError(kUser) for another name.
std::vector<Comparison> check_family(c10::Device device, const std::string& model);

/// The same in parts, each on a device, against the first device.
std::vector<Comparison> check_family_parts(const std::vector<c10::Device>& devices,
                                           const std::string& model);

}  // namespace cox::engine
