#pragma once

// A Redis of few commands in memory that remembers every version: what its keys held at any of
// them, so that a state found after a crash can be looked for. Replies are those of the protocol.
//
// Commands are valid and fit the type of their keys. Expiries lie so far in the future that
// nothing expires.
//
// Owned by a test. Threads: one.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cordwood::pipeline {

class KeyModel {
 public:
  struct Value {
    std::string text;  // of a string
    // Of a hash; of a set its members, without values, and of a sorted set with whole scores.
    std::map<std::string, std::string> fields;
    std::deque<std::string> elements;  // of a list
    int64_t expiry_ms = -1;            // -1: it stays

    bool operator==(const Value&) const = default;
  };
  /// Database and name.
  using Key = std::pair<int, std::string>;
  using Argv = std::vector<std::string>;

  /// Runs a command on the newest state, which then is that of `version`. Versions never descend.
  std::string Run(uint64_t version, int db, const Argv& argv, int64_t now_ms);

  /// What the key held at `version`; null: it did not exist.
  const Value* Find(const Key& key, uint64_t version) const;
  /// The version of the first change that made GET answer `reply` at a version in [from, to].
  std::optional<uint64_t> FirstWithReply(const Key& key, uint64_t from, uint64_t to,
                                         const std::string& reply) const;
  int64_t CountKeys(int db, uint64_t version) const;

  /// Forgets all but the state of `version`, which becomes version 0.
  void Rebase(uint64_t version);

 private:
  struct Change {
    uint64_t version = 0;
    std::optional<Value> value;
  };

  const Value* Newest(const Key& key) const { return Find(key, UINT64_MAX); }
  Value ValueOrNew(const Key& key) const;
  void Set(const Key& key, std::optional<Value> value);

  std::string MSet(int db, const Argv& argv);
  std::string Del(int db, const Argv& argv);
  std::string Rename(int db, const Argv& argv);
  std::string PExpireAt(const Key& key, int64_t ms);
  std::string Incr(const Key& key);
  std::string Append(const Key& key, const std::string& text);
  std::string HSet(const Key& key, const Argv& argv);
  std::string HDel(const Key& key, const Argv& argv);
  std::string SAdd(const Key& key, const Argv& argv);
  std::string SMove(int db, const Argv& argv);
  /// SUNIONSTORE, SINTERSTORE and SDIFFSTORE of two sets.
  std::string SStore(int db, const Argv& argv);
  std::string ZAdd(const Key& key, const Argv& argv);
  std::string ZIncrBy(const Key& key, int64_t increment, const std::string& member);
  std::string ZPopMin(const Key& key);
  std::string ZRemRangeByRank(const Key& key, size_t first, size_t last);
  /// Without fields it does not exist.
  void SetFields(const Key& key, Value value);
  std::string Push(const Key& key, const Argv& argv);
  std::string Pop(const Key& key, bool from_head);
  std::string LRem(const Key& key, const std::string& element);
  std::string LInsertBefore(const Key& key, const std::string& pivot, const std::string& element);
  std::string LTrim(const Key& key, size_t first, size_t last);
  void PutList(const Key& key, Value value);
  std::string FlushDb(int db);
  std::string SwapDb(int first, int second);

  std::map<Key, std::vector<Change>> changes_;  // of each key, oldest first
  uint64_t version_ = 0;
};

/// The members of a sorted set and their scores, in the order of these.
std::vector<std::pair<std::string, std::string>> SortedMembers(const KeyModel::Value& value);

/// "$-1" or "$3\r\nabc\r\n".
std::string BulkReply(const std::string* text);

}  // namespace cordwood::pipeline
