#pragma once

#include <string>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

// What readers of a config.json ask of its entries. Each throws EngineError(kUser) that names file,
// key, expected and got.

void require_config(bool condition, const JsonConfig& json, const std::string& problem);

int64_t positive_integer(const JsonConfig& json, const std::string& key);
double positive_real(const JsonConfig& json, const std::string& key);

/// An entry that may be missing must otherwise have the one value that is supported.
void require_only(const JsonConfig& json, const std::string& key, const char* value);
void require_only(const JsonConfig& json, const std::string& key, bool value);
void require_only(const JsonConfig& json, const std::string& key, double value);
void require_null(const JsonConfig& json, const std::string& key);

}  // namespace cox::engine
