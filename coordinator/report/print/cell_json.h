#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "coordinator/store/table.h"

namespace cox::report {

/// JSON whose keys keep their order.
using OrderedJson = nlohmann::ordered_json;

/// NULL and numbers that are not finite are null: JSON has no word for the latter.
OrderedJson json_of(const store::Cell& cell);

/// One row as an object, in the order of the columns.
OrderedJson json_row(const store::Table& table, std::size_t row);

/// The document as a file holds it, with a line break at the end. Bytes that are not UTF-8 (a path
/// may hold any) become U+FFFD.
std::string json_document(const OrderedJson& json);

/// The document in one line.
std::string json_line(const OrderedJson& json);

}  // namespace cox::report
