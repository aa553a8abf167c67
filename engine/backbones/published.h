#pragma once

#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// Returns the names of the published models in schemas/models/, sorted.
std::vector<std::string> published_models();

/// Returns a published model: its `family`, `parameters`, `tensors` and the configurations of its
/// parts. Throws EngineError(kUser) that names the known models for an unknown name.
JsonConfig published_model(const std::string& name);

/// Returns the configuration of one part, in the form of its config.json: `transformer`, `vae`,
/// `text_encoder`, `scheduler`. Parts that the model lists under `shared` are in
/// schemas/models/parts/.
JsonConfig published_part(const std::string& name, const std::string& part);
bool has_published_part(const std::string& name, const std::string& part);

}  // namespace cox::engine
