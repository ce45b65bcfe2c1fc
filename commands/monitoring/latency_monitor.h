#pragma once

// When something took longer than latency-monitor-threshold, by what it was: what LATENCY tells. Of
// each kind of event the last samples are kept, one a second, which is the worst of that second.
//
// Threads: one at a time.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cordwood::commands {

class LatencyMonitor {
 public:
  struct Sample {
    int64_t unix_seconds = 0;
    uint64_t ms = 0;
  };
  struct Series {
    std::deque<Sample> samples;  // the oldest in front, never empty
    uint64_t max_ms = 0;         // since the last reset
  };

  void Add(std::string_view event, Sample sample);
  /// Forgets events of that name, in any case; answers how many there were.
  size_t Reset(std::string_view event);
  size_t ResetAll();

  const std::map<std::string, Series, std::less<>>& events() const { return events_; }
  /// Null: it did not happen.
  const Series* Find(std::string_view event) const;

 private:
  std::map<std::string, Series, std::less<>> events_;
};

}  // namespace cordwood::commands
