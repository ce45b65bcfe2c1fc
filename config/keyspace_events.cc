#include "config/keyspace_events.h"

namespace cordwood::config {
namespace {

/// What A stands for, and what has to be asked for beside it.
constexpr std::string_view kAll = "g$lshzxetd";
constexpr std::string_view kOthers = "nm";
constexpr char kKeyMiss = 'm';

void AppendIf(bool condition, char letter, std::string& text) {
  if (condition) text.push_back(letter);
}

}  // namespace

std::string KeyspaceEvents::ToText() const {
  std::string text = classes;
  if (text.starts_with(kAll)) text.replace(0, kAll.size(), "A");
  // Redis prints it behind the channels.
  const bool has_key_miss = text.ends_with(kKeyMiss);
  if (has_key_miss) text.pop_back();
  AppendIf(by_key, 'K', text);
  AppendIf(by_event, 'E', text);
  AppendIf(has_key_miss, kKeyMiss, text);
  return text;
}

Result<KeyspaceEvents> ParseKeyspaceEvents(std::string_view text) {
  const auto names = [text](char letter) { return text.find(letter) != std::string_view::npos; };
  if (text.find_first_not_of("Ag$lshzxeKEtmdn") != std::string_view::npos) {
    return Fail(ErrorCode::kInvalidArgument,
                "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  }
  KeyspaceEvents events{.by_key = names('K'), .by_event = names('E')};
  for (const char letter : kAll) AppendIf(names('A') || names(letter), letter, events.classes);
  for (const char letter : kOthers) AppendIf(names(letter), letter, events.classes);
  return events;
}

}  // namespace cordwood::config
