#pragma once

#include <string>

#include "tools/training/render.h"

namespace cox::engine {

/// Renders a scene and writes it as an H.264 file; creates parent directories. Equal scenes give
/// equal files. Throws EngineError (cause crash) naming the path if it cannot be written.
void write_clip(const Scene& scene, const RenderSize& size, const std::string& path);

}  // namespace cox::engine
