#pragma once

// Which clients have read which keys, and may keep what they read; and how new that is, so that a
// change which a reader has seen is no news to it.
//
// A name means the same key in every database. A client is forgotten with the key, never before:
// what nobody asks for any more of a gone client goes when a line would have to grow.
//
// Keys lie in the order of a hash with a seed of our own, so that a random one is found at once,
// and nobody can choose who that is.
//
// Ownership: refers to the function it is given. Threads: the loop's.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/loop/session.h"
#include "storage/entry.h"

namespace cordwood::pipeline {

/// A place among all changes. Of a read: it has seen those in front of it.
struct Moment {
  storage::Seq seq = 0;  // of the last record of a batch
  size_t change = 0;     // of those that the batch makes

  auto operator<=>(const Moment&) const = default;
};

class TrackedKeys {
 public:
  struct Reader {
    SessionId client = 0;
    Moment seen;

    bool operator==(const Reader&) const = default;
  };
  using Readers = std::vector<Reader>;  // their clients ascend

  /// `tracks(client)`: it still wants to know of keys that it read.
  TrackedKeys(uint64_t seed, std::function<bool(SessionId)> tracks)
      : seed_(seed), tracks_(std::move(tracks)) {}
  TrackedKeys(const TrackedKeys&) = delete;
  TrackedKeys& operator=(const TrackedKeys&) = delete;

  /// The client has read the key. It may still keep what it read before.
  void Add(std::string_view key, const Reader& reader);
  /// Those who have read it, and have not seen the change. They are forgotten.
  Readers Take(std::string_view key, const Moment& change);
  struct Taken {
    std::string key;
    Readers readers;
  };
  /// All who have read a key that `random` chooses. REQUIRES: !empty().
  Taken TakeAny(uint64_t random);
  /// All are forgotten. What they took goes piece by piece: see FreeSome.
  void Clear();

  bool empty() const { return keys_.empty(); }
  size_t size() const { return keys_.size(); }
  /// Readers of all keys.
  size_t items() const { return items_; }
  uint64_t memory_bytes() const { return bytes_; }

  bool has_to_free() const { return !cleared_.empty(); }
  /// Frees a piece, in much less than a millisecond. REQUIRES: has_to_free().
  void FreeSome();

 private:
  using Name = std::pair<uint64_t, std::string>;  // its hash in front
  using NameView = std::pair<uint64_t, std::string_view>;
  struct NameOrder {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.first != b.first ? a.first < b.first
                                : std::string_view(a.second) < std::string_view(b.second);
    }
  };
  using Keys = std::map<Name, Readers, NameOrder>;

  static uint64_t BytesOf(const Keys::value_type& entry);
  Readers TakeOut(Keys::iterator entry);

  const uint64_t seed_;
  const std::function<bool(SessionId)> tracks_;
  Keys keys_;  // none without a reader
  size_t items_ = 0;
  uint64_t bytes_ = 0;  // those to be freed included
  std::vector<Keys> cleared_;
};

}  // namespace cordwood::pipeline
