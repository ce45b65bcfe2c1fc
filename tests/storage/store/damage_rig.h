#pragma once

// A small stopped store with every kind of file, and a judge of what it says when a file is
// damaged: it names the file and an offset, or the damage does not matter; no answer is wrong.
//
// Threads: one.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/storage/store/store_world.h"
#include "tests/storage/store/worth.h"
#include "tests/support/sim_env.h"

namespace cordwood::storage {

enum class Stop : uint8_t { kClean, kKill };

struct Sample {
  std::unique_ptr<support::SimEnv> env;
  /// The same store as it was before the last few writes.
  std::unique_ptr<support::SimEnv> earlier;
  State state;
  int64_t count = 0;  // of kSampleCounter

  /// All files.
  std::vector<std::string> Paths() const;
};

inline constexpr const char* kSampleDir = "data";
inline constexpr uint64_t kSampleCounter = 5;

/// Tables on two levels, compressed and not, with dead ranges and filters; a log of several
/// segments that begins with records of the tables; torn bytes that a start has cut off. Fails the
/// test if it is not so.
/// With the same writes whatever the seed, which is that of the environment.
Sample MakeSample(Stop stop, uint64_t seed = 11);

StoreOptions SampleOptions();

/// What the store in a damaged directory says.
struct Answers {
  bool refused = false;             // it was not opened, and nothing changed
  std::vector<std::string> errors;  // why not; or the errors that reads replied
  std::string wrong;                // the first answer that is not the truth

  bool untouched() const { return errors.empty() && wrong.empty(); }
};

/// Opens it and gets every key, one by one and in both directions, and the counter.
Answers Ask(support::SimEnv& env, const Sample& sample);

/// Everything that reads asked, of a store that is open.
Answers AskOpen(Store& store, const Sample& sample);

/// Whether the message names the file at `path` and, behind that, an offset.
bool NamesPlace(const std::string& message, const std::string& path);

/// How damage must be taken, by the store and by the check of a closed store alike. Answers are
/// never wrong.
enum class Taken : uint8_t {
  kUnnoticed,         // nobody complains: every answer is right
  kNamed,             // refused, or an error to whoever reads it: with the file and an offset
  kNamedOrUnnoticed,  // one or the other
  kRefused,           // not opened; what is missing has no offset
  kRefusedOrUnnoticed,
};

/// What damage of a byte that is worth so much comes to.
Taken TakenAs(Worth worth);

/// What is wrong with how the damage in `env` to the file at `path` is taken; empty if nothing is.
std::string Judge(support::SimEnv& env, const Sample& sample, const std::string& path, Taken taken);

}  // namespace cordwood::storage
