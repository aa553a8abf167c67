#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox {

/// A value in a file of a model directory by which a family is recognized.
struct ModelMark {
  std::string file;     ///< below the model directory
  std::string key;      ///< an entry of the file, which is JSON
  std::string is;       ///< as JSON text; "" = the key exists, with any value
  std::string is_not;   ///< as JSON text; "" = anything. A missing file or key is something else
  std::string same_as;  ///< another entry that has the same value; "" = none
  std::string differs_from;  ///< another entry that has another value; "" = none
};

/// A file that a model directory needs besides its transformer.
struct ModelPartFile {
  std::string file;             ///< below the model directory
  std::string class_name;       ///< its _class_name when it has one; "" = any
  std::vector<ModelMark> when;  ///< marks of the models that need it; none = every model
};

/// The keys of the transformer and the VAE that give the number of latent channels.
struct LatentChannels {
  std::string transformer;  ///< a key of the transformer's config.json
  std::string vae;          ///< a key of vae/config.json
  std::int64_t times =
      1;  ///< the transformer's number is this multiple of the VAE's: it packs patches
};

/// Settings with which a family cannot serve a method.
struct MethodRefusal {
  std::string method;
  std::map<std::string, std::string> with;  ///< canonical values by parameter; none = any settings
  std::map<std::string, double> at_most;    ///< bounds by parameter, on backbones that have it
  std::string reason;
};

/// A task that the family, or some of its models, cannot do.
struct TaskRefusal {
  std::string task;             ///< as the parameter `task` has it
  std::vector<ModelMark> when;  ///< marks of the models that cannot; none = no model can
  std::string reason;
};

/// A size of frames that a model was trained with.
struct ListedSize {
  double ratio = 0;  ///< height over width, as the model's list rounds it
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// How pixels become latents. A latent frame holds one pixel frame at the start, four after it.
struct LatentGeometry {
  std::int64_t latent_pixels = 8;    ///< pixels on a side of a latent
  std::int64_t size_unit = 16;       ///< height and width are multiples of it
  std::int64_t decoded_latents = 1;  ///< after the first, this many latent frames decode at once
  std::vector<ListedSize> sizes;     ///< for `resolution: native`; empty = the family has no list
};

/// A family of backbones, as schemas/backbones/NAME.yaml declares it. Parameters and facts of that
/// file are the sweep reader's.
struct BackboneSchema {
  std::string name;
  std::string title;             ///< for people: "CogVideoX"
  std::string doc;               ///< one sentence or two
  std::string published;         ///< the published model that represents the family: schemas/models
  std::string transformer;       ///< the folder of the transformer
  std::vector<ModelMark> marks;  ///< all of them hold for a model of the family
  std::vector<ModelPartFile> parts;
  LatentChannels channels;
  std::vector<MethodRefusal> refusals;
  std::vector<TaskRefusal> task_refusals;
  std::int64_t frames_per_second = 0;  ///< of what its models generate without a video
  LatentGeometry geometry;
};

/// Every family, by name.
const std::vector<BackboneSchema>& backbone_schemas();

/// nullptr for an unknown name.
const BackboneSchema* find_backbone(const std::string& name);

/// Checks that the model in `directory` is one of `family`, before any weight is read. The message
/// says which family it is instead. kNotFound if it is of no known family: a file may be missing or
/// damaged, which the code that loads it reports better.
Status check_family(const std::string& directory, const BackboneSchema& family);

/// Checks that no part of the model in `directory` is missing or of another family, and that
/// transformer and VAE agree on the channels of latents; weights are not read. The message names
/// every fault.
Status check_parts(const std::string& directory, const BackboneSchema& family);

/// Returns why the model in `directory` cannot do the task, "" when it can. With "" for the
/// directory, only what no model of the family can do is reported.
Result<std::string> task_refusal(const BackboneSchema& family, std::string_view task,
                                 const std::string& directory);

/// Returns the family of the model in `directory`. Fails when no family's marks are all there.
Result<const BackboneSchema*> family_of(const std::string& directory);

}  // namespace cox
