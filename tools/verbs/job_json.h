#pragma once

#include <nlohmann/json_fwd.hpp>

#include "record/job.h"

namespace cox::engine {

nlohmann::ordered_json to_json(const JobOutput& output);

}  // namespace cox::engine
