#pragma once

// The text of INFO, line by line.
//
// Threads: one at a time.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace cordwood::pipeline {

class InfoWriter {
 public:
  void Begin(std::string_view title) {
    AppendFormat(text_, "{}# {}\r\n", text_.empty() ? "" : "\r\n", title);
  }
  template <typename Value>
  void Add(std::string_view name, const Value& value) {
    AppendFormat(text_, "{}:{}\r\n", name, value);
  }
  std::string TakeText() { return std::move(text_); }

 private:
  std::string text_;
};

/// "1.50M", as Redis shows sizes to people.
std::string HumanBytes(uint64_t bytes);

}  // namespace cordwood::pipeline
