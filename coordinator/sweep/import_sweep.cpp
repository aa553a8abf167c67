#include "coordinator/sweep/import_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/sweep/name_template.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/yaml_tree.h"
#include "record/method_name.h"
#include "record/value.h"

namespace cox::sweep {

namespace {

constexpr std::size_t kMaxOldBytes = 4 << 20;
constexpr std::int64_t kMostVideos = std::numeric_limits<std::uint32_t>::max();

/// How the value of an older key is written here.
enum class Form {
  kCopy,
  kList,         ///< "qkv,proj" as [qkv, proj]
  kBlocks,       ///< "all" as 0, "last_4" as 4, "0,47" as a list of blocks
  kSplit,        ///< true as a pair of matrices for each fused layer
  kAlsoDelta,    ///< true: AdaSteer acts together with the method
  kNegated,      ///< true as false
  kResolution,   ///< "480p" as height and width
  kExtraTarget,  ///< true adds `ffn` to the targets
  kVideos,       ///< how many videos: belongs to the data set here
  kKind,         ///< chooses the method
  kOnly,         ///< only the value `expected` has a counterpart: nothing to write
};

struct OldKey {
  const char* name;
  const char* parameter;  ///< ours; "" for what is not a parameter
  Form form = Form::kCopy;
  const char* expected = "";  ///< for kOnly
};

constexpr OldKey kOldKeys[] = {
    {"num_steps", "steps"},
    {"delta_steps", "steps"},
    {"norm_steps", "steps"},
    {"film_steps", "steps"},
    {"learning_rate", "lr"},
    {"delta_lr", "lr"},
    {"norm_lr", "lr"},
    {"film_lr", "lr"},
    {"warmup_steps", "warmup_steps"},
    {"weight_decay", "weight_decay"},
    {"max_grad_norm", "max_grad_norm"},
    {"optimizer", "optimizer"},
    {"num_cond_frames", "cond_frames"},
    {"num_frames", "total_frames"},
    {"gen_start_frame", "gen_start_frame"},
    {"num_inference_steps", "inference_steps"},
    {"guidance_scale", "guidance"},
    {"seed", "seed"},
    {"tta_total_frames", "adaptation_window.total_frames"},
    {"tta_context_frames", "adaptation_window.context_frames"},
    {"es_check_every", "early_stop.check_every"},
    {"es_patience", "early_stop.patience"},
    {"es_holdout_fraction", "early_stop.holdout_fraction"},
    {"es_noise_draws", "early_stop.noise_draws"},
    {"es_anchor_sigmas", "early_stop.sigmas", Form::kList},
    {"es_disable", "early_stop.enabled", Form::kNegated},
    {"lora_rank", "rank"},
    {"lora_alpha", "alpha"},
    {"target_modules", "targets", Form::kList},
    {"target_ffn", "targets", Form::kExtraTarget},
    {"lora_target_blocks", "last_blocks", Form::kBlocks},
    {"num_groups", "groups"},
    {"delta_dim", "delta_dim"},
    {"norm_target", "tensors"},
    {"film_mode", "variant"},
    {"resolution", "", Form::kResolution},
    {"max_videos", "", Form::kVideos},
    {"delta_target", "", Form::kKind},
    {"delta_mode", "", Form::kOnly, "per_channel"},
    {"use_builtin_lora", "pairs", Form::kSplit},
    {"also_tune_delta", "", Form::kAlsoDelta},
};

struct OldMethod {
  const char* name;
  const char* method;
  const char* inject;  ///< "" = the method has no such parameter
};

constexpr OldMethod kOldMethods[] = {
    {"none", "none", ""},
    {"full", "full", ""},
    {"lora", "lora", ""},
    {"delta_a", "adasteer", "global"},
    {"delta_b", "adasteer", "blocks"},
    {"delta_c", "obc", ""},
    {"norm_tune", "norm", ""},
    {"film", "film", ""},
};

/// Parameters of runs without training; the others are dropped with method `none`.
constexpr const char* kUntrained[] = {"cond_frames",     "total_frames", "gen_start_frame",
                                      "inference_steps", "guidance",     "seed",
                                      "height",          "width"};

using Texts = std::map<std::string, std::string>;  ///< YAML values by parameter

struct ImportedRow {
  std::string id;
  std::int64_t videos = 0;  ///< 0 = all
  std::string method;
  Texts parameters;
};

/// A scalar as this program's YAML.
std::string yaml_of(const Node& node) { return node.quoted ? json_quoted(node.text) : node.text; }

/// A method, or methods that act together as a list.
std::string yaml_of_method(const std::string& method) {
  const std::vector<std::string> members = methods_of(method);
  return members.size() == 1 ? method : "[" + join(members, ", ") + "]";
}

/// Translates one file. Errors are collected.
class Importer {
 public:
  Importer(const Node& root, const Schemas& schemas, std::string origin, Diagnostics& diagnostics)
      : root_(root), schemas_(schemas), origin_(std::move(origin)), diagnostics_(diagnostics) {}

