#pragma once

// A client of the power loss test: draws commands on keys that nobody else writes, and now and
// then on keys that all share. It knows what each command must answer, and what its own keys hold
// after any number of its commands.
//
// What it sends is modelled when it has been executed: only then the order among clients, and the
// clock that the command read, are known.
//
// Owned by the test's world. Threads: one.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "pipeline/loop/session.h"
#include "storage/entry.h"
#include "tests/pipeline/key_model.h"

namespace cordwood::pipeline {

class Writer {
 public:
  using Argv = KeyModel::Argv;

  /// Keys of database 0, and all of two databases, which it flushes and swaps.
  explicit Writer(size_t index) : index_(index) {}

  /// A new connection, on what `count` commands of the last one have made.
  void Connect(SessionId session, size_t count);
  SessionId session() const { return session_; }

  /// A random command; the same connection has to send it. Now and then a transaction of several:
  /// "EXEC", then for each the number of its words and these.
  Argv Draw(Random& random);
  /// The bytes of what was drawn.
  static void AppendTo(std::string& bytes, const Argv& argv);
  /// A random write of a key that all share.
  Argv DrawShared(Random& random);
  bool MayDrawShared() const { return db_ == 0; }
  static bool IsShared(std::string_view key) { return key.starts_with("shared:"); }

  void NoteSent(Argv argv) { sent_.push_back(std::move(argv)); }
  /// Something was sent that is not noted as executed.
  bool waiting() const { return !sent_.empty(); }
  /// Of what was sent together, a part may have been executed.
  bool MayBeHalfDone() const { return sent_.size() > 1; }
  /// All that was sent has been executed, and `seq` was the newest one given when the last was
  /// done; 0: that is not known, and the last ones may not have been executed, because the power
  /// went. What is on a shared key then was not.
  void NoteExecuted(storage::Seq seq, int64_t now_ms, KeyModel& shared);
  /// Matches what arrived with what had to. Fails the test at a wrong reply.
  void Receive(std::string_view bytes);

  /// Commands whose replies arrived.
  size_t acknowledged() const { return acknowledged_; }
  /// How many commands had been executed, at least and at most, when `seq` was the newest.
  struct Range {
    size_t least = 0;
    size_t most = 0;
  };
  Range ExecutedBy(storage::Seq seq) const;
  const KeyModel& keys() const { return keys_; }
  /// The commands of this connection that were executed, one a line, for messages.
  std::string History() const;
  /// A random key that holds a string.
  KeyModel::Key DrawString(Random& random) const;

  /// Commands that ask for everything its keys hold, and what they answer after `count` commands.
  void AppendProbes(std::string& bytes, bool with_counts) const;
  std::string ProbeReplies(size_t count, bool with_counts) const;

 private:
  enum class Kind : uint8_t { kText, kNumber, kHash, kSet, kList, kSorted };

  int OtherDb(int which) const { return static_cast<int>(2 * index_) + 1 + which; }
  int KeysOf(Kind kind, int db) const;
  std::string NameOf(Kind kind, uint64_t key) const;
  std::string DrawName(Kind kind, Random& random) const;
  std::string DrawValue(Random& random);
  Argv DrawOne(Random& random);
  Argv DrawTransaction(Random& random);
  static std::string DrawTail(Random& random);
  Argv DrawSelect(Random& random);
  /// Runs a command of its own keys in the model, or all of a transaction as one version.
  std::string RunInModel(const Argv& argv, int64_t now_ms);
  Argv DrawOfHash(Random& random);
  Argv DrawOfSet(Random& random);
  static std::string DrawField(Random& random);
  Argv DrawOfList(Random& random);
  Argv DrawOfSorted(Random& random);
  template <typename Visit>
  void ForEachKey(Visit visit) const;

  const size_t index_;
  SessionId session_ = 0;
  int db_ = 0;             // selected, by what was sent
  std::deque<Argv> sent_;  // and not noted as executed
  KeyModel keys_;          // by number of commands
  std::vector<Argv> executed_;
  std::vector<storage::Seq> seqs_;  // of each executed command; 0 if not known
  int executed_db_ = 0;             // selected, by what was executed
  std::vector<std::string> replies_;
  size_t acknowledged_ = 0;
  std::string unread_;  // received, not matched yet
  uint64_t next_value_ = 0;
};

}  // namespace cordwood::pipeline
