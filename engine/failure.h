#pragma once

#include <exception>

#include "record/failure.h"

namespace cox::engine {

/// What a job that threw `error`, a std::exception, failed of: the only place where exceptions
/// become causes.
JobFailure failure_of(const std::exception_ptr& error);

}  // namespace cox::engine
