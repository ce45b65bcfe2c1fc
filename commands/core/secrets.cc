#include "commands/core/secrets.h"

namespace cordwood::commands {

std::vector<std::string> WithoutSecrets(const Command& command,
                                        std::span<const std::string_view> argv) {
  std::vector<std::string> shown(argv.begin(), argv.end());
  if (command.find_secrets == nullptr) return shown;
  for (const size_t place : command.find_secrets(argv)) shown[place] = kRedacted;
  return shown;
}

}  // namespace cordwood::commands
