#pragma once

#include <map>
#include <string_view>

namespace cox {

/// Every file of schemas/ by its path below it (`methods/full.yaml`, `sql/0001_initial.sql`), as it
/// was at build time.
const std::map<std::string_view, std::string_view>& embedded_schemas();

}  // namespace cox
