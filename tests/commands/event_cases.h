#pragma once

// What each command tells of keys: cases as text, taken from redis-server.
//
//   COMMAND ARGUMENT ... -> what it tells, as CommandRunner::TakeEvents writes it
//
// All classes are told. The commands of a paragraph run one after the other, on nothing. Nothing
// expires but what a command comes upon.
//
// Threads: any; no state.

#include <string>
#include <string_view>
#include <vector>

namespace cordwood::commands {

struct EventCase {
  std::vector<std::string> argv;
  std::string events;
  bool is_first = false;  // of its paragraph
};

std::vector<EventCase> EventCases();

}  // namespace cordwood::commands
