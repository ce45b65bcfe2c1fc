#include "pipeline/loop/waiting.h"

namespace cordwood::pipeline {

uint64_t Waiting::memory_bytes() const {
  uint64_t bytes = sizeof(*this) + argv.capacity() * sizeof(argv[0]);
  for (const std::string& argument : copies) bytes += sizeof(argument) + argument.capacity();
  return bytes;
}

}  // namespace cordwood::pipeline
