#include "base/log.h"

#include <spdlog/pattern_formatter.h>

#include <atomic>
#include <memory>
#include <utility>

#include "base/format.h"
#include "base/mutex.h"
#include "base/posix_log.h"

namespace cordwood {
namespace {

constexpr uint64_t kFlushMs = 1000;

class Log {
 public:
  Log()
      : lines_({.dropped_line = [this](uint64_t count) {
          return Line("warning", Format("{} lines of the log were dropped here: they could not be "
                                        "written in time",
                                        count));
        }}) {
    if (Result<FileDescriptor> output = OpenStandardOutput()) lines_.SwitchTo(*std::move(output));
  }

  void Write(LogLevel level, std::string_view name, std::string_view message) {
    if (level < threshold.load(std::memory_order_relaxed)) return;
    lines_.Write(Line(name, message));
  }

  std::atomic<LogLevel> threshold = LogLevel::kNothing;

  PosixLog& lines() { return lines_; }

 private:
  std::string Line(std::string_view name, std::string_view message) {
    spdlog::memory_buf_t text;
    const std::string words = Format("{} {}", name, message);
    const MutexLock lock(mutex_);
    formatter_.format({"cordwood", spdlog::level::info, words}, text);
    return std::string(text.data(), text.size());
  }

  Mutex mutex_;
  spdlog::pattern_formatter formatter_ GUARDED_BY(mutex_){"[%P] %d %b %Y %H:%M:%S.%e %v"};
  PosixLog lines_;
};

/// Never destroyed: threads may log while the process ends.
Log& TheLog() {
  static Log& log = *new Log;
  return log;
}

}  // namespace

void SetLogLevel(LogLevel level) { TheLog().threshold = level; }

Status SetLogFile(const std::string& path) {
  Result<FileDescriptor> file = path.empty() ? OpenStandardOutput() : OpenLogFile(path);
  if (!file) return std::unexpected(file.error().Prefixed("can't open the log file"));
  TheLog().lines().SwitchTo(*std::move(file));
  return {};
}

void FlushLog() { TheLog().lines().Flush(kFlushMs); }

void LogDebug(std::string_view message) { TheLog().Write(LogLevel::kDebug, "debug", message); }
void LogVerbose(std::string_view message) {
  TheLog().Write(LogLevel::kVerbose, "verbose", message);
}
void LogNotice(std::string_view message) { TheLog().Write(LogLevel::kNotice, "notice", message); }
void LogWarning(std::string_view message) {
  TheLog().Write(LogLevel::kWarning, "warning", message);
}

}  // namespace cordwood
