#pragma once

// Where a command's keys stand among its arguments, and what it does with them. The specs of a row
// are the one source: what COMMAND tells of keys comes from them.
//
// A spec says where to begin, at an index or behind a keyword, and how to go on from there: over a
// range, or over as many keys as an argument says. A row whose specs cannot tell the whole truth,
// because a key is used otherwise with some options, also has a function that looks at the options.
//
// Threads: any; no state.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace cordwood::commands {

struct Command;

/// What becomes of a key: one of the first four, and any of the others.
enum KeyAccess : uint16_t {
  kRO = 1 << 0,             // is looked at
  kRW = 1 << 1,             // is changed
  kOW = 1 << 2,             // is overwritten, whatever it was
  kRM = 1 << 3,             // is removed
  kAccess = 1 << 4,         // its value is replied, copied or used
  kUpdate = 1 << 5,         // its value changes
  kInsert = 1 << 6,         // something is added, and nothing else changes
  kDelete = 1 << 7,         // something of it goes, and that alone
  kNotKey = 1 << 8,         // it only stands where a key would, for the sake of slots
  kIncomplete = 1 << 9,     // there may be keys that the spec does not find
  kVariableFlags = 1 << 10  // options change what becomes of it
};

struct KeySpec {
  uint16_t access = 0;
  /// Where the first key is, or where the search for `keyword` starts: the first key is behind it.
  /// A negative one counts from the end, and then the search goes towards the begin.
  int index = 0;
  std::string_view keyword = {};
  enum class Find : uint8_t { kRange, kCount } find = Find::kRange;
  int last = 0;         // of a range, from its first key on; negative: from the end of argv
  int step = 1;         // of either
  int limit = 0;        // the keys of a range with last = -1 are this fraction of what is left
  int count_index = 0;  // of the argument that says how many, from the begin on
  int first_key = 0;    // behind it, from the begin on
  std::string_view notes = {};
};

constexpr KeySpec Key(int index, int access, std::string_view notes = {}) {
  return {.access = static_cast<uint16_t>(access), .index = index, .notes = notes};
}
/// Every `step`-th argument up to `last`, which counts from the end.
constexpr KeySpec Keys(int first, int last, int step, int access) {
  return {.access = static_cast<uint16_t>(access), .index = first, .last = last, .step = step};
}
/// As many keys as the argument at `count_index` says, behind it.
constexpr KeySpec CountedKeys(int count_index, int access) {
  return {.access = static_cast<uint16_t>(access),
          .index = count_index,
          .find = KeySpec::Find::kCount,
          .first_key = 1};
}

inline constexpr size_t kKeySpecsMax = 4;

/// A few values in place.
template <typename T>
class Few {
 public:
  constexpr Few() = default;
  constexpr Few(std::initializer_list<T> values) : size_(values.size()) {
    std::copy(values.begin(), values.end(), values_.begin());
  }
  constexpr void push_back(const T& value) { values_[size_++] = value; }
  constexpr const T* begin() const { return values_.data(); }
  constexpr const T* end() const { return values_.data() + size_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const T& operator[](size_t i) const { return values_[i]; }

 private:
  std::array<T, kKeySpecsMax> values_{};
  size_t size_ = 0;
};

using KeySpecs = Few<KeySpec>;

/// Keys of one request: every `step`-th argument from `first` to `last`, which is in argv.
struct KeyRange {
  size_t first = 0;
  size_t last = 0;
  size_t step = 1;
  uint16_t access = 0;
};
using KeyRanges = Few<KeyRange>;

/// Looks at the options of a request. Called if the row has it and its specs do not suffice.
using KeyFinder = std::optional<KeyRanges> (*)(std::span<const std::string_view> argv);

/// Where the keys of a request are. Nothing if the arguments make no sense, so that the command
/// will not get to its keys. REQUIRES: the arity fits.
std::optional<KeyRanges> FindKeys(const Command& command, std::span<const std::string_view> argv);

/// Calls visit(index, access) for each key, in the order of the specs. False, after no call, if
/// the arguments make no sense. REQUIRES: the arity fits.
template <typename Visit>
bool ForEachKey(const Command& command, std::span<const std::string_view> argv,
                const Visit& visit) {
  const std::optional<KeyRanges> ranges = FindKeys(command, argv);
  if (!ranges) return false;
  for (const KeyRange& range : *ranges) {
    for (size_t i = range.first; i <= range.last; i += range.step) visit(i, range.access);
  }
  return true;
}

/// Whether any request of the command can have keys.
bool HasKeys(const Command& command);

/// What COMMAND told before there were specs: the first and the last key (negative: from the end)
/// and the step between them. All zero: no keys, or none that this form can tell.
struct KeyTriple {
  int first = 0;
  int last = 0;
  int step = 0;
  bool movable = false;  // there are keys that the triple does not tell
};
KeyTriple TripleOf(const KeySpecs& specs);

}  // namespace cordwood::commands
