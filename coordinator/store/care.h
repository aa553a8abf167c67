#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::store {

/// The condition of a database file.
struct Condition {
  enum class Kind {
    kClean,    ///< closed normally
    kInUse,    ///< by a coordinator that runs
    kUnclean,  ///< its last program was killed: nothing is lost, the next start takes in the log
    kDamaged,
  };
  Kind kind = Kind::kClean;
  std::string holder;           ///< of kInUse: who holds it
  std::uint64_t log_bytes = 0;  ///< of the -wal file
  std::string damage;           ///< of kDamaged: what was found, and what to do
};

/// Checks every page, every reference between rows, and that the rows of the queue fit together.
/// Changes nothing, also while a coordinator writes. kNotFound when there is no such file,
/// kFailedPrecondition when it is not a Coxswain database.
Result<Condition> examine(const std::string& path);

/// What a file holds.
struct Facts {
  std::uint64_t bytes = 0;
  std::uint64_t log_bytes = 0;
  std::int64_t version = 0;  ///< of its tables
  std::string file_system;   ///< name of a network file system, "" for a local one
  std::int64_t series = 0, runs = 0, jobs = 0, results = 0, workers = 0;
};
Result<Facts> facts_of(const std::string& path);

/// Copies the database as of now, also while a coordinator writes: one consistent file without a
/// log, checked before it gets its name. `copy` may be on any file system and must not exist.
Status back_up_to(const std::string& path, const std::string& copy);

/// Puts a copy of `backup` in the place of the database at `path`, which nothing may use. What was
/// there is moved aside, never deleted; returns the name that it got, "" when nothing was there.
/// Refuses a damaged backup and a network file system.
Result<std::string> restore_from(const std::string& backup, const std::string& path);

}  // namespace cox::store
