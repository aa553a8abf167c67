#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "base/status.h"
#include "coordinator/core/core.h"
#include "cox/v1/worker.pb.h"

namespace cox::service {

/// The one check between the wire and the core: every field of `message`, and of the messages in
/// it, against its bounds. Strings have a length, are UTF-8 and hold no control characters (line
/// ends and tabs only where people write several lines); numbers are finite and in their range;
/// lists have a length; fields that hold JSON are JSON objects. kInvalidArgument names the field by
/// its path ("runs[3].run.parameters[lr]"), what was expected and what was got, printable.
Status validate(const google::protobuf::Message& message);

/// Whether a valid report fits the job that it names: the job's model and video, metrics, and only
/// those that the job requests. kInvalidArgument otherwise.
Status check_fit(const v1::JobReport& report, const core::JobFacts& job);

/// `text` with each control character and each byte that is not UTF-8 as \xHH; line ends and tabs
/// stay. For what programs print when they fail, which may hold anything.
std::string printable(std::string_view text);

}  // namespace cox::service
