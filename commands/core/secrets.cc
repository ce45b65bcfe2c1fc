#include "commands/core/secrets.h"

#include <algorithm>

#include "base/ascii.h"

namespace cordwood::commands {
namespace {

constexpr std::string_view kRedacted = "(redacted)";

void Redact(std::span<std::string> arguments) { std::ranges::fill(arguments, kRedacted); }

}  // namespace

std::vector<std::string> WithoutSecrets(const Command& command,
                                        std::span<const std::string_view> argv) {
  std::vector<std::string> shown(argv.begin(), argv.end());
  const std::span<std::string> arguments(shown);
  if (command.name == "auth") Redact(arguments.subspan(1));
  if (command.name == "hello") {
    constexpr size_t kAtMost = 2;  // the user and the password
    for (size_t i = 2; i < arguments.size(); ++i) {
      if (!EqualsIgnoreCase(argv[i], "AUTH")) continue;
      const std::span<std::string> rest = arguments.subspan(i + 1);
      Redact(rest.first(std::min(kAtMost, rest.size())));
      break;
    }
  }
  return shown;
}

}  // namespace cordwood::commands
