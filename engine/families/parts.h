#pragma once

#include <string>

#include "engine/families/family.h"

namespace cox::engine {

// Parts of a model directory that several families have.

/// The transformer of a configuration, in its folder.
ModelPart transformer_part(const Family& family, const JsonConfig& config,
                           const std::string& label);
/// vae/.
ModelPart vae_part(std::vector<ExpectedTensor> tensors, std::int64_t latent_channels);
/// vae/: that of Wan 2.1, or the residual one of Wan 2.2.
ModelPart wan_vae_part(const std::string& directory);
/// text_encoder/: UMT5 or T5, with the tokenizer's vocabulary among its sizes.
ModelPart umt5_part(const std::string& directory);
ModelPart t5_part(const std::string& directory);

/// image_encoder/: the vision tower of CLIP.
ModelPart clip_image_part(const std::string& directory);

/// Returns a size of the part, which must exist.
std::int64_t size_of(const ModelPart& part, const std::string& name);

/// Throws EngineError(kUser) unless the size at `key` in the transformer's configuration equals
/// that of the part.
void require_equal_size(const JsonConfig& transformer, const std::string& key, std::int64_t value,
                        const ModelPart& part, const std::string& name);

/// Throws EngineError(kUser) unless the VAE's pixels per latent equal those of the family or divide
/// them: frame sizes that fit the family also fit such a VAE.
void require_latent_pixels(const Family& family, const std::string& directory, std::int64_t pixels);

}  // namespace cox::engine
