#include "worker/convert.h"

#include <fmt/format.h>

#include "base/text.h"
#include "proto/convert.h"

namespace cox::worker {

namespace {

constexpr std::size_t kShownCharacters = 80;

Status check_digest(const char* what, const std::string& digest) {
  const bool is_hexadecimal =
      !digest.empty() && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (is_hexadecimal) return Status::ok();
  return invalid_argument(fmt::format(
      "the coordinator sent an invalid bundle: {}: expected hexadecimal digits, got '{}'", what,
      escaped(digest.substr(0, kShownCharacters))));
}

}  // namespace

Status check_bundle(const v1::Bundle& bundle) {
  for (const v1::LeasedJob& job : bundle.jobs()) {
    COX_RETURN_IF_ERROR(check_digest("digest of a job", job.job_digest()));
    COX_RETURN_IF_ERROR(check_digest("digest of a run", job.run().digest()));
  }
  return Status::ok();
}

Result<JobInput> job_input_of(const v1::LeasedJob& job, const v1::Video& video,
                              const std::string& out) {
  JobInput input;
  input.job_id = job.job_digest();
  input.run_id = job.run().digest();
  input.attempt = job.attempt();
  input.method = job.run().method();
  COX_ASSIGN_OR_RETURN(input.parameters, parameters_from(job.run().parameters()));
  input.model = from_proto<ModelFiles>(job.run().model());
  input.video = from_proto<Video>(video);
  input.prompt = job.prompt();
  input.share = from_proto<ShareKeys>(job.share());
  input.recompute = job.recompute();
  input.output_directory = out;
  return input;
}

}  // namespace cox::worker
