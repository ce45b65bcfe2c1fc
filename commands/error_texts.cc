#include "commands/error_texts.h"

#include "base/format.h"

namespace cordwood::commands {

std::string WrongArity(std::string_view command) {
  return Format("ERR wrong number of arguments for '{}' command", command);
}

std::string InvalidExpireTime(std::string_view command) {
  return Format("ERR invalid expire time in '{}' command", command);
}

}  // namespace cordwood::commands
