#pragma once

// What the pipeline asks of the loop that carries it.

#include <functional>

namespace cordwood::pipeline {

class Transport {
 public:
  virtual ~Transport() = default;

  /// Runs `task` on the loop, soon. The one call that any thread may make.
  virtual void Post(std::function<void()> task) = 0;
};

}  // namespace cordwood::pipeline
