#pragma once

#include <string>
#include <vector>

#include "coordinator/store/published_result.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

/// Replaces everything that `source` published, in the transaction that is open.
Status replace_published(const Database& database, const std::string& source,
                         const std::vector<PublishedResult>& results);

}  // namespace cox::store
