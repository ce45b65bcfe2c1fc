#include "commands/connection/plain_word.h"

#include <algorithm>

namespace cordwood::commands::connection {

bool IsPlainWord(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace cordwood::commands::connection
