#pragma once

// How much memory the parts of the server use, and the most that they used together.
//
// Ownership: refers to the pipeline and the facts. Threads: the loop's.

#include <cstdint>

#include "commands/core/memory_facts.h"
#include "pipeline/info/info.h"
#include "pipeline/tables/cursor_table.h"

namespace cordwood::pipeline {

class MemoryUse {
 public:
  MemoryUse(Pipeline& pipeline, const ProcessFacts& facts, const CursorTable& cursors);

  /// As it is now.
  commands::MemoryFacts Measure();
  /// Called about once a second, so that the peak is known.
  void Sample();

 private:
  commands::MemoryFacts MeasureParts() const;

  Pipeline& pipeline_;
  const ProcessFacts& facts_;
  const CursorTable& cursors_;
  uint64_t startup_bytes_ = 0;
  uint64_t peak_bytes_ = 0;
};

}  // namespace cordwood::pipeline
