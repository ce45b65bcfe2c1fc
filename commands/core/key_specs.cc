#include "commands/core/key_specs.h"

#include <limits>

#include "base/ascii.h"
#include "base/number.h"
#include "commands/core/row.h"

namespace cordwood::commands {
namespace {

using Argv = std::span<const std::string_view>;

/// Where the keys of a spec begin; nothing if its keyword is not there.
std::optional<int64_t> BeginOf(const KeySpec& spec, Argv argv) {
  if (spec.keyword.empty()) return spec.index;
  const auto count = static_cast<int64_t>(argv.size());
  const bool forward = spec.index > 0;
  const int64_t start = forward ? spec.index : count + spec.index;
  // The name of the command is no keyword, and what has nothing behind it introduces nothing.
  for (int64_t at = start; at >= 1 && at < count; at += forward ? 1 : -1) {
    const bool is_keyword = EqualsIgnoreCase(argv[static_cast<size_t>(at)], spec.keyword);
    if (is_keyword && at + 1 < count) return at + 1;
  }
  return std::nullopt;
}

/// The last key of a range that begins at `first`.
int64_t LastOf(const KeySpec& spec, int64_t first, int64_t count) {
  if (spec.last >= 0) return first + spec.last;
  return spec.limit == 0 ? count + spec.last : first + (count - first) / spec.limit + spec.last;
}

std::optional<KeyRange> RangeFrom(int64_t first, const KeySpec& spec, Argv argv) {
  const auto count = static_cast<int64_t>(argv.size());
  int64_t last = 0;
  if (spec.find == KeySpec::Find::kRange) {
    last = LastOf(spec, first, count);
  } else {
    const int64_t at = first + spec.count_index;
    if (at >= count) return std::nullopt;
    const std::optional<int64_t> keys = ParseInt64(argv[static_cast<size_t>(at)]);
    if (!keys || *keys < 1 || *keys > count) return std::nullopt;
    first += spec.first_key;
    last = first + (*keys - 1) * spec.step;
  }
  if (first < 1 || last < first || last >= count) return std::nullopt;
  return KeyRange{.first = static_cast<size_t>(first),
                  .last = static_cast<size_t>(last),
                  .step = static_cast<size_t>(spec.step),
                  .access = spec.access};
}

bool Suffices(const KeySpec& spec) { return (spec.access & (kIncomplete | kVariableFlags)) == 0; }

bool IsKey(const KeySpec& spec) { return (spec.access & kNotKey) == 0; }

}  // namespace

std::optional<KeyRanges> FindKeys(const Command& command, Argv argv) {
  if (command.find_keys != nullptr && !std::ranges::all_of(command.keys, Suffices)) {
    return command.find_keys(argv);
  }
  KeyRanges ranges;
  bool lacks_keyword = false;
  for (const KeySpec& spec : command.keys) {
    if (!IsKey(spec)) continue;
    const std::optional<int64_t> first = BeginOf(spec, argv);
    lacks_keyword = lacks_keyword || !first;
    if (!first) continue;
    const std::optional<KeyRange> range = RangeFrom(*first, spec, argv);
    if (!range) return std::nullopt;
    ranges.push_back(*range);
  }
  // An option that is not there has no keys, but a request has some.
  if (ranges.empty() && lacks_keyword) return std::nullopt;
  return ranges;
}

bool HasKeys(const Command& command) {
  return command.find_keys != nullptr || std::ranges::any_of(command.keys, IsKey);
}

KeyTriple TripleOf(const KeySpecs& specs) {
  constexpr int kNone = std::numeric_limits<int>::max();
  KeyTriple triple = {.first = kNone};
  for (const KeySpec& spec : specs) {
    const bool plain = spec.keyword.empty() && spec.find == KeySpec::Find::kRange;
    // Several specs make one triple if they are neighbours. One alone may have any step.
    const bool alone = specs.size() == 1;
    const bool fits =
        alone || (spec.step == 1 && (triple.first == kNone || spec.index == triple.last + 1));
    triple.movable = triple.movable || !plain || !fits || (spec.access & kIncomplete) != 0;
    if (!plain || !fits) continue;
    if (triple.first == kNone) triple.first = spec.index;
    triple.last = spec.last < 0 ? spec.last : spec.index + spec.last;
    triple.step = spec.step;
  }
  if (triple.first == kNone) triple.first = 0;
  return triple;
}

}  // namespace cordwood::commands
