#pragma once

#include "base/status.h"
#include "base/value.h"
#include "cox/v1/job.pb.h"

namespace cox {

v1::Value to_proto(const Value& value);

/// Fails for a value without a kind, which no sender of ours writes.
Result<Value> from_proto(const v1::Value& value);

/// All parameters of a run; the error names the parameter.
Result<Parameters> parameters_from_proto(const google::protobuf::Map<std::string, v1::Value>& map);

}  // namespace cox
