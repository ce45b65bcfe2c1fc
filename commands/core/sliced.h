#pragma once

// Reads in slices, each in a transaction of its own at one state: how a command begins one, and one
// of a whole value.
//
// Threads: the call's.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/core/long_read.h"
#include "keyspace/core/range_walk.h"
#include "keyspace/types/object_reader.h"

namespace cordwood::commands {

enum class WhenCold : uint8_t {
  kRunAgain,  // the command is run again from the start
  kGoOn,      // the read goes on in slices: it would need other blocks if it began anew
};

/// Replies at once if one slice suffices; else hands over a read that starts anew, for its slices
/// run at another state.
Status RunSliced(Call& call, WhenCold when_cold,
                 const std::function<std::unique_ptr<LongRead>()>& make);

/// The same read as a part of a command that may write: to its end, at the newest state. kLong: it
/// is too much for one turn, and the transaction does not wait.
Status RunThrough(Call& call, LongRead& read);

class SlicedRead {
 public:
  /// Where the first slice begins; without a call at the first item.
  void StartAt(std::string position) { position_ = std::move(position); }
  const std::string& position() const { return position_; }

  /// Calls visit(read item) for each item until it answers false, is_full() does not, or the end is
  /// reached. True at the end, or after `visit` had enough; false: there is more. An error only if
  /// it got no further: then a slice has visited nothing.
  template <typename IsFull, typename Visit>
  Result<bool> Step(keyspace::Transaction& tx, keyspace::Generation generation,
                    const keyspace::Record& record, const IsFull& is_full, const Visit& visit) {
    keyspace::ObjectReader reader(tx, generation, record, position_);
    const Result<bool> done = StepWith(reader, is_full, visit);
    stepped_ += reader.stepped();
    return done;
  }
  /// Deleted items that Step got past since the beginning.
  uint64_t stepped() const { return stepped_; }
  /// The same with a reader of another kind, which begins at position().
  template <typename Reader, typename IsFull, typename Visit>
  Result<bool> StepWith(Reader& reader, const IsFull& is_full, const Visit& visit) {
    reader.SetBudget(keyspace::kHiddenPerSlice);
    while (!is_full()) {
      const auto next = reader.Next();
      if (!next) return GoOnFrom(reader.position(), next.error());
      if (!*next || !visit(**next)) return true;
    }
    position_ = reader.position();
    return false;
  }

 private:
  Result<bool> GoOnFrom(std::string position, const Error& error);

  std::string position_;  // of a reader
  uint64_t stepped_ = 0;
};

}  // namespace cordwood::commands
