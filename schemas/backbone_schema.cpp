#include "schemas/backbone_schema.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "schemas/embedded_schemas.h"

namespace cox {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxConfigBytes = 16 << 20;
constexpr const char* kFolder = "backbones/";
constexpr const char* kClassName = "_class_name";
constexpr const char* kVaeConfig = "vae/config.json";

ModelMark read_mark(const Json& map) {
  const auto dumped = [&](const char* key) { return map.contains(key) ? map[key].dump() : ""; };
  return {map.at("file"),
          map.at("key"),
          dumped("is"),
          dumped("is_not"),
          map.value("same_as", ""),
          map.value("differs_from", "")};
}

ModelPartFile read_part(const Json& map) {
  ModelPartFile part{map.at("file"), map.value("class", ""), {}};
  if (map.contains("when")) part.when.push_back(read_mark(map.at("when")));
  return part;
}

TaskRefusal read_task_refusal(const Json& map) {
  TaskRefusal refusal{map.at("task"), {}, map.at("reason")};
  if (map.contains("when")) refusal.when.push_back(read_mark(map.at("when")));
  return refusal;
}

MethodRefusal read_refusal(const Json& map) {
  MethodRefusal refusal{map.at("method"), {}, {}, map.at("reason")};
  for (const auto& [parameter, value] : map.at("with").items()) {
    refusal.with[parameter] = value.dump();
  }
  return refusal;
}

BackboneSchema read_backbone(const Json& file) {
  BackboneSchema schema;
  schema.name = file.at("backbone");
  schema.title = file.at("title");
  schema.doc = file.at("doc");
  schema.published = file.at("published");
  schema.transformer = file.at("transformer");
  for (const Json& mark : file.at("identify")) schema.marks.push_back(read_mark(mark));
  for (const Json& part : file.at("parts")) schema.parts.push_back(read_part(part));
  const Json& channels = file.at("latent_channels");
  schema.channels = {channels.at("transformer"), channels.at("vae"), channels.at("times")};
  for (const Json& refusal : file.at("refuses")) {
    if (refusal.contains("task")) {
      schema.task_refusals.push_back(read_task_refusal(refusal));
    } else {
      schema.refusals.push_back(read_refusal(refusal));
    }
  }
  schema.frames_per_second = file.at("frames_per_second");
  const Json& geometry = file.at("geometry");
  schema.geometry = {
      geometry.at("latent_pixels"), geometry.at("size_unit"), geometry.at("decoded_latents"), {}};
  for (const Json& size : geometry.value("sizes", Json::array())) {
    schema.geometry.sizes.push_back({size.at(0), size.at(1), size.at(2)});
  }
  return schema;
}

/// The JSON files of one model directory, each read once.
class ModelFacts {
 public:
  explicit ModelFacts(std::string directory) : directory_(std::move(directory)) {}

  /// Returns the value as JSON text; nothing when the file or the key is missing or null. Fails for
  /// a file that is not JSON.
  Result<std::optional<std::string>> value(const std::string& file, const std::string& key) {
    if (files_.count(file) == 0) COX_RETURN_IF_ERROR(read(file));
    const std::optional<Json>& json = files_.at(file);
    if (!json) return std::optional<std::string>();
    const auto found = json->find(key);
    if (found == json->end() || found->is_null()) return std::optional<std::string>();
    return std::optional<std::string>(found->dump());
  }

 private:
  Status read(const std::string& file) {
    const std::string path = directory_ + "/" + file;
    std::error_code error;
    files_[file] = std::nullopt;
    if (!std::filesystem::exists(path, error)) return Status::ok();
    COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxConfigBytes));
    Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object())
      return invalid_argument(fmt::format("'{}': expected a JSON object", path));
    files_[file] = std::move(json);
    return Status::ok();
  }

  std::string directory_;
  std::map<std::string, std::optional<Json>> files_;
};

Result<bool> holds(const ModelMark& mark, ModelFacts& facts) {
  COX_ASSIGN_OR_RETURN(const std::optional<std::string> value, facts.value(mark.file, mark.key));
  if (!mark.is_not.empty()) return value != mark.is_not;
  const std::string& other = mark.same_as.empty() ? mark.differs_from : mark.same_as;
  if (!other.empty()) {
    COX_ASSIGN_OR_RETURN(const std::optional<std::string> beside, facts.value(mark.file, other));
    return value && beside && (*value == *beside) == !mark.same_as.empty();
  }
  if (!value) return false;
  return mark.is.empty() || *value == mark.is;
}

Result<bool> all_hold(const std::vector<ModelMark>& marks, ModelFacts& facts) {
  for (const ModelMark& mark : marks) {
    COX_ASSIGN_OR_RETURN(const bool found, holds(mark, facts));
    if (!found) return false;
  }
  return true;
}

Result<bool> is_of(const BackboneSchema& family, ModelFacts& facts) {
  return all_hold(family.marks, facts);
}

/// Returns what is wrong with a part, "" when nothing is.
Result<std::string> part_fault(const ModelPartFile& part, const std::string& directory,
                               ModelFacts& facts) {
  COX_ASSIGN_OR_RETURN(const bool needed, all_hold(part.when, facts));
  if (!needed) return std::string();
  std::error_code error;
  const std::string path = directory + "/" + part.file;
  if (!std::filesystem::exists(path, error)) return fmt::format("{} is missing", part.file);
  if (!std::filesystem::is_regular_file(path, error)) {
    return fmt::format("{} is not a file", part.file);
  }
  if (part.class_name.empty()) return std::string();
  COX_ASSIGN_OR_RETURN(const std::optional<std::string> got, facts.value(part.file, kClassName));
  const std::string expected = Json(part.class_name).dump();
  if (!got || *got == expected) return std::string();
  return fmt::format("{}: {}: expected {}, got {}", part.file, kClassName, expected, *got);
}

