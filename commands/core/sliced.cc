#include "commands/core/sliced.h"

#include <utility>

namespace cordwood::commands {

Result<bool> SlicedRead::GoOnFrom(std::string position, const Error& error) {
  if (position == position_) return std::unexpected(error);
  position_ = std::move(position);
  return false;
}

}  // namespace cordwood::commands
