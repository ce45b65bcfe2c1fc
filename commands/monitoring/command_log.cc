#include "commands/monitoring/command_log.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "commands/core/secrets.h"

namespace cordwood::commands {
namespace {

constexpr size_t kArgumentsMax = 32;
constexpr size_t kArgumentBytesMax = 128;

std::string Shortened(std::string_view argument) {
  if (argument.size() <= kArgumentBytesMax) return std::string(argument);
  return Format("{}... ({} more bytes)", argument.substr(0, kArgumentBytesMax),
                argument.size() - kArgumentBytesMax);
}

}  // namespace

void CommandLog::Add(CommandLogEntry entry, size_t max_entries) {
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  Trim(max_entries);
}

void CommandLog::Trim(size_t max_entries) {
  if (entries_.size() > max_entries) entries_.resize(max_entries);
}

std::vector<std::string> LoggedArguments(const Command& command,
                                         std::span<const std::string_view> argv) {
  std::vector<size_t> secrets;
  if (command.find_secrets != nullptr) secrets = command.find_secrets(argv);
  const bool too_many = argv.size() > kArgumentsMax;
  const size_t shown = too_many ? kArgumentsMax - 1 : argv.size();
  std::vector<std::string> logged;
  logged.reserve(std::min(argv.size(), kArgumentsMax));
  for (size_t i = 0; i < shown; ++i) {
    const bool is_secret = std::ranges::find(secrets, i) != secrets.end();
    logged.push_back(is_secret ? std::string(kRedacted) : Shortened(argv[i]));
  }
  if (too_many) logged.push_back(Format("... ({} more arguments)", argv.size() - shown));
  return logged;
}

}  // namespace cordwood::commands
