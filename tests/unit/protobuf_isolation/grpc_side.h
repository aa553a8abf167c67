#pragma once

#include <string>

namespace cox::test {

/// Starts a gRPC server on a free loopback port, which serves no method, and calls it with a
/// protobuf message: the name of the status code that comes back.
std::string call_without_service();

/// A job's timing after a trip through protobuf's wire format.
double round_trip_seconds(double seconds);

}  // namespace cox::test