  ImportedSweep import(const ImportOptions& options) {
    read_top();
    const std::vector<ImportedRow> rows = read_rows();
    if (!diagnostics_.ok()) return {};
    return {series_, text_of(rows, options)};
  }

 private:
  const Node* find(const char* key) const { return find_in(root_, key); }

  static const Node* find_in(const Node& map, const std::string& key) {
    for (const Entry& entry : map.entries) {
      if (lower_case(entry.key) == key) return &entry.value;
    }
    return nullptr;
  }

  void check_top_keys() {
    const std::vector<std::string> known = {"method", "series", "series_name", "description",
                                            "fixed",  "sweep",  "depends_on"};
    for (const Entry& entry : root_.entries) {
      const std::string key = lower_case(entry.key);
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      diagnostics_.error(
          entry.key_at,
          fmt::format("unknown key '{}' at the top level{}", entry.key, did_you_mean(key, known)),
          "allowed: " + join(known, ", "));
    }
  }

  std::string required_text(const char* key) {
    const Node* node = find(key);
    if (node != nullptr) return read_text(*node, key, diagnostics_).value_or("");
    diagnostics_.error(root_.at, fmt::format("a sweep of the older format needs `{}`", key));
    return "";
  }

  void read_top() {
    check_top_keys();
    series_ = required_text("series_name");
    if (const std::string error = series_.empty() ? "" : name_error("series", series_);
        !error.empty()) {
      diagnostics_.error(find("series_name")->at, "series_name: " + error);
    }
    const std::string name = lower_case(required_text("method"));
    const auto* found = std::find_if(std::begin(kOldMethods), std::end(kOldMethods),
                                     [&](const OldMethod& method) { return name == method.name; });
    if (found != std::end(kOldMethods)) {
      method_ = found;
    } else if (!name.empty()) {
      std::vector<std::string> known;
      for (const OldMethod& method : kOldMethods) known.emplace_back(method.name);
      diagnostics_.error(find("method")->at,
                         fmt::format("unknown method '{}'{}", name, did_you_mean(name, known)),
                         "allowed: " + join(known, ", "));
    }
  }

