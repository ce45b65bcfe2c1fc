#pragma once

// What a transaction wrote, in the order of store keys, in memory that lives as long as it does.
//
// Whoever goes through keys in order finds each in a step or two from the one before, however many
// there are; keys in any order cost a search each.
//
// Ownership: the transaction's. Threads: the transaction's.

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "keyspace/core/counters.h"

namespace cordwood::keyspace {

class Overlay {
 public:
  struct Written {
    std::optional<std::string_view> value;  // absent: deleted
    Assumption assumption = Assumption::kSettled;
  };
  using Map = std::pmr::map<std::string_view, Written>;

  Overlay() = default;
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  bool empty() const { return writes_.map.empty(); }
  size_t size() const { return writes_.map.size(); }
  Map::const_iterator begin() const { return writes_.map.begin(); }
  Map::const_iterator end() const { return writes_.map.end(); }

  /// The first write at or after `store_key`.
  Map::const_iterator AtOrAfter(std::string_view store_key) const { return Seek(store_key); }
  /// The last write before `store_key`, which is empty for the last of all; end() if there is none.
  Map::const_iterator LastBefore(std::string_view store_key) const;
  /// Null if the key was not written.
  const Written* Find(std::string_view store_key) const {
    return empty() ? nullptr : FindAmong(store_key);
  }

  struct Touched {
    Written& written;
    bool first;  // the key had not been written
  };
  /// The write of the key, for changing it; a new one deletes. Copies the key.
  Touched Touch(std::string_view store_key);
  /// Turns all writes in [begin, end) into deletions; empty end: no upper bound.
  void DeleteRange(std::string_view begin, std::string_view end);

  /// `head` and `tail`, one behind the other, for as long as the overlay lives.
  std::string_view Copy(std::string_view head, std::string_view tail);
  /// The writes were taken over by a batch, which holds the values too: gives up the large ones, of
  /// which a few at a time are what memory is short of. No value may be looked at any more.
  void DropLargeValues() { large_values_.clear(); }

 private:
  /// Its nodes may be many, and nothing in them needs to be destroyed: they go with the memory.
  union Writes {
    explicit Writes(std::pmr::memory_resource* memory) : map(memory) {}
    ~Writes() {}
    Map map;
  };

  const Written* FindAmong(std::string_view store_key) const;
  Map::iterator Seek(std::string_view store_key) const;

  // Most transactions need no allocation.
  std::array<std::byte, 1024> first_memory_;
  std::pmr::monotonic_buffer_resource memory_{first_memory_.data(), first_memory_.size()};
  std::vector<std::unique_ptr<char[]>> large_values_;
  mutable Writes writes_{&memory_};  // a place to write at is found without changing anything
  // Of the last write, and the one behind it.
  Map::iterator last_ = writes_.map.end();
  Map::iterator behind_last_ = writes_.map.end();
};

}  // namespace cordwood::keyspace
