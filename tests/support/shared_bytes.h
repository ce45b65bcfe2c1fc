#pragma once

// A byte string whose copies share one buffer until one of them changes. A simulated disk is
// copied at every crash, and most of its files never change again.
//
// Threads: one for all copies.

#include <memory>
#include <string>
#include <utility>

namespace cordwood::support {

class SharedBytes {
 public:
  SharedBytes() : SharedBytes(std::string()) {}
  explicit SharedBytes(std::string bytes)
      : bytes_(std::make_shared<std::string>(std::move(bytes))) {}

  const std::string& get() const { return *bytes_; }

  /// For changing it; valid until the next copy.
  std::string& Own() {
    if (bytes_.use_count() > 1) bytes_ = std::make_shared<std::string>(*bytes_);
    return *bytes_;
  }

 private:
  std::shared_ptr<std::string> bytes_;
};

}  // namespace cordwood::support
