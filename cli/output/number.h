#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/output/rows.h"

namespace cox::cli {

/// A number as people read it, with the digits that carry meaning for the column it stands in:
/// `psnr` two decimals, `ssim` and `lpips` four, seconds (`..._s`) one or two, others six
/// significant digits. Machine formats (csv, json) never use this.
std::string readable_number(std::string_view column, double value);

/// A cell as people read it; NULL is `-`.
std::string readable_cell(std::string_view column, const Cell& cell);

/// "41 s", "3 min 20 s", "2 h 05 min", "3 d 4 h": two units at most, never negative.
std::string readable_duration(double seconds);

/// "1.4 MiB"
std::string readable_bytes(std::int64_t bytes);

/// "1 job", "8 jobs"
std::string counted(std::uint64_t count, std::string_view singular);

}  // namespace cox::cli
