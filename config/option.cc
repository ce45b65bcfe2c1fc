#include "config/option.h"

#include <optional>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"
#include "config/words.h"

namespace cordwood::config {
namespace {

Result<int64_t> WithinBounds(int64_t value, Bounds bounds) {
  if (value >= bounds.min && value <= bounds.max) return value;
  if (value == 0 && bounds.or_zero) return value;
  return Fail(ErrorCode::kInvalidArgument,
              Format("argument must be {}between {} and {} inclusive",
                     bounds.or_zero ? "0, or " : "", bounds.min, bounds.max));
}

/// An option that is one number, whatever its notation.
Option NumberOption(std::string_view name, int64_t Config::* field, Kind kind, Bounds bounds,
                    Result<int64_t> (*parse)(std::string_view, Bounds)) {
  Option option{.name = std::string(name), .kind = kind, .bounds = bounds};
  option.set = [field, bounds, parse](Config& config,
                                      std::span<const std::string> words) -> Status {
    CW_ASSIGN(config.*field, parse(words[0], bounds));
    return {};
  };
  option.get = [field](const Config& config) { return Format("{}", config.*field); };
  return option;
}

}  // namespace

Result<bool> ParseYesNo(std::string_view text) {
  if (EqualsIgnoreCase(text, "yes")) return true;
  if (EqualsIgnoreCase(text, "no")) return false;
  return Fail(ErrorCode::kInvalidArgument, "argument must be 'yes' or 'no'");
}

Result<int64_t> ParseInteger(std::string_view text, Bounds bounds) {
  const std::optional<int64_t> value = ParseInt64(text);
  if (!value) {
    return Fail(ErrorCode::kInvalidArgument, "argument couldn't be parsed into an integer");
  }
  return WithinBounds(*value, bounds);
}

Result<int64_t> ParseMemory(std::string_view text, Bounds bounds) {
  const std::optional<uint64_t> value = ParseMemorySize(text);
  if (!value || *value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return Fail(ErrorCode::kInvalidArgument, "argument must be a memory value");
  }
  return WithinBounds(static_cast<int64_t>(*value), bounds);
}

Result<size_t> ParseChoice(std::string_view text, std::span<const std::string_view> names) {
  std::string list;
  for (size_t i = 0; i < names.size(); ++i) {
    if (EqualsIgnoreCase(text, names[i])) return i;
    if (i > 0) list += ", ";
    list += names[i];
  }
  return Fail(ErrorCode::kInvalidArgument, "argument(s) must be one of the following: " + list);
}

Option YesNoOption(std::string_view name, bool Config::* field) {
  Option option{.name = std::string(name), .kind = Kind::kYesNo};
  option.set = [field](Config& config, std::span<const std::string> words) -> Status {
    CW_ASSIGN(config.*field, ParseYesNo(words[0]));
    return {};
  };
  option.get = [field](const Config& config) -> std::string {
    return config.*field ? "yes" : "no";
  };
  return option;
}

Option IntegerOption(std::string_view name, int64_t Config::* field, Bounds bounds) {
  return NumberOption(name, field, Kind::kInteger, bounds, ParseInteger);
}

Option MemoryOption(std::string_view name, int64_t Config::* field, Bounds bounds) {
  return NumberOption(name, field, Kind::kMemory, bounds, ParseMemory);
}

Option TextOption(std::string_view name, std::string Config::* field) {
  Option option{.name = std::string(name)};
  option.set = [field](Config& config, std::span<const std::string> words) -> Status {
    config.*field = words[0];
    return {};
  };
  option.get = [field](const Config& config) { return config.*field; };
  return option;
}

Option AcceptedOption(std::string_view name, std::string_view default_text,
                      std::function<Result<std::string>(std::span<const std::string>)> normalise) {
  Option option{.name = std::string(name),
                .effect = Effect::kAccepted,
                .default_text = std::string(default_text)};
  option.set = [key = option.name, normalise = std::move(normalise)](
                   Config& config, std::span<const std::string> words) -> Status {
    CW_ASSIGN(config.accepted[key], normalise(words));
    return {};
  };
  option.get = [key = option.name, fallback = option.default_text](const Config& config) {
    const auto found = config.accepted.find(key);
    return found == config.accepted.end() ? fallback : found->second;
  };
  return option;
}

Option FixedOption(std::string_view name, std::string_view only) {
  Option option{.name = std::string(name),
                .effect = Effect::kFixed,
                .change = Change::kAtStart,
                .takes_words = true};
  option.set = [only = std::string(only)](Config&, std::span<const std::string> words) -> Status {
    if (EqualsIgnoreCase(JoinWords(words), only)) return {};
    return Fail(ErrorCode::kInvalidArgument,
                Format("not supported by Cordwood: the only value is '{}'", only));
  };
  option.get = [only = std::string(only)](const Config&) { return only; };
  return option;
}

Option AtStart(Option option) {
  option.change = Change::kAtStart;
  return option;
}

Option WithAlias(Option option, std::string_view alias) {
  option.alias = alias;
  return option;
}

}  // namespace cordwood::config
