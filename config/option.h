#pragma once

// One option: its names, what it does, and how its text becomes a value and back. The builders
// below make an Option for each type; the error texts are those of Redis 7.2, because clients
// and tools match on them. A builder's Option acts and may change at run time unless it says
// otherwise.
//
// Threads: any; an Option is immutable once built.

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "config/config.h"

namespace cordwood::config {

enum class Effect : uint8_t {
  kActs,
  kAccepted,  // checked, remembered and printed, and nothing else
  kFixed,     // one value only: any other would promise what we do not have
};

enum class Change : uint8_t { kAtRunTime, kAtStart };

/// What the text of a value is.
enum class Kind : uint8_t { kText, kYesNo, kInteger, kMemory, kChoice, kWords };

// What Redis keeps many of its numbers in.
inline constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
inline constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kUintMax = std::numeric_limits<uint32_t>::max();

/// Of a number, both ends included; or 0, which stands for something else than a number.
struct Bounds {
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  bool or_zero = false;
};

struct Option {
  std::string name;
  std::string alias;  // an older name; empty if there is none
  Effect effect = Effect::kActs;
  Change change = Change::kAtRunTime;
  Kind kind = Kind::kText;
  Bounds bounds;  // of kInteger and kMemory
  /// Whether the value is a list of words; all others are one word.
  bool takes_words = false;
  /// REQUIRES: exactly one word unless takes_words. On error the configuration is unchanged.
  std::function<Status(Config&, std::span<const std::string>)> set;
  std::function<std::string(const Config&)> get;
  /// For kAccepted: what it is until somebody sets it.
  std::string default_text;
};

// --- texts to values, with the reason when they are refused ---
Result<bool> ParseYesNo(std::string_view text);
Result<int64_t> ParseInteger(std::string_view text, Bounds bounds);
Result<int64_t> ParseMemory(std::string_view text, Bounds bounds);
/// The index of `text` in `names`, in any case.
Result<size_t> ParseChoice(std::string_view text, std::span<const std::string_view> names);

// --- options that act ---
Option YesNoOption(std::string_view name, bool Config::* field);
Option IntegerOption(std::string_view name, int64_t Config::* field, Bounds bounds = {});
Option MemoryOption(std::string_view name, int64_t Config::* field, Bounds bounds = {});
Option TextOption(std::string_view name, std::string Config::* field);

/// `names` are those of the enumeration's values 0, 1, 2, ...
template <typename Enum>
Option ChoiceOption(std::string_view name, Enum Config::* field,
                    const std::vector<std::string_view>& names) {
  Option option{.name = std::string(name), .kind = Kind::kChoice};
  option.set = [field, names](Config& config, std::span<const std::string> words) -> Status {
    CW_ASSIGN(const size_t index, ParseChoice(words[0], names));
    config.*field = static_cast<Enum>(index);
    return {};
  };
  option.get = [field, names](const Config& config) {
    return std::string(names[static_cast<size_t>(config.*field)]);
  };
  return option;
}

// --- options that do not ---
/// `normalise` checks the words and gives the text that CONFIG GET prints.
Option AcceptedOption(std::string_view name, std::string_view default_text,
                      std::function<Result<std::string>(std::span<const std::string>)> normalise);
/// Refuses every value but `only`.
Option FixedOption(std::string_view name, std::string_view only);

// --- changes to what a builder made ---
Option AtStart(Option option);
Option WithAlias(Option option, std::string_view alias);

}  // namespace cordwood::config
