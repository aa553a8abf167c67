#include "cli/progress/progress_text.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "cli/progress/progress_reporter.h"

using namespace cox;
using namespace cox::cli;

namespace {

v1::ProgressReply reply(int queued, int leased, int done) {
  v1::ProgressReply reply;
  reply.set_queued(static_cast<std::uint64_t>(queued));
  reply.set_leased(static_cast<std::uint64_t>(leased));
  reply.set_done(static_cast<std::uint64_t>(done));
  return reply;
}

void add_event(v1::ProgressReply& reply, const std::string& kind, const std::string& message) {
  v1::ProgressEvent& event = *reply.add_events();
  event.set_kind(kind);
  event.set_run("adasteer");
  event.set_video("clip-003");
  event.set_message(message);
}

}  // namespace

TEST_CASE("the progress line shows what is known and omits the rest") {
  v1::ProgressReply state = reply(13, 2, 11);
  CHECK(progress_line(state, {}) == "11 of 26 jobs, 2 with workers");
  state.set_failed(1);
  state.set_failed_as_expected(3);
  CHECK(progress_line(state, {3.4 / 60, 260}) ==
        "15 of 30 jobs, 1 failed, 3 failed as expected, 2 with workers, 3.4 jobs/min, "
        "about 4 min 20 s left");
  CHECK(progress_line(reply(0, 0, 4), {2.0, 0}) == "4 of 4 jobs, 2.0 jobs/s");
}

TEST_CASE("the bar is full only at the end") {
  CHECK(progress_bar(reply(10, 0, 0), 12) == "[          ]");
  CHECK(progress_bar(reply(1, 0, 99), 12) == "[========= ]");
  CHECK(progress_bar(reply(0, 0, 100), 12) == "[==========]");
  CHECK(progress_bar(reply(0, 0, 0), 12) == "[==========]");
}

TEST_CASE("a finished job is shown with its metrics") {
  v1::ProgressReply state;
  add_event(state, "done", "");
  (*state.mutable_events(0)->mutable_metrics())["psnr"] = 23.456;
  (*state.mutable_events(0)->mutable_metrics())["ssim"] = 0.5;
  CHECK(event_text(state.events(0)) == "adasteer on clip-003: psnr 23.46, ssim 0.5000");
  CHECK_FALSE(is_trouble(state.events(0)));
}

TEST_CASE("a bundle that a worker lost is one line, which names the job that was in flight") {
  std::ostringstream out;
  const auto reporter = make_reporter(out, Terminal{});
  const std::string why = "worker w0 was silent past the lease's deadline";
  v1::ProgressReply state = reply(64, 0, 0);
  add_event(state, "lost", why);
  for (int i = 0; i < 63; ++i) add_event(state, "returned", why);
  add_event(state, "returned", "worker w1 left: asked to");
  reporter->update(state, 0);
  CHECK(out.str() == "lost adasteer on clip-003: " + why +
                         "; 63 other jobs of its bundle are queued again\n"
                         "0 of 64 jobs\n");
}

TEST_CASE("without a terminal trouble is printed at once and progress now and then") {
  std::ostringstream out;
  const auto reporter = make_reporter(out, Terminal{});
  reporter->update(reply(4, 1, 0), 0);
  v1::ProgressReply trouble = reply(3, 1, 1);
  add_event(trouble, "failed", "cannot decode");
  trouble.set_failed(1);
  trouble.set_done(0);
  reporter->update(trouble, kSecondUs);
  reporter->update(reply(2, 1, 2), 2 * kSecondUs);
  reporter->update(reply(2, 1, 2), kPlainInterval + kSecondUs);
  reporter->update(reply(2, 1, 2), 3 * kPlainInterval);
  reporter->update(reply(0, 0, 5), 3 * kPlainInterval + kSecondUs);
  CHECK(out.str() ==
        "0 of 5 jobs, 1 with workers\n"
        "failed adasteer on clip-003: cannot decode\n"
        "2 of 5 jobs, 1 with workers, 10.9 jobs/min, about 17 s left\n"
        "5 of 5 jobs, 9.7 jobs/min\n");
}

TEST_CASE("a failure that the sweep expects is counted, not shouted") {
  std::ostringstream out;
  const auto reporter = make_reporter(out, Terminal{});
  v1::ProgressReply state = reply(0, 0, 4);
  add_event(state, "failed", "cannot decode");
  state.set_failed_as_expected(1);
  reporter->update(state, 0);
  CHECK(out.str() == "5 of 5 jobs, 1 failed as expected\n");
}

TEST_CASE("a terminal's block is drawn over in place, and one line of it stays at the end") {
  std::ostringstream out;
  Terminal terminal;
  terminal.interactive = true;
  terminal.width = 40;
  const auto reporter = make_reporter(out, terminal);
  reporter->update(reply(4, 1, 0), 0);
  CHECK(out.str() == "\r\x1b[J[                      ] 0 of 5 jobs, …\n");
  out.str("");
  v1::ProgressReply next = reply(3, 1, 1);
  add_event(next, "lost", "the worker went silent");
  reporter->update(next, kSecondUs);
  CHECK(out.str() ==
        "\x1b[1A\r\x1b[Jlost adasteer on clip-003: the worker went silent\n"
        "[====                  ] 1 of 5 jobs, …\n");
  out.str("");
  reporter->finish();
  CHECK(out.str() == "\x1b[1A\r\x1b[J1 of 5 jobs, 1 with workers, 1.0 jobs/s, about 4.0 s left\n");
}
