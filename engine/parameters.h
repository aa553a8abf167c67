#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "record/value.h"

namespace cox::engine {

/// Bounds of a real parameter; both ends are allowed.
struct RealRange {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

/// Reads a job's parameters by type. It has no defaults: the sweep's schema has resolved every
/// value, so a missing value means that coordinator and engine disagree. Every read throws
/// EngineError (cause user, detail `parameter`) that names the parameter, the expected and the
/// actual value. Does not depend on torch. Borrows the parameters; owned by one thread.
class ParameterReader {
 public:
  explicit ParameterReader(const Parameters& parameters) : parameters_(parameters) {}

  /// While it lives, names are prefixed for one of several methods: with the prefix `adasteer.`,
  /// `lr` reads `adasteer.lr`.
  class Member {
   public:
    Member(ParameterReader& reader, std::string prefix) : reader_(reader) {
      reader_.prefix_ = std::move(prefix);
    }
    ~Member() { reader_.prefix_.clear(); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

   private:
    ParameterReader& reader_;
  };

  bool flag(const std::string& name);
  std::int64_t integer(const std::string& name,
                       std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t max = std::numeric_limits<std::int64_t>::max());
  /// Also accepts an integer, which widens without loss.
  double real(const std::string& name, RealRange range = {});
  std::string text(const std::string& name);
  /// Reads one of `values`.
  std::string choice(const std::string& name, const std::vector<std::string>& values);
  std::vector<double> reals(const std::string& name);
  std::vector<std::int64_t> integers(const std::string& name);
  std::vector<std::string> texts(const std::string& name);

  /// Throws the error for a value that only the caller can validate.
  [[noreturn]] void reject(const std::string& name, const std::string& expected) const;

  /// Counts these as read, because another job with equal values read them. Throws if one is
  /// missing.
  void accept(const std::set<std::string>& names);

  /// Throws if a parameter was never read: it would change the job's identity but have no effect.
  void finish() const;
  const std::set<std::string>& names_read() const { return read_; }

 private:
  const Value& find(const std::string& name, const std::string& expected);
  const Value::List& list(const std::string& name, const std::string& expected);

  const Parameters& parameters_;
  std::string prefix_;
  std::set<std::string> read_;
};

}  // namespace cox::engine
