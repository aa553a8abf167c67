#pragma once

#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// Names of the published models of schemas/models/, in order of the alphabet.
std::vector<std::string> published_models();

/// A published model: its `family`, `parameters`, `tensors` and the configurations of its parts.
/// Throws EngineError(kUser) that names the known ones.
JsonConfig published_model(const std::string& name);

/// The configuration of one part, as config.json has it: `transformer`, `vae`, `text_encoder`,
/// `scheduler`. A part that the model lists under `shared` is in schemas/models/parts/.
JsonConfig published_part(const std::string& name, const std::string& part);

}  // namespace cox::engine
