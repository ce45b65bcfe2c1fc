#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace cordwood {
namespace {

class Log {
 public:
  Log() { Use(std::make_shared<spdlog::sinks::stdout_sink_mt>()); }

  void Use(spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("cordwood", std::move(sink));
    logger->set_pattern("[%P] %d %b %Y %H:%M:%S.%e %v");
    logger->flush_on(spdlog::level::trace);
    const std::scoped_lock lock(mutex_);
    logger_ = std::move(logger);
  }

  void Write(LogLevel level, std::string_view name, std::string_view message) {
    if (level < threshold.load(std::memory_order_relaxed)) return;
    std::shared_ptr<spdlog::logger> logger;
    {
      const std::scoped_lock lock(mutex_);
      logger = logger_;
    }
    logger->info("{} {}", name, message);
  }

  std::atomic<LogLevel> threshold = LogLevel::kNothing;

 private:
  std::mutex mutex_;
  std::shared_ptr<spdlog::logger> logger_;  // guarded by mutex_
};

/// Never destroyed: threads may log while the process ends.
Log& TheLog() {
  static Log& log = *new Log;
  return log;
}

}  // namespace

void SetLogLevel(LogLevel level) { TheLog().threshold = level; }

Status SetLogFile(const std::string& path) {
  if (path.empty()) {
    TheLog().Use(std::make_shared<spdlog::sinks::stdout_sink_mt>());
    return {};
  }
  try {
    TheLog().Use(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  } catch (const spdlog::spdlog_ex& failure) {
    return Fail(ErrorCode::kIo, std::string("can't open the log file: ") + failure.what());
  }
  return {};
}

void LogDebug(std::string_view message) { TheLog().Write(LogLevel::kDebug, "debug", message); }
void LogVerbose(std::string_view message) {
  TheLog().Write(LogLevel::kVerbose, "verbose", message);
}
void LogNotice(std::string_view message) { TheLog().Write(LogLevel::kNotice, "notice", message); }
void LogWarning(std::string_view message) {
  TheLog().Write(LogLevel::kWarning, "warning", message);
}

}  // namespace cordwood