  std::vector<ImportedRow> read_rows() {
    std::vector<ImportedRow> rows;
    const Node nothing(Node::Kind::kMap, root_.at);
    const Node* fixed = find("fixed");
    const Node* sweep = find("sweep");
    if (fixed == nullptr) fixed = &nothing;
    if (!fixed->is_map())
      diagnostics_.error(fixed->at, "fixed must be a map, got " + describe(*fixed));
    if (sweep == nullptr || !sweep->is_sequence() || sweep->items.empty()) {
      diagnostics_.error(sweep == nullptr ? root_.at : sweep->at,
                         "`sweep` must be a list of rows with a `run_id`");
      return rows;
    }
    std::set<std::string> ids;
    for (const Node& item : sweep->items) {
      const Node* id = find_in(item, "run_id");
      if (!item.is_map() || id == nullptr) {
        diagnostics_.error(item.at, "a row of `sweep` needs a `run_id`");
        continue;
      }
      ImportedRow row = read_row(*fixed, item);
      row.id = read_text(*id, "run_id", diagnostics_).value_or("");
      if (!ids.insert(row.id).second) {
        diagnostics_.error(id->at, fmt::format("run_id '{}' is given twice", row.id));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  ImportedRow read_row(const Node& fixed, const Node& item) {
    ImportedRow row;
    if (method_ == nullptr) return row;
    row.method = method_->method;
    if (*method_->inject != '\0') row.parameters["inject"] = method_->inject;
    bool adds_ffn = false;
    for (const Node* map : {&fixed, &item}) {
      std::map<std::string, std::string> spelled;  // parameter to the older key that gave it
      for (const Entry& entry : map->entries) {
        const std::string name = lower_case(entry.key);
        if (map == &item && name == "run_id") continue;
        const OldKey* key = known_key(entry, name);
        if (key == nullptr) continue;
        if (key->form == Form::kExtraTarget) {
          adds_ffn = read_flag(entry) == "true";
          continue;
        }
        if (*key->parameter != '\0') {
          const auto [first, is_new] = spelled.emplace(key->parameter, entry.key);
          if (!is_new) {
            diagnostics_.error(entry.key_at, fmt::format("'{}' and '{}' are both {}", first->second,
                                                         entry.key, key->parameter));
          }
        }
        read_entry(entry, *key, row);
      }
    }
    if (adds_ffn) add_ffn(item, row);
    drop_training(row);
    return row;
  }

  const OldKey* known_key(const Entry& entry, const std::string& name) {
    std::vector<std::string> known;
    for (const OldKey& key : kOldKeys) {
      if (name == key.name) return &key;
      known.emplace_back(key.name);
    }
    diagnostics_.error(entry.key_at,
                       fmt::format("unknown key '{}'{}", entry.key, did_you_mean(name, known)));
    return nullptr;
  }

  void read_entry(const Entry& entry, const OldKey& key, ImportedRow& row) {
    if (!entry.value.is_scalar() && key.form != Form::kList) {
      diagnostics_.error(entry.value.at, fmt::format("{}: expected a single value, got {}",
                                                     entry.key, describe(entry.value)));
      return;
    }
    const std::string value = lower_case(entry.value.text);
    switch (key.form) {
      case Form::kCopy:
        check_value(entry, entry.value, key);
        row.parameters[key.parameter] = yaml_of(entry.value);
        return;
      case Form::kList:
        check_value(entry, as_sequence(entry.value), key);
        row.parameters[key.parameter] = list_of(entry.value);
        return;
      case Form::kBlocks:
        read_blocks(entry, value, row);
        return;
      case Form::kSplit:
        if (read_flag(entry) == "true") row.parameters[key.parameter] = "split";
        return;
      case Form::kAlsoDelta:
        if (read_flag(entry) != "true") return;
        row.method = joint_method_name({row.method, "adasteer"});
        row.parameters["adasteer.inject"] = "global";
        return;
      case Form::kNegated:
        row.parameters[key.parameter] = read_flag(entry) == "true" ? "false" : "true";
        return;
      case Form::kResolution:
        if (value != "480p") expected_one(entry, "480p");
        row.parameters["height"] = "480";
        row.parameters["width"] = "832";
        return;
      case Form::kVideos:
        row.videos = read_int(entry.value, entry.key, 1, kMostVideos, diagnostics_).value_or(0);
        return;
      case Form::kKind:
        if (value != "timestep" && value != "hidden") expected_one(entry, "timestep or hidden");
        if (value != "hidden") return;
        row.method = "hidden";
        row.parameters.erase("inject");
        return;
      case Form::kOnly:
        if (value != key.expected) expected_one(entry, key.expected);
        return;
      case Form::kExtraTarget:
        return;
    }
  }

  /// The value must be one that the parameter can have in some method.
  void check_value(const Entry& entry, const Node& node, const OldKey& key) {
    const ParameterSchema& schema = *schemas_.find_parameter(key.parameter);
    const auto value = read_value(node, schema.type, entry.key, diagnostics_);
    if (!value || schema.values.empty()) return;
    if (const std::string error = bounds_error(schema, *value); !error.empty()) {
      diagnostics_.error(node.at, fmt::format("{}: {}, got {}", entry.key, error, shown(*value)));
    }
  }

  /// "qkv,proj" as a list.
  static Node as_sequence(const Node& node) {
    if (node.is_sequence()) return node;
    Node list(Node::Kind::kSequence, node.at);
    for (const std::string& item : split(node.text, ',')) {
      list.items.emplace_back(Node::Kind::kScalar, node.at).text = trim(item);
    }
    return list;
  }

  void expected_one(const Entry& entry, const std::string& what) {
    diagnostics_.error(entry.value.at, fmt::format("{}: only {} can be imported, got {}", entry.key,
                                                   what, describe(entry.value)));
  }

  /// Returns "true" or "false" in any case of letters.
  std::string read_flag(const Entry& entry) {
    const std::string value = lower_case(entry.value.text);
    if (value != "true" && value != "false") {
      diagnostics_.error(entry.value.at, fmt::format("{}: expected true or false, got {}",
                                                     entry.key, describe(entry.value)));
    }
    return value;
  }

  static std::string list_of(const Node& node) {
    std::vector<std::string> items;
    if (node.is_sequence()) {
      for (const Node& item : node.items) items.push_back(yaml_of(item));
    } else {
      for (const std::string& item : split(node.text, ',')) items.push_back(trim(item));
    }
    return "[" + join(items, ", ") + "]";
  }

  static bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  }

  void read_blocks(const Entry& entry, const std::string& value, ImportedRow& row) {
    constexpr std::string_view kLast = "last_";
    if (value == "all") {
      row.parameters["last_blocks"] = "0";
    } else if (starts_with(value, kLast) && is_number(value.substr(kLast.size()))) {
      row.parameters["last_blocks"] = value.substr(kLast.size());
    } else {
      row.parameters["blocks"] = list_of(entry.value);
      for (const std::string& block : split(value, ',')) {
        if (!is_number(trim(block))) {
          return expected_one(entry, "all, last_N or a list of blocks");
        }
      }
    }
  }

  void add_ffn(const Node& item, ImportedRow& row) {
    std::string& targets = row.parameters["targets"];
    if (targets.empty()) {
      diagnostics_.error(item.at, "target_ffn: true needs `target_modules`");
      return;
    }
    targets.insert(targets.size() - 1, ", ffn");
  }

  /// The older format had no method `none`: full fine-tuning with 0 steps or rate 0 meant that.
  static void drop_training(ImportedRow& row) {
    const auto is_zero = [&](const char* name) {
      const auto found = row.parameters.find(name);
      return found != row.parameters.end() && std::strtod(found->second.c_str(), nullptr) == 0;
    };
    if (row.method != "full" || (!is_zero("steps") && !is_zero("lr"))) return;
    row.method = "none";
    std::erase_if(row.parameters, [](const auto& entry) {
      return std::find(std::begin(kUntrained), std::end(kUntrained), entry.first) ==
             std::end(kUntrained);
    });
  }

  /// How many videos the rows need together; 0 = all.
  static std::int64_t videos_of(const std::vector<ImportedRow>& rows) {
    std::int64_t most = 0;
    for (const ImportedRow& row : rows) {
      if (row.videos == 0) return 0;
      most = std::max(most, row.videos);
    }
    return most;
  }

  /// The values that all rows share.
  static Texts common(const std::vector<ImportedRow>& rows) {
    Texts shared = rows.front().parameters;
    for (const ImportedRow& row : rows) {
      std::erase_if(shared, [&](const auto& entry) {
        const auto found = row.parameters.find(entry.first);
        return found == row.parameters.end() || found->second != entry.second;
      });
    }
    return shared;
  }

  std::string series_line() const {
    std::string line = "series: {name: " + series_;
    const Node* number = find("series");
    if (number != nullptr && !number->text.empty()) {
      const bool is_number = number->text.find_first_not_of("0123456789") == std::string::npos;
      line += (is_number ? ", number: " : ", labels: {series: ") +
              (is_number ? number->text : json_quoted(number->text) + "}");
    }
    const Node* title = find("description");
    if (title != nullptr && !title->text.empty()) line += ", title: " + json_quoted(title->text);
    return line + "}\n";
  }

  std::string text_of(const std::vector<ImportedRow>& rows, const ImportOptions& options) const {
    const Texts shared = common(rows);
    const std::string method = rows.front().method;
    const bool one_method = std::all_of(
        rows.begin(), rows.end(), [&](const ImportedRow& row) { return row.method == method; });
    std::string text = fmt::format("# Imported from {} with `cox import`.\nversion: 1\n", origin_);
    text += series_line();
    const std::int64_t videos = videos_of(rows);
    text += fmt::format("dataset: {{manifest: {}{}}}\n", json_quoted(options.manifest),
                        videos == 0 ? "" : fmt::format(", max_videos: {}", videos));
    text +=
        fmt::format("backbone: {{name: longcat-video, model: {}}}\n", json_quoted(options.model));
    if (one_method) text += "method: " + yaml_of_method(method) + "\n";
    if (!shared.empty()) text += "params:\n";
    for (const auto& [parameter, value] : shared)
      text += fmt::format("  {}: {}\n", parameter, value);
    const bool trains = !one_method || method != "none";
    if (trains && shared.count("adaptation_window.context_frames") == 0) {
      text += "derive: {adaptation_window.context_frames: cond_frames}\n";
    }
    text += "runs:\n";
    for (const ImportedRow& row : rows) {
      text += "  - {id: " + json_quoted(row.id);
      if (!one_method) text += ", method: " + yaml_of_method(row.method);
      for (const auto& [parameter, value] : row.parameters) {
        if (shared.count(parameter) == 0) text += fmt::format(", {}: {}", parameter, value);
      }
      if (row.videos != videos) text += fmt::format(", max_videos: {}", row.videos);
      text += "}\n";
    }
    return text;
  }

  const Node& root_;
  const Schemas& schemas_;
  std::string origin_;
  Diagnostics& diagnostics_;
  std::string series_;
  const OldMethod* method_ = nullptr;
};

}  // namespace

Result<ImportedSweep> import_sweep(const std::string& path, const ImportOptions& options) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxOldBytes));
  const SourceFile file = make_source(path, text);
  Diagnostics diagnostics;
  const Node root = parse_yaml(file, diagnostics);
  if (diagnostics.ok() && !root.is_map()) {
    diagnostics.error({&file, 1, 1},
                      "a sweep of the older format must be a map, got " + describe(root));
  }
  COX_RETURN_IF_ERROR(diagnostics.status());
  const std::size_t slash = path.rfind('/');
  COX_ASSIGN_OR_RETURN(const Schemas schemas, load_schemas());
  Importer importer(root, schemas, slash == std::string::npos ? path : path.substr(slash + 1),
                    diagnostics);
  ImportedSweep sweep = importer.import(options);
  COX_RETURN_IF_ERROR(diagnostics.status());
  return sweep;
}

}  // namespace cox::sweep
