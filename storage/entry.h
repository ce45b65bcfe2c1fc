#pragma once

// The unit that the tree stores: one version of one key.
//
//   entry    = key, trailer, value
//   trailer  = seq << 8 | tag                      (u64)
//   tag      = assumption << 1 | is_put            (u8)
//
// Entries are ordered by key (bytewise, ascending), then by seq (newest first). A delete is an
// entry without a value: a tombstone. "Assumption" is 0 for a settled entry; otherwise it is a
// code of the owner's (storage/counting.h) for what the writer presumed to lie beneath the entry.

#include <cstdint>
#include <string_view>

namespace cordwood::storage {

/// A commit number. Every operation of every batch has one of its own; the log is in seq order.
using Seq = uint64_t;
inline constexpr Seq kMaxSeq = (uint64_t{1} << 56) - 1;

inline constexpr uint8_t kSettled = 0;
inline constexpr uint8_t kMaxAssumption = 127;

struct Tag {
  bool is_put = true;
  uint8_t assumption = kSettled;

  uint8_t Encode() const { return static_cast<uint8_t>(assumption << 1 | (is_put ? 1 : 0)); }
  static Tag Decode(uint8_t byte) {
    return {.is_put = (byte & 1) != 0, .assumption = static_cast<uint8_t>(byte >> 1)};
  }
  friend bool operator==(const Tag&, const Tag&) = default;
};

inline uint64_t PackTrailer(Seq seq, Tag tag) { return seq << 8 | tag.Encode(); }
inline Seq TrailerSeq(uint64_t trailer) { return trailer >> 8; }
inline Tag TrailerTag(uint64_t trailer) { return Tag::Decode(static_cast<uint8_t>(trailer)); }

/// The trailer that sorts before every version of a key with a seq of at most `seq`.
inline uint64_t SeekTrailer(Seq seq) { return seq << 8 | 0xff; }

/// Negative, zero or positive as (a, a_trailer) sorts before, with or after (b, b_trailer).
inline int CompareEntries(std::string_view a, uint64_t a_trailer, std::string_view b,
                          uint64_t b_trailer) {
  if (const int order = a.compare(b); order != 0) return order;
  if (a_trailer == b_trailer) return 0;
  return a_trailer > b_trailer ? -1 : 1;
}

/// Everything in [begin, end) with a seq below `seq` is garbage. Readers never look: whoever
/// writes one guarantees that no reader can reach those keys any more. Merges drop what it
/// covers. An empty `end` means: no upper bound.
struct DeadRangeView {
  std::string_view begin;
  std::string_view end;
  Seq seq = 0;
};

}  // namespace cordwood::storage
