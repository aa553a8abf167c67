#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/sweep/model_facts.h"
#include "record/value.h"
#include "schemas/backbone_schema.h"
#include "schemas/metric_schema.h"

namespace cox::sweep {

enum class Type { kInt, kFloat, kBool, kText, kIntList, kFloatList, kTextList };

/// How a parameter bears on results, and so on identity and sharing: schemas/README.md.
enum class Role { kIdentity, kHorizon, kObserver, kReplay, kLabel };

/// The first stage of a job that reads a parameter; later stages follow from what it leaves.
enum class Stage { kSource, kAdaptation, kGeneration, kMetrics };

/// `list of float` and the like, as schema files spell it.
const char* type_name(Type type);
const char* role_name(Role role);

/// The declaration of one parameter. Bounds hold for a number and for each number of a list.
struct ParameterSchema {
  std::string name;  ///< nested names joined by '.'
  Type type = Type::kText;
  std::optional<Value> default_value;  ///< none = every run must give it
  std::optional<double> min;           ///< inclusive
  std::optional<double> above;         ///< exclusive
  std::optional<double> max;           ///< inclusive
  std::optional<double> below;         ///< exclusive
  std::string at_most;                 ///< a fact of the model that bounds it too, "" = none
  std::string less_than;  ///< a fact that each number of a list is below: indices; "" = none
  /// Allowed strings; empty = any. A list with allowed values is a set: no item twice, and its
  /// items are put into this order, so that how a set was written never changes a digest. So is a
  /// list of indices, in ascending order; it may be empty.
  std::vector<std::string> values;
  std::string unit;
  Role role = Role::kIdentity;
  /// Values that affect only generation, and the value that earlier stages read instead.
  std::map<std::string, std::string> before_generation;
  Stage stage = Stage::kSource;  ///< the default is always safe: both share keys then cover it
  std::string doc;
  std::string since;  ///< the version that added it; "" = it was always there. See docs/adr/0009
  std::string file;   ///< that declares the default, `schemas/run.yaml`

  bool is_set() const { return !values.empty() || !less_than.empty(); }
};

/// A method, or several that act together, with all parameters: those of every run, those of the
/// optimization loop when it trains, its own. Each of several methods has its own ones under its
/// name: `adasteer.lr`.
struct MethodSchema {
  std::string name;  ///< as record/method_name.h makes it
  std::string title;
  std::string doc;
  std::string source;
  bool trains = false;
  bool control = false;                 ///< generates nothing, and no seed changes its scores
  std::vector<std::string> acts_on;     ///< what it changes in a forward pass
  std::vector<MethodRefusal> refusals;  ///< settings that make no sense on any backbone
  std::set<std::string> own;            ///< parameters that are not the run's or the loop's
  std::map<std::string, ParameterSchema> parameters;

  /// Returns those of a run's parameters for whose schemas `wanted` holds.
  Parameters parameters_where(const std::function<bool(const ParameterSchema&)>& wanted,
                              const Parameters& of_run) const;
  /// Returns the parameters that a value given to `name` sets: the one of that name, or the one of
  /// each member that has it. Empty when there is none.
  std::vector<std::string> targets(const std::string& name) const;
};

class JointMethods;

/// Named parameter defaults that override the schema's with `replicate: NAME`. Each is used where
/// the method has the parameter.
struct Preset {
  std::string name;
  std::string doc;
  Parameters parameters;                      ///< for every method
  std::map<std::string, Parameters> methods;  ///< for one method; wins over `parameters`
};

/// Everything that schemas/ declares. A parameter has one type wherever it occurs.
struct Schemas {
  std::map<std::string, MethodSchema> methods;  ///< with the parameters of every backbone
  /// With the parameters and defaults of one backbone, by its name.
  std::map<std::string, std::map<std::string, MethodSchema>> methods_on;
  std::map<std::string, std::vector<ParameterSchema>> backbone_parameters;  ///< its own
  std::map<std::string, MetricSchema> metrics;  ///< that a sweep can request
  std::map<std::string, Preset> presets;
  std::map<std::string, std::string> backbones;  ///< name to doc
  /// The place of each backbone's facts: fact to `folder.key` of folder/config.json, or a
  /// sum or product of such places: `a.b + a.c`.
  std::map<std::string, std::map<std::string, std::string>> backbone_facts;
  std::map<std::string, ModelFacts> published_facts;  ///< of each backbone's published model
  std::vector<std::string> result_columns;            ///< of `v_results`, for tables
  std::map<std::string, ParameterSchema> together;    ///< of runs whose methods act together
  std::shared_ptr<JointMethods> joint;                ///< those used so far

  /// Returns nullptr for an unknown name, and for methods that cannot act together.
  const MethodSchema* find_method(std::string_view name) const;
  const MethodSchema* find_method(std::string_view name, const std::string& backbone) const;
  /// Returns the same schemas whose methods have only the parameters and defaults of `backbone`;
  /// all of them if there is no such backbone.
  Schemas on(const std::string& backbone) const;
  /// Returns why methods cannot act together, "" when they can.
  std::string joint_error(const std::vector<std::string>& methods) const;
  /// The declaration in any method that has it: right about type, silent about bounds. A name may
  /// have its method in front: `adasteer.lr`.
  const ParameterSchema* find_parameter(std::string_view name) const;
  std::vector<std::string> method_names() const;
  std::vector<std::string> parameter_names() const;  ///< of all methods together
};

/// Texts of schema files by their path below schemas/.
using SchemaTexts = std::map<std::string_view, std::string_view>;

/// Strict: an unknown key or a default outside its bounds is an error with file:line:column.
Result<Schemas> load_schemas(const SchemaTexts& texts);

/// Loads the schemas compiled into this program.
Result<Schemas> load_schemas();

}  // namespace cox::sweep
