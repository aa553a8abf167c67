#pragma once

#include <functional>
#include <optional>
#include <string>

#include "coordinator/sweep/diagnostics.h"
#include "record/value.h"

namespace cox::sweep {

/// Fills `c{cond_frames}-g{groups}`; `lookup` gives a name's value, or nothing when it has none. An
/// unknown name or a stray brace is reported at `at`.
std::optional<std::string> fill_template(
    const std::string& text, const Position& at,
    const std::function<std::optional<Value>(const std::string&)>& lookup,
    Diagnostics& diagnostics);

/// Returns a value as part of a run's name: `0.01`, `adamw`, `0.25+0.5`.
std::string name_part(const Value& value);

/// Returns why `name` cannot be the name of a `what` (a run, a series), or "". Names are file and
/// command-line friendly: up to 120 letters, digits and `._+=,:-`, beginning with a letter or a
/// digit.
std::string name_error(const std::string& what, const std::string& name);

}  // namespace cox::sweep
