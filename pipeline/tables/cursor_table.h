#pragma once

// SCAN's cursors: numbers that stand for the key at which the iteration goes on. Bounded in number
// and in bytes. A cursor whose successor was handed out is superseded, and such are forgotten
// first, the oldest before the others: scans that go on cost one cursor each, however often others
// begin. A forgotten cursor starts again from the beginning, which costs repeats but never a key.
//
// Numbers of another run of the server are not mistaken for ours: they start at a random place.
// All are below 2^53, so that clients which keep numbers as doubles can hold them.
//
// Threads: one at a time.

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "commands/core/cursors.h"

namespace cordwood::pipeline {

class CursorTable final : public commands::Cursors {
 public:
  struct Bounds {
    size_t entries = 16384;
    uint64_t bytes = 16 << 20;  // the newest is kept even if it alone is larger
  };

  explicit CursorTable(uint64_t random) : CursorTable(random, Bounds()) {}
  CursorTable(uint64_t random, const Bounds& bounds)
      : next_(random >> kRandomShift | 1), bounds_(bounds) {}

  uint64_t Save(std::string_view key) override;
  void Supersede(uint64_t cursor) override;
  std::string Load(uint64_t cursor) const override;

  uint64_t memory_bytes() const { return bytes_; }

 private:
  // Leaves 51 bits, so that counting on does not leave 53 either.
  static constexpr int kRandomShift = 13;

  struct Entry {
    std::string key;
    bool superseded = false;
    std::list<uint64_t>::iterator place;  // in the list that `superseded` names
  };

  static uint64_t BytesOf(const Entry& entry);
  void ForgetFirst(std::list<uint64_t>& order);

  uint64_t next_;
  const Bounds bounds_;
  std::unordered_map<uint64_t, Entry> entries_;
  std::list<uint64_t> live_;        // the oldest first
  std::list<uint64_t> superseded_;  // the oldest first
  uint64_t bytes_ = 0;
};

}  // namespace cordwood::pipeline
