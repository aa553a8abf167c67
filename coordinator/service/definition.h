#pragma once

#include <string>

#include "base/status.h"
#include "coordinator/sweep/plan.h"
#include "cox/v1/job.pb.h"

namespace cox::service {

// A run's definition: what is sent with a submission, kept in the database and handed to workers.

v1::Run definition_of(const sweep::Run& run, const sweep::Model& model);

/// The model and what acts beside it.
sweep::Model model_of(const v1::Run& definition);

/// Brings the definition of an earlier program to the form that this one writes: parameters that
/// the schemas gained since have their default, its one LoRA file is a list. The digest stays.
void modernize(v1::Run& definition);

/// Reads a definition as the database holds it, modernized. Fails with kDataLoss.
Result<v1::Run> read_definition(const std::string& stored, const std::string& run_digest);

}  // namespace cox::service
