#include "pipeline/loop/session.h"

#include "pipeline/executor/own_run.h"

namespace cordwood::pipeline {

Session::Session(SessionId session_id, const protocol::Limits& limits) : parser(limits) {
  client.id = session_id;
}

Session::~Session() = default;

uint64_t Session::memory_bytes() const {
  return parser.memory_bytes() + replies.memory_bytes() + pinned_bytes + client.memory_bytes() +
         held_pushes.capacity() + (own_run != nullptr ? own_run->memory_bytes() : 0) +
         (waiting != nullptr ? waiting->memory_bytes() : 0);
}

bool Session::reads_on() const {
  return long_read != nullptr || (own_run != nullptr && !own_run->executes());
}

}  // namespace cordwood::pipeline
