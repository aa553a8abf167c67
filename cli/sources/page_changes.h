#pragma once

#include "base/status.h"
#include "coordinator/web/change.h"
#include "cox/v1/sweep.pb.h"

namespace cox::cli {

/// Makes a change of the page through `calls`, a SweepCalls or a Coordinator.
template <typename Calls>
Result<web::Changed> make_change(Calls& calls, const web::Change& change) {
  v1::SelectRequest select;
  select.set_series(change.series);
  select.set_run(change.run);
  select.set_job(change.job);
  const auto call = [&]() -> Result<v1::ChangeReply> {
    switch (change.verb) {
      case web::Change::Verb::kPause:
        return calls.pause(select);
      case web::Change::Verb::kResume:
        return calls.resume(select);
      case web::Change::Verb::kCancel:
        return calls.cancel(select);
      default:
        break;
    }
    v1::RetryRequest retry;
    *retry.mutable_select() = select;
    return calls.retry(retry);
  };
  COX_ASSIGN_OR_RETURN(const v1::ChangeReply reply, call());
  return web::Changed{reply.changed_jobs(), reply.untouched_jobs()};
}

}  // namespace cox::cli
