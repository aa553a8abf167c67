#pragma once

#include <string>

#include "base/status.h"
#include "cox/v1/job.pb.h"
#include "record/model.h"

namespace cox::service {

// A run's definition: the files that it reads, as the database keeps them next to its parameters.

/// Serializes the files; equal files give equal bytes, different files different ones.
std::string definition_of(const v1::ModelFiles& files);

/// Reads a definition as the database holds it. Fails with kDataLoss.
Result<v1::ModelFiles> read_definition(const std::string& stored, const std::string& run_digest);

}  // namespace cox::service
