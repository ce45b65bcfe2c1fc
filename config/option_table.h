#pragma once

// All options by name: what the reader of redis.conf, the command line, CONFIG GET and CONFIG SET
// ask. The rows of options that act stand in option_table.cc, those without effect in
// accepted_options.cc.
//
// Names are matched in any case, and an alias is as good as a name. All errors are
// kInvalidArgument; their messages are those of Redis 7.2 where it has one.
//
// Threads: any for the table, which never changes; a Config belongs to its owner.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "config/option.h"

namespace cordwood::config {

/// Every option, those that act first.
std::span<const Option> AllOptions();

/// Null if there is none of that name.
const Option* FindOption(std::string_view name);

/// Sets an option before the start, from the words that follow its name. A list may also come as
/// one word with spaces in it. On error `config` is unchanged.
Status SetOption(Config& config, std::string_view name, std::span<const std::string> words);

/// The value as CONFIG GET prints it; nothing if there is no such option.
std::optional<std::string> GetOption(const Config& config, std::string_view name);

using NameAndValue = std::pair<std::string, std::string>;

/// CONFIG GET: the options whose name or alias matches one of the patterns, each once, under the
/// name that matched.
std::vector<NameAndValue> MatchOptions(const Config& config,
                                       std::span<const std::string_view> patterns);

/// One name and value of CONFIG SET.
using OptionChange = std::pair<std::string_view, std::string_view>;

/// CONFIG SET: all changes or none. The error's message is the reply without its "ERR ". The
/// caller applies what the new values mean to running parts.
Status ChangeOptions(Config& config, std::span<const OptionChange> changes);

/// The options without effect that were set to something else than what happens anyway. The
/// server names them in one line when it starts.
std::vector<std::string> AcceptedWithoutEffect(const Config& config);

}  // namespace cordwood::config
