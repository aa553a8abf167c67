#pragma once

#include <exception>

#include "record/failure.h"

namespace cox::engine {

/// Returns the failure of a job that threw `error`. Exceptions are mapped to causes only here.
JobFailure failure_of(const std::exception_ptr& error);

}  // namespace cox::engine
