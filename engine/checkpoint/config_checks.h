#pragma once

#include <string>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

// Checks of the entries of a config.json. Each throws EngineError(kUser) that names the file, the
// key, the expected value and the actual value.

void require_config(bool condition, const JsonConfig& json, const std::string& problem);

int64_t positive_integer(const JsonConfig& json, const std::string& key);
double positive_real(const JsonConfig& json, const std::string& key);

/// Checks an optional entry: if present, it must have the supported value.
void require_only(const JsonConfig& json, const std::string& key, const char* value);
void require_only(const JsonConfig& json, const std::string& key, bool value);
void require_only(const JsonConfig& json, const std::string& key, double value);
void require_null(const JsonConfig& json, const std::string& key);

}  // namespace cox::engine