/// `transformer/config.json with _class_name "WanTransformer3DModel"`
std::string mark_text(const ModelMark& mark) {
  if (!mark.is.empty()) return fmt::format("{} with {} {}", mark.file, mark.key, mark.is);
  if (!mark.is_not.empty())
    return fmt::format("{} without {} {}", mark.file, mark.key, mark.is_not);
  return fmt::format("{} with {}", mark.file, mark.key);
}

std::string marks_text(const BackboneSchema& family) {
  std::vector<std::string> texts;
  for (const ModelMark& mark : family.marks) texts.push_back(mark_text(mark));
  return join(texts, ", ");
}

Result<const BackboneSchema*> family_among(ModelFacts& facts) {
  for (const BackboneSchema& family : backbone_schemas()) {
    COX_ASSIGN_OR_RETURN(const bool found, is_of(family, facts));
    if (found) return &family;
  }
  return static_cast<const BackboneSchema*>(nullptr);
}

/// Returns in what transformer and VAE disagree; "" when in nothing or when one has no number.
Result<std::string> channels_fault(const BackboneSchema& family, ModelFacts& facts) {
  const std::string config = family.transformer + "/config.json";
  const LatentChannels& channels = family.channels;
  COX_ASSIGN_OR_RETURN(const auto transformer, facts.value(config, channels.transformer));
  COX_ASSIGN_OR_RETURN(const auto vae, facts.value(kVaeConfig, channels.vae));
  if (!transformer || !vae) return std::string();
  const Json ours = Json::parse(*transformer);
  const Json theirs = Json::parse(*vae);
  const bool are_numbers = ours.is_number_integer() && theirs.is_number_integer();
  if (!are_numbers ||
      ours.get<double>() == static_cast<double>(channels.times) * theirs.get<double>()) {
    return std::string();
  }
  return fmt::format("{} with {} {} needs a VAE of {} latent channels, but {} has {} {}", config,
                     channels.transformer, *transformer,
                     ours.get<double>() / static_cast<double>(channels.times), kVaeConfig,
                     channels.vae, *vae);
}

}  // namespace

const std::vector<BackboneSchema>& backbone_schemas() {
  static const std::vector<BackboneSchema> schemas = [] {
    std::vector<BackboneSchema> read;
    for (const auto& [path, text] : embedded_schemas()) {
      if (starts_with(path, kFolder)) read.push_back(read_backbone(Json::parse(text)));
    }
    return read;
  }();
  return schemas;
}

const BackboneSchema* find_backbone(const std::string& name) {
  for (const BackboneSchema& schema : backbone_schemas()) {
    if (schema.name == name) return &schema;
  }
  return nullptr;
}

Status check_family(const std::string& directory, const BackboneSchema& family) {
  ModelFacts facts(directory);
  COX_ASSIGN_OR_RETURN(const bool expected, is_of(family, facts));
  if (expected) return Status::ok();
  COX_ASSIGN_OR_RETURN(const BackboneSchema* other, family_among(facts));
  if (other != nullptr) {
    return invalid_argument(fmt::format(
        "{}: this is a model of {} ({}), but the backbone is {}; "
        "write backbone.name: {}, or give a model of {}",
        directory, other->title, marks_text(*other), family.name, other->name, family.title));
  }
  return not_found(fmt::format("{}: expected a model of {} ({}), got one of no known family",
                               directory, family.title, marks_text(family)));
}

Status check_parts(const std::string& directory, const BackboneSchema& family) {
  ModelFacts facts(directory);
  std::vector<std::string> faults;
  std::vector<ModelPartFile> parts = {{family.transformer + "/config.json", "", {}}};
  parts.insert(parts.end(), family.parts.begin(), family.parts.end());
  for (const ModelPartFile& part : parts) {
    COX_ASSIGN_OR_RETURN(std::string fault, part_fault(part, directory, facts));
    if (!fault.empty()) faults.push_back(std::move(fault));
  }
  COX_ASSIGN_OR_RETURN(std::string channels, channels_fault(family, facts));
  if (!channels.empty()) faults.push_back(std::move(channels));
  if (faults.empty()) return Status::ok();
  return invalid_argument(
      fmt::format("{}: not a whole model of {}: {}; copy the parts of one "
                  "published model into the directory",
                  directory, family.title, join(faults, "; ")));
}

Result<std::string> task_refusal(const BackboneSchema& family, std::string_view task,
                                 const std::string& directory) {
  ModelFacts facts(directory);
  for (const TaskRefusal& refusal : family.task_refusals) {
    if (refusal.task != task) continue;
    bool applies = refusal.when.empty() || !directory.empty();
    for (const ModelMark& mark : refusal.when) {
      if (!applies) break;
      COX_ASSIGN_OR_RETURN(applies, holds(mark, facts));
    }
    if (applies) return refusal.reason;
  }
  return std::string();
}

Result<const BackboneSchema*> family_of(const std::string& directory) {
  ModelFacts facts(directory);
  COX_ASSIGN_OR_RETURN(const BackboneSchema* found, family_among(facts));
  if (found != nullptr) return found;
  std::vector<std::string> expected;
  for (const BackboneSchema& family : backbone_schemas()) {
    expected.push_back(fmt::format("{}/{} for {}", directory, marks_text(family), family.title));
  }
  return not_found(fmt::format("'{}' is a model of no known family; expected {}", directory,
                               join(expected, "; ")));
}

}  // namespace cox
