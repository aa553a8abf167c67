#pragma once

#include <set>
#include <string>

#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sources.h"
#include "coordinator/sweep/sweep_file.h"
#include "coordinator/sweep/yaml_tree.h"

namespace cox::sweep {

/// Reads the parts of a sweep that set parameters. `where` completes messages; `main` is the sweep
/// file itself: values of other files belong to the layer `extends`.
class RowReader {
 public:
  RowReader(const Schemas& schemas, const SourceFile* main, Diagnostics& diagnostics)
      : schemas_(schemas), main_(main), diagnostics_(diagnostics) {}

  /// Parameters whose value was reported as wrong, or whose name was probably misspelled.
  const std::set<std::string>& unread() const { return unread_; }
  /// How many errors concern only the value or the name of one parameter.
  size_t parameter_errors() const { return parameter_errors_; }

  /// For messages about unknown keys: the method whose parameters are allowed, or nullptr.
  void set_method(const MethodSchema* method) { method_ = method; }

  Assignments params(const Node& node);
  std::map<std::string, Assignments> method_params(const Node& node);
  /// Returns the grids of `matrix`, each crossed with the one axis of `zip` and that of `sample`;
  /// each may be nullptr.
  std::vector<Grid> grids(const Node* matrix, const Node* zip, const Node* sample);
  std::vector<NamedRow> runs(const Node& node);
  std::vector<IncludeRow> include_rows(const Node& node, const char* what);
  std::vector<Rule> rules(const Node& node, const char* what);
  std::vector<Rule> checks(const Node& node);
  Assignments overrides(const std::vector<Override>& overrides);

  /// An entry of a map of parameters, nested names joined.
  struct Leaf {
    std::string name;
    const Entry* entry;
  };
  /// Returns the leaves of a map of parameters; reports unknown names. A map with one of the keys
  /// in `value_keys` is the value of a parameter.
  std::vector<Leaf> leaves(const Node& map, const std::string& where,
                           const std::vector<std::string>& value_keys = {});
  /// Reads the value of one parameter, or of `method`.
  std::optional<Assigned> assigned(const Node& node, const std::string& name, Layer layer);
  const Schemas& schemas() const { return schemas_; }

 private:
  void add_leaves(const Node& map, const std::string& prefix, const std::string& where,
                  const std::vector<std::string>& value_keys, std::vector<Leaf>& found);
  void unknown_key(const Entry& entry, const std::string& name, const std::string& where);
  bool is_known(const std::string& name) const;

  Assignments assignments(const Node& map, Layer layer, const std::string& where);
  std::vector<Assigned> points(const Leaf& leaf, Layer layer);
  Grid grid(const Node& map);
  std::optional<Axis> zip_axis(const Node& map);
  /// Crosses each grid with `axis`; reports a parameter that is an axis of both.
  void add_axis(const Axis& axis, const char* section, std::vector<Grid>& grids);
  std::optional<NamedRow> named_row(const Node& node);
  std::optional<Rule> rule(const Node& node);

  std::optional<Assigned> typed(const Node& node, const std::string& name, Layer layer);

  std::set<std::string> unread_;
  size_t parameter_errors_ = 0;
  const Schemas& schemas_;
  const SourceFile* main_;
  Diagnostics& diagnostics_;
  const MethodSchema* method_ = nullptr;
};

}  // namespace cox::sweep
