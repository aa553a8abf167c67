#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox::store {

/// The numbers that a database gave to metrics.
using MetricIds = std::map<std::string, std::int64_t, std::less<>>;

/// Expands `text`, the content of schemas/views.sql, to SQL: each `{each KIND|TEXT}` becomes one
/// TEXT for each metric, weights file or record field of that kind. A metric without a number reads
/// as NULL everywhere. kInvalidArgument for a placeholder that is not closed or of an unknown kind.
Result<std::string> view_sql(std::string_view text, const MetricIds& ids);

}  // namespace cox::store
