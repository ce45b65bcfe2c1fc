#include "commands/core/command_queue.h"

namespace cordwood::commands {

void CommandQueue::Add(const Command& command, std::span<const std::string_view> argv,
                       uint64_t request_bytes) {
  Queued& queued = commands_.emplace_back(Queued{.command = &command});
  queued.request_bytes = request_bytes;
  queued.argv.reserve(argv.size());
  for (const std::string_view argument : argv) {
    queued.argv.emplace_back(argument);
    argument_bytes_ += argument.size();
    memory_bytes_ += argument.size();
  }
  memory_bytes_ += sizeof(Queued) + argv.size() * sizeof(std::string);
  constexpr uint32_t kOfAny = kMayReplicate | kOnExecutor;
  flags_ |= command.flags & kOfAny;
  if ((command.flags & kWrite) == 0) return;
  constexpr uint32_t kTakesAway = kFrees | kEmpties;
  const bool first = (flags_ & kWrite) == 0;
  const uint32_t taking = first ? kTakesAway : flags_ & kTakesAway;
  flags_ = kWrite | (taking & command.flags) | (flags_ & kOfAny);
}

}  // namespace cordwood::commands
