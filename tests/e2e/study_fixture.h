#pragma once

#include <string>
#include <vector>

#include "tests/support/command.h"

namespace cox::test {

/// What a user has before the first sweep: a small model with random weights, encoded clips (one of
/// them broken), their manifest and a sweep file of three methods. Made once for each test program,
/// by the programs that a user would type.
class StudyFixture {
 public:
  static const StudyFixture& get();

  /// Three runs on three readable clips and the broken one, which the sweep expects to fail.
  std::string sweep() const { return folder_ / "tiny.yaml"; }
  std::string sweep_text() const;
  std::string operator/(const std::string& name) const { return folder_ / name; }

  static constexpr int kRuns = 3;
  static constexpr int kReadableVideos = 3;
  static constexpr int kDoneJobs = kRuns * kReadableVideos;
  static constexpr int kJobs = kRuns * (kReadableVideos + 1);

 private:
  StudyFixture();
  TemporaryDirectory folder_;
};

/// `cox ARGUMENTS...`, without the settings of whoever runs the tests.
Ended run_cox(const std::vector<std::string>& arguments, Surroundings surroundings = {});
std::vector<std::string> cox_command(const std::vector<std::string>& arguments);
Surroundings clean(Surroundings surroundings = {});

/// Path of a built program.
std::string program(const std::string& name);

/// `cox results --sql` as CSV without its header.
std::string sql(const std::string& database, const std::string& statement);
long sql_number(const std::string& database, const std::string& statement);

/// Everything of the results that must not depend on who computed them, when, or how often.
std::string result_dump(const std::string& database);

std::string file_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);

/// A port that was free a moment ago.
int free_port();

}  // namespace cox::test
