#pragma once

#include <string>

#include "base/status.h"
#include "coordinator/web/web_server.h"

namespace cox::cli {

/// The page's host and port from `127.0.0.1:7421` or `[::1]:7421`; error messages name `option`.
Result<web::WebOptions> page_address(const std::string& option, const std::string& address);

}  // namespace cox::cli
