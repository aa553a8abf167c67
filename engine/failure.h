#pragma once

#include <exception>

#include "record/failure.h"

namespace cox::engine {

/// Returns why a job that threw `error`, a std::exception, failed. The only place where exceptions
/// become causes.
JobFailure failure_of(const std::exception_ptr& error);

}  // namespace cox::engine
