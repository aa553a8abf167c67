#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/yaml_tree.h"
#include "record/value.h"

namespace cox::sweep {

/// Reads `node` as `type`; `what` names it in messages. `1e-5`, `5e-3`, `1.0E-5` and `1` are
/// floats; an int refuses `1.5` and `1e3`; a bool is true or false; a number in quotes is a string.
std::optional<Value> read_value(const Node& node, Type type, const std::string& what,
                                Diagnostics& diagnostics);

/// Returns why a number cannot act on fp32 tensors, where a larger one would be infinite and a
/// smaller one zero; "" when it can.
std::string precision_error(double number);

/// Returns why a value of the right type is not allowed: "expected at least 1", or "" when it is.
std::string bounds_error(const ParameterSchema& schema, const Value& value);

/// Returns the value in its one form: a set in the order of its schema, no negative zero.
Value normalized(const ParameterSchema& schema, Value value);

/// Returns the value for a person: strings without quotes, lists as `[a, b]`.
std::string shown(const Value& value);

/// Readers of the sweep file's own fields. They report what is wrong and then return nothing.
std::optional<std::string> read_text(const Node& node, const std::string& what,
                                     Diagnostics& diagnostics);
std::optional<std::int64_t> read_int(const Node& node, const std::string& what, std::int64_t min,
                                     std::int64_t max, Diagnostics& diagnostics);
std::optional<bool> read_bool(const Node& node, const std::string& what, Diagnostics& diagnostics);
std::vector<std::string> read_texts(const Node& node, const std::string& what,
                                    Diagnostics& diagnostics);

}  // namespace cox::sweep
